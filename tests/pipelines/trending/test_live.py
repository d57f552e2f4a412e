"""Trending in the stream, against a real broker: what the windows say is what the listens say, through kills."""

import time
from pathlib import Path
from random import Random

import pytest

from store import open_store
from tests.oracle import Event
from tests.parts.prism import wait_until
from tests.parts.streams import TOPIC, send, streaming, values_of
from tests.parts.topics import create
from tests.pipelines.jobs import run_profile, write_events
from tests.pipelines.trending import oracle
from tests.pipelines.trending.oracle import DAY, HOUR
from tests.pipelines.trending.test_newest import charts

SECONDS = 120.0


def recent_events(seed: int, n: int, until: int, span: int) -> list[Event]:
    """Events of the last `span` seconds up to a time, by few users and of few items."""
    random = Random(seed)
    columns = (random.choices(range(1, most), k=n) for most in (20, 30, 40, 50, span))
    return [
        Event(user, artist, album, track, until - ago) for user, artist, album, track, ago in zip(*columns, strict=True)
    ]


def says(store: str, expected: object) -> bool:
    """Whether the charts in a store are what is expected, those without plays left out."""
    found = charts(open_store(store, create=True))
    return {window: of_kinds for window, of_kinds in found.items() if any(of_kinds.values())} == expected


@pytest.mark.long
def test_windows_through_kills_deletions_and_repeats(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    now = int(time.time()) // HOUR * HOUR
    loaded, streamed = recent_events(1, 500, now - 5 * HOUR, 20 * HOUR), recent_events(2, 1500, now, 30 * HOUR)
    run_profile(write_events(tmp_path / "events.txt", loaded), lmdb_url)
    create(empty_kafka, TOPIC)
    taken = streamed[::20]
    erased = now - 10 * HOUR
    identities = {(event.user, event.time, event.track) for event in taken}
    expected = oracle.windows(oracle.counting([*loaded, *streamed], identities, {7: erased}))
    for part in range(3):
        with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
            send(empty_kafka, values_of(streamed[part::3] + streamed[:100]))
            if part < 2:
                send(empty_kafka, [*values_of(taken, deleted=True), (7, None, erased * 1000)])
                wait_until(lambda: stream.figure("events_total") > 0, SECONDS)
                continue  # killed
            wait_until(lambda: says(lmdb_url, expected), SECONDS)
            stream.stop()


def test_files_loaded_beside_a_stream_count(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    now = int(time.time())
    streamed, loaded, later = (recent_events(seed, 300, now, 20 * HOUR) for seed in (5, 6, 7))
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of(streamed))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        wait_until(lambda: says(lmdb_url, oracle.windows(oracle.counting(streamed, (), {}))), SECONDS)
        run_profile(write_events(tmp_path / "events.txt", loaded), lmdb_url)
        wait_until(lambda: stream.said("starting again"), SECONDS)
        send(empty_kafka, values_of(later))
        every = [*streamed, *loaded, *later]
        wait_until(lambda: says(lmdb_url, oracle.windows(oracle.counting(every, (), {}))), SECONDS)
        stream.stop()


def test_windows_of_long_ago_are_left_out_unless_asked_for(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    now, long_ago = int(time.time()), 1_300_000_000 // DAY * DAY
    old, new = recent_events(3, 50, long_ago + HOUR, HOUR), recent_events(4, 50, now, HOUR)
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of([*old, *new]))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        wait_until(lambda: says(lmdb_url, oracle.windows(new)), SECONDS)
        assert stream.figure("trending_left_out_total") == len(old)
    with streaming(empty_kafka, f"{lmdb_url}-all", tmp_path / "log", "--trending_since", "2011-03-01"):
        wait_until(lambda: says(f"{lmdb_url}-all", oracle.windows([*old, *new])), SECONDS)
