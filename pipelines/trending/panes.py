"""What windows say: the most played items, by all listens so far."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import apache_beam as beam
import numpy as np
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import TimerSpec, on_timer
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import Timestamp
from numpy.typing import NDArray

from pipelines.trending import triggers
from pipelines.trending.packing import packed, unpacked
from pipelines.trending.plays import NONE, Charts, Plays, added, charts_of, include
from pipelines.trending.state_log import LOG, MARK, Sums

_NOTHING = np.empty((1 + len(NONE), 0), np.int64)


class Pane(NamedTuple):
    """The most played items of the window of a name which begins at `start`."""

    window: str
    start: int
    charts: Charts


class Writer(Protocol):
    """Where panes go. It is pickled."""

    def write(self, panes: Sequence[Pane]) -> None:
        """Makes panes known: each takes the place of the one before it."""


class WritePanes(beam.DoFn):
    """Writes the Panes that follow from what changes in windows of a name: (name, (start, packed Plays) of each).

    Changes may come in any order: a pane holds the sum of all so far. They are written here since nothing but the state
    of a key keeps a runner from overtaking itself. A window is remembered until no change can come any more, `lateness`
    seconds after its end, and for at most another day.
    """

    OVER = TimerSpec("over", TimeDomain.WATERMARK)

    def __init__(self, writer: Writer, lateness: int) -> None:
        self.writer = writer
        self.lateness = lateness
        self.shared = Shared()

    def setup(self) -> None:
        self.sums: Sums[dict[int, Plays]] = self.shared.acquire(_sums)

    def process(
        self,
        changes: tuple[str, Iterable[tuple[int, bytes]]],
        log: Any = beam.DoFn.StateParam(LOG),
        mark: Any = beam.DoFn.StateParam(MARK),
        over: Any = beam.DoFn.TimerParam(OVER),
    ) -> None:
        name, parts = changes
        held = self.sums.take(name, log, mark)
        change = added_by_start((start, unpacked(plays)) for start, plays in parts)
        for start, plays in change.items():
            held.value[start] = include(held.value.get(start, NONE), plays)
        self.writer.write([Pane(name, start, charts_of(held.value[start], triggers.CHART)) for start in change])
        self.sums.put(name, held, packed(_table(change)), log, mark)
        self._await(name, held.value, over)

    @on_timer(OVER)
    def forget(
        self,
        name: str = beam.DoFn.KeyParam,
        log: Any = beam.DoFn.StateParam(LOG),
        mark: Any = beam.DoFn.StateParam(MARK),
        over: Any = beam.DoFn.TimerParam(OVER),
    ) -> None:
        """Forgets the windows which are over."""
        held = self.sums.take(name, log, mark)
        reached = triggers.day_after(self._closing(name, min(held.value)))
        held.value = {start: plays for start, plays in held.value.items() if self._closing(name, start) > reached}
        self.sums.replace(name, held, log, mark)
        self._await(name, held.value, over)

    def _await(self, name: str, sums: Iterable[int], over: Any) -> None:
        oldest = min(sums, default=None)
        if oldest is not None:
            over.set(Timestamp(triggers.day_after(self._closing(name, oldest))))

    def _closing(self, name: str, start: int) -> int:
        return triggers.end(name, start) + self.lateness


def _sums() -> Sums[dict[int, Plays]]:
    return Sums(
        lambda log: added_by_start(part for change in log for part in _windows(unpacked(change))),
        lambda sums: packed(_table(sums)),
    )


def added_by_start(parts: Iterable[tuple[int, Plays]]) -> dict[int, Plays]:
    """The sums of the plays in each window."""
    by_start: dict[int, list[Plays]] = {}
    for start, plays in parts:
        by_start.setdefault(start, []).append(plays)
    return {start: added(of_start) for start, of_start in by_start.items()}


def _table(sums: Mapping[int, Plays]) -> NDArray[np.int64]:
    """The plays in windows, by their first second, as one: a column with that, and those of Plays."""
    rows = [np.concatenate([np.full((1, plays.shape[1]), start), plays]) for start, plays in sums.items()]
    return np.concatenate([_NOTHING, *rows], axis=1)


def _windows(rows: NDArray[np.int64]) -> Iterator[tuple[int, Plays]]:
    """The plays in windows, with their first second, of such a table."""
    bounds = np.flatnonzero(np.diff(rows[0], prepend=-1))
    for part in np.split(rows, bounds[1:], axis=1):
        if part.shape[1]:
            yield int(part[0, 0]), part[1:]
