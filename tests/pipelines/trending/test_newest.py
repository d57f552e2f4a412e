"""Jobs over files leave the charts of the newest windows, as a stream would have them."""

import time
from pathlib import Path
from random import Random
from typing import Any

from schemas.topics import CATALOGUE
from store import Store, open_store
from store.values import Range, read
from tests.oracle import Event
from tests.pipelines.jobs import run_backfill, run_profile, write_events
from tests.pipelines.trending import oracle
from tests.pipelines.trending.oracle import DAY, HOUR

NEWEST = 1_400_000_000
SINCE = NEWEST // HOUR * HOUR - 3 * DAY
KINDS = ("artists", "albums", "tracks")


def random_events(n: int, days: int) -> list[Event]:
    random = Random(days)
    columns = (random.choices(range(most), k=n) for most in (30, 70, 90, 200, days * DAY))
    events = [
        Event(user, artist, album, track, NEWEST - ago)
        for user, artist, album, track, ago in zip(*columns, strict=True)
    ]
    return [*events, Event(1, 1, 1, 1, NEWEST)]


def charts(store: Store) -> dict[tuple[str, int], dict[str, Any]]:
    """The charts in a store, by window."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for name in oracle.LENGTH:
        wanted = [Range(f"trending{kind}", name) for kind in KINDS]
        for kind, windows in zip(KINDS, read(store, wanted), strict=True):
            for window in windows:
                found.setdefault((name, window["start"]), {})[kind] = window["charts"]["topK"]
    return found


def test_the_newest_windows(store_url: str, tmp_path: Path) -> None:
    events = random_events(3000, 5)
    run_profile(write_events(tmp_path / "events.txt", events), store_url)
    found = charts(open_store(store_url))
    assert found == oracle.windows(oracle.counting(events, (), {}), SINCE)
    assert min(start for _, start in found) == SINCE
    assert any(len(chart) == 50 for of_window in found.values() for chart in of_window.values())


def test_later_runs_and_backfills_bring_them_up_to_date(lmdb_url: str, tmp_path: Path) -> None:
    events = random_events(3000, 4)
    run_profile(write_events(tmp_path / "a.txt", events[::3]), lmdb_url)
    run_profile(write_events(tmp_path / "b.txt", events[1::3]), lmdb_url)
    run_backfill(write_events(tmp_path / "c.txt", events), lmdb_url)
    assert charts(open_store(lmdb_url)) == oracle.windows(oracle.counting(events, (), {}), SINCE)


def test_a_clock_far_ahead_does_no_harm(lmdb_url: str, tmp_path: Path) -> None:
    events = [Event(1, 5, 6, 7, NEWEST), Event(2, 5, 6, 7, int(time.time()) + 2 * DAY)]
    run_profile(write_events(tmp_path / "events.txt", events), lmdb_url)
    assert charts(open_store(lmdb_url)) == oracle.windows(events[:1], SINCE)


def test_profiles_alone_have_no_charts(lmdb_url: str, tmp_path: Path) -> None:
    run_profile(write_events(tmp_path / "events.txt", random_events(10, 1)), lmdb_url, "--only", "profiles")
    assert not charts(open_store(lmdb_url))


def test_topics_are_in_the_catalogue() -> None:
    assert {f"trending{kind}" for kind in KINDS} <= CATALOGUE.keys()
