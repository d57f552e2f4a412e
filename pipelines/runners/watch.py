"""Watching a stream that runs in this process: how it goes, and when it is to stop, or to start again.

To start again is cheap, and harmless: it is what follows a crash, without the crash.
"""

import logging
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol

from pipelines.failures import is_plain
from pipelines.kafka.client import Cluster, KafkaAwayError, Partition, ids_at_present, partitions_at_present
from pipelines.kafka.figures import FIGURES
from pipelines.kafka.readers import READERS
from pipelines.kafka.watermarks import WATERMARKS
from store import StoreError, open_store, settings

STOP_SECONDS = 5.0
"""How long what is in hand may take when the stream is told to stop."""

LOOK_SECONDS = 5.0
"""Seconds between two looks at the partitions that topics have."""

ANSWER_SECONDS = 1.0
"""How long Kafka, or what is asked in a thread, may take to come to an end."""

MOST_FAILURES, FAILURES_SECONDS = 3, 60.0
"""So many failures of the runner within so many seconds end the stream, which would only fail again."""

SHOWN = 300
"""Most characters of the error of a runner in the log."""

JUMP_SECONDS = 60.0
"""A clock that is set by more than so many seconds at once was wrong."""

LINE_SECONDS, LOG_SECONDS = 1.0, 60.0
"""Seconds between two status lines, on a terminal and in a log."""

_log = logging.getLogger(__name__)


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, for there may be something in hand."""
    heard = threading.Event()
    with _signals(heard.set):
        yield heard


def leaving() -> AbstractContextManager[None]:
    """SIGTERM and SIGINT end the process, for nothing is in hand."""
    return _signals(sys.exit)


@contextmanager
def _signals(act: Callable[[], object]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: act()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Loads:
    """The loads of files into a store: what is trending begins with the listens that the store has.

    A thread asks for the last one, since a store that is away does not answer soon, and signals are heard meanwhile.
    """

    news = "files were loaded into the store"

    def __init__(self, url: str) -> None:
        self._url = url
        self._known = self._last = settings.last_load(open_store(url))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def changed(self) -> bool:
        """Whether there was another one since this was asked last."""
        known, self._known = self._known, self._last
        return self._known != known

    def close(self) -> None:
        """Asks no more."""
        self._over.set()
        self._thread.join(ANSWER_SECONDS)

    def _ask(self) -> None:
        while not self._over.wait(LINE_SECONDS):
            with suppress(StoreError):
                self._last = settings.last_load(open_store(self._url))


class Partitions:
    """The partitions of topics: a pipeline reads those which there were when it was built."""

    news = "Kafka has more partitions, or topics of names, or made one anew"

    def __init__(self, cluster: Cluster, topics: Collection[str]) -> None:
        self._consumer, self._admin, self._topics = cluster.consumer(), cluster.admin(), topics
        self._looked = time.monotonic()
        self._known: frozenset[Partition] = frozenset()
        self._ids: dict[str, str] = {}
        self._look()

    def changed(self) -> bool:
        """Whether there are new ones since this was asked last. A broker that is away is asked later."""
        if READERS.lost:
            return True
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return False
        self._looked = time.monotonic()
        return self._look()

    def close(self) -> None:
        """Gives up the connection."""
        self._consumer.close()

    def _look(self) -> bool:
        """Notes what there is; whether it is new."""
        try:
            found = partitions_at_present(self._consumer, self._topics, ANSWER_SECONDS)
            ids = ids_at_present(self._admin, {partition.topic for partition in found}, ANSWER_SECONDS)
        except KafkaAwayError:
            return False
        new = not found <= self._known or any(self._ids.get(topic, now) != now for topic, now in ids.items())
        self._known, self._ids = found, {**self._ids, **ids}
        return new


class Clock:
    """The machine's clock: event time that was believed by a wrong one is given up with the pipeline."""

    news = "the machine's clock was set"

    def __init__(self) -> None:
        self._known = self._offset()

    def changed(self) -> bool:
        """Whether it was set since this was asked last."""
        now = self._offset()
        known, self._known = self._known, now
        return abs(now - known) > JUMP_SECONDS

    def _offset(self) -> float:
        return time.time() - time.monotonic()


class Failures:
    """Failures of the runner itself, as of Prism on a machine that is too busy: another start makes them good."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MOST_FAILURES)

    def survive(self, error: Exception) -> None:
        """Notes a failure. Raises the error if it is one of ours, or if there were too many."""
        self._times.append(time.monotonic())
        too_many = len(self._times) == MOST_FAILURES and self._times[-1] - self._times[0] < FAILURES_SECONDS
        if is_plain(str(error)) or too_many:
            raise error
        _log.warning("the runner failed, starting again: %s", " ".join(str(error).split())[:SHOWN])


class Watched(Protocol):
    """What a pipeline takes for given, and has to begin again when it changes; `news` says what changed."""

    news: str

    def changed(self) -> bool:
        """Whether it changed since this was asked last."""


def until_over(result: Any, stop: threading.Event, watched: Sequence[Watched], failures: Failures) -> bool:
    """Shows how it goes until the pipeline ends or is to stop, which finishes and commits what is in hand.

    Returns:
        Whether it is to start again, since something that is watched has changed, or the runner failed.
    """
    try:
        return _until_over(result, stop, watched)
    except Exception as error:
        failures.survive(error)
        return True
    finally:
        READERS.close()
        WATERMARKS.clear()


def _until_over(result: Any, stop: threading.Event, watched: Sequence[Watched]) -> bool:
    ended: list[BaseException | None] = []

    def wait() -> None:
        try:
            result.wait_until_finish()
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    threading.Thread(target=wait, daemon=True).start()
    status = _Status()
    news: list[str] = []
    while not stop.wait(LINE_SECONDS) and not ended and not news:
        status.show()
        news = [each.news for each in watched if each.changed()]
    status.close()
    if ended and ended[0] is not None:
        raise ended[0]
    if not READERS.stop(STOP_SECONDS):
        _log.warning("stopped before all was committed: the next start reads it again")
    result.cancel()
    for each in news:
        _log.info("%s: starting again", each)
    return bool(news)


class _Status:
    """A line of figures: over and over on a terminal, else now and then in the log."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._at, self._events = time.monotonic(), FIGURES.events

    def show(self) -> None:
        """Shows the figures, if it is time to."""
        now = time.monotonic()
        if not self._terminal and now - self._at < LOG_SECONDS:
            return
        line = FIGURES.line((FIGURES.events - self._events) / max(now - self._at, 1e-9))
        self._at, self._events = now, FIGURES.events
        if self._terminal:
            sys.stderr.write(f"\r\033[K{line}")
            sys.stderr.flush()
        else:
            _log.info("%s", line)

    def close(self) -> None:
        """Leaves the last line where it is."""
        if self._terminal:
            sys.stderr.write("\n")
