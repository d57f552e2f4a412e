"""How far a job is: a bar on a terminal, plain log lines otherwise.

Work is measured in bytes of the input, each of which is read once and then written to the store.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

INTERVAL = 10.0
"""Seconds between two log lines."""

_log = logging.getLogger(__name__)


class Progress:
    """The progress of the job that runs in this process."""

    def __init__(self, total: int) -> None:
        self.total = 2 * total
        self.done = 0
        self.events = 0
        self._start = self._logged = time.monotonic()
        self._bar = tqdm(
            total=self.total,
            bar_format="{percentage:3.0f}%|{bar}| {postfix} [{elapsed}, {remaining} left]",
            disable=not sys.stderr.isatty(),
        )

    def advance(self, size: int, events: int = 0) -> None:
        """Notes that `size` bytes and, in them, `events` events are done."""
        self.done += size
        self.events += events
        seconds = max(time.monotonic() - self._start, 1e-9)
        figures = f"{self.events:,} events, {self.events / seconds:,.0f}/s"
        if not self._bar.disable:
            self._bar.set_postfix_str(figures, refresh=False)
            self._bar.update(size)
        elif self.done and time.monotonic() - self._logged >= INTERVAL:
            self._logged = time.monotonic()
            left = seconds * (self.total - self.done) / self.done
            _log.info("%d%%: %s, %.0f s left", 100 * self.done // self.total, figures, left)

    def written(self, share: float) -> None:
        """Notes that a share of the input, 0 to 1, is in the store."""
        self.advance(int(share * self.total / 2))

    def close(self) -> None:
        self._bar.close()


_current: list[Progress] = []


@contextmanager
def shown(total: int) -> Iterator[None]:
    """Shows the progress of reading and writing `total` bytes of input."""
    progress = Progress(total)
    _current.append(progress)
    try:
        yield
        progress.advance(progress.total - progress.done)
    finally:
        _current.remove(progress)
        progress.close()


def advance(size: int, events: int = 0) -> None:
    """Notes progress, if it is shown in this process."""
    for progress in _current:
        progress.advance(size, events)


def written(share: float) -> None:
    """Notes that a share of the input, 0 to 1, is in the store, if progress is shown in this process."""
    for progress in _current:
        progress.written(share)
