"""How far the event time of partitions is: the slowest that has something to read counts, an idle one follows."""

import pytest

from pipelines.kafka import watermarks
from pipelines.kafka.client import Cluster, Partition
from pipelines.kafka.watermarks import IDLE_SECONDS, OUT_OF_ORDER, Watermarks

NOW = 1_700_000_000.0
CLUSTER = Cluster("nowhere:1", "tests")
FIRST, SECOND, THIRD = ((CLUSTER, Partition("events", number)) for number in range(3))


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOW

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which partitions are idle."""
    found = Clock()
    monkeypatch.setattr(watermarks, "time", found)
    return found


def test_a_partition_is_as_far_as_its_latest_event(clock: Clock) -> None:
    marks = Watermarks()
    assert marks.read(FIRST, NOW - 100) == NOW - 100 - OUT_OF_ORDER
    assert marks.read(FIRST, NOW - 500) == NOW - 100 - OUT_OF_ORDER  # it never goes back
    assert marks.read(FIRST, NOW + 9_999) == NOW - OUT_OF_ORDER  # nor ahead of the clock


def test_what_was_never_read_holds_nothing_up_once_others_are(clock: Clock) -> None:
    marks = Watermarks()
    assert marks.read(FIRST, None) is None
    marks.read(SECOND, NOW - 200)
    marks.read(THIRD, NOW - 300)
    assert marks.read(FIRST, None) == NOW - 300 - OUT_OF_ORDER


def test_an_idle_partition_follows_the_slowest_that_is_not(clock: Clock) -> None:
    marks = Watermarks()
    marks.read(FIRST, NOW - 1000)
    assert marks.read(FIRST, None) == NOW - 1000 - OUT_OF_ORDER  # it is not idle yet
    clock.now += 2 * IDLE_SECONDS
    marks.read(SECOND, NOW - 400)
    marks.read(THIRD, NOW - 900)
    assert marks.read(FIRST, None) == NOW - 900 - OUT_OF_ORDER
    marks.read(THIRD, NOW - 100)
    assert marks.read(FIRST, None) == NOW - 400 - OUT_OF_ORDER


def test_when_all_are_idle_time_goes_on_with_the_clock(clock: Clock) -> None:
    marks = Watermarks()
    marks.read(FIRST, NOW - 1000)
    clock.now += 300
    assert marks.read(FIRST, None) == NOW - 1000 - OUT_OF_ORDER + 300
    clock.now += 10_000
    assert marks.read(FIRST, None) == NOW - 1000 - OUT_OF_ORDER + 10_300


def test_an_idle_partition_that_is_ahead_stays_where_it_is(clock: Clock) -> None:
    marks = Watermarks()
    marks.read(FIRST, NOW)
    clock.now += 2 * IDLE_SECONDS
    marks.read(SECOND, NOW - 5000)
    assert marks.read(FIRST, None) == NOW - OUT_OF_ORDER
