"""State as a log: the sum in memory is used only where it is that of the log."""

from collections.abc import Iterable

import pytest

from pipelines.trending import state_log
from pipelines.trending.state_log import Sums


class Log:
    """A bag in the state of a runner."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def read(self) -> list[bytes]:
        return self.kept

    def add(self, change: bytes) -> None:
        self.kept = [*self.kept, change]

    def clear(self) -> None:
        self.kept = []


class Mark:
    """A value in the state of a runner."""

    def __init__(self) -> None:
        self.kept: bytes | None = None

    def read(self) -> bytes | None:
        return self.kept

    def write(self, mark: bytes) -> None:
        self.kept = mark

    def clear(self) -> None:
        self.kept = None


class Worker:
    """A worker which adds up numbers, and counts how often it has to read a log."""

    def __init__(self) -> None:
        self.read = 0
        self.sums = Sums(self._add_up, lambda total: b"%d" % total)

    def _add_up(self, changes: Iterable[bytes]) -> int:
        self.read += 1
        return sum(map(int, changes))

    def add(self, number: int, log: Log, mark: Mark) -> int:
        held = self.sums.take("key", log, mark)
        held.value += number
        self.sums.put("key", held, b"%d" % number, log, mark)
        return held.value


def test_a_worker_reads_the_log_once() -> None:
    worker, log, mark = Worker(), Log(), Mark()
    assert [worker.add(n, log, mark) for n in (1, 2, 3)] == [1, 3, 6]
    assert (worker.read, log.kept) == (1, [b"1", b"2", b"3"])


def test_another_worker_goes_on() -> None:
    log, mark = Log(), Mark()
    first, second = Worker(), Worker()
    assert [w.add(n, log, mark) for w, n in ((first, 1), (second, 2), (first, 4), (second, 8))] == [1, 3, 7, 15]
    assert (first.read, second.read) == (2, 2)


def test_a_bundle_which_failed_leaves_nothing() -> None:
    worker, log, mark = Worker(), Log(), Mark()
    worker.add(1, log, mark)
    before = log.kept, mark.kept
    worker.add(100, log, mark)
    log.kept, mark.kept = before
    assert worker.add(2, log, mark) == 3


def test_a_sum_that_was_not_given_back_is_not_used() -> None:
    worker, log, mark = Worker(), Log(), Mark()
    worker.add(1, log, mark)
    worker.sums.take("key", log, mark).value += 100
    assert worker.add(2, log, mark) == 3


def test_a_long_log_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_log, "SLACK", 10)
    worker, log, mark = Worker(), Log(), Mark()
    total = 0
    for n in range(100):
        total += n
        assert worker.add(n, log, mark) == total
        assert sum(map(len, log.kept)) <= 10 + 2 * 4
    assert Worker().add(0, log, mark) == total
