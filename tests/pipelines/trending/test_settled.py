"""What is trending after everything settled is what the listens alone say: late ones, two streams, a wrong clock."""

import time
from pathlib import Path
from random import Random

import pytest

from pipelines.trending import triggers
from store import open_store
from tests.oracle import Event
from tests.parts.prism import wait_until
from tests.parts.streams import TOPIC, send, streaming, values_of
from tests.parts.topics import create
from tests.pipelines.trending import oracle
from tests.pipelines.trending.oracle import DAY, HOUR
from tests.pipelines.trending.test_live import SECONDS, recent_events, says
from tests.pipelines.trending.test_newest import charts

CLOCK = Path(__file__).parents[2] / "parts/clock"
ROUNDS, LATE = 25, 12


@pytest.mark.long
def test_late_listens_within_the_lateness(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    now = int(time.time())
    create(empty_kafka, TOPIC)
    every = recent_events(20, 300, now, HOUR)
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        send(empty_kafka, values_of(every))
        stream.wait_until_caught_up()
        for number in range(ROUNDS):
            late = recent_events(21 + number, LATE, now - HOUR, triggers.LATENESS - 2 * HOUR)
            every += late
            send(empty_kafka, values_of(late))
            stream.wait_until_caught_up()
        wait_until(lambda: says(lmdb_url, oracle.windows(oracle.counting(every, (), {}))), SECONDS)
        assert stream.figure("trending_left_out_total") == 0
        stream.stop()


@pytest.mark.long
def test_two_streams_over_one_store_for_a_while(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    """As in a rolling deployment: the second begins while the first is busy, and goes on when that ends."""
    random, now = Random(30), int(time.time())
    create(empty_kafka, TOPIC)
    parts = [recent_events(31 + number, 400, now, 30 * HOUR) for number in range(12)]
    with streaming(empty_kafka, lmdb_url, tmp_path / "first") as first:
        send(empty_kafka, values_of(parts[0]))
        wait_until(lambda: first.figure("events_total") > 0)
        with streaming(empty_kafka, lmdb_url, tmp_path / "second") as second:
            for part in parts[1:8]:
                send(empty_kafka, values_of(random.sample(part, len(part))))
                first.wait_until_caught_up()
            wait_until(second.reads)
            for part in parts[8:10]:
                send(empty_kafka, values_of(part))
            first.kill()
            for part in parts[10:]:
                send(empty_kafka, values_of(part))
            every: list[Event] = [event for part in parts for event in part]
            wait_until(lambda: says(lmdb_url, oracle.windows(oracle.counting(every, (), {}))), SECONDS)
            second.stop()


def put_clock(clock: Path, seconds: int) -> None:
    """Sets the clock ahead, at once: a file that is being written is empty for a moment."""
    written = clock.with_suffix(".new")
    written.write_text(str(seconds))
    written.replace(clock)


@pytest.mark.long
def test_a_clock_that_is_days_ahead_for_a_while(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    """Also of those who sent meanwhile; all windows of the days before are right afterwards."""
    now, clock = int(time.time()), tmp_path / "clock"
    put_clock(clock, 0)
    create(empty_kafka, TOPIC)
    parts = [recent_events(50 + number, 200, now, 20 * HOUR) for number in range(3)]
    ahead = [event._replace(time=event.time + 4 * DAY) for event in parts[1]]
    environment = {"PYTHONPATH": str(CLOCK), "CLOCK": str(clock)}
    with streaming(empty_kafka, lmdb_url, tmp_path / "log", environment=environment) as stream:
        send(empty_kafka, values_of(parts[0]))
        wait_until(lambda: says(lmdb_url, oracle.windows(oracle.counting(parts[0], (), {}))), SECONDS)
        put_clock(clock, 4 * DAY)
        send(empty_kafka, values_of(ahead))
        wait_until(lambda: stream.log.read_text().count("clock was set") == 1, SECONDS)
        stream.wait_until_caught_up()
        put_clock(clock, 0)
        wait_until(lambda: stream.log.read_text().count("clock was set") == 2, SECONDS)
        send(empty_kafka, values_of(parts[2]))
        every = oracle.windows(oracle.counting([*parts[0], *parts[2]], (), {}))
        wait_until(lambda: every.items() <= charts(open_store(lmdb_url)).items(), SECONDS)
        stream.stop()
