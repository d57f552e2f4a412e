"""Backfills: a part of a data set again, into a store that has data."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import Cell, open_store
from store.digest import digest
from store.layout import USERS, row_key
from tests import oracle, stored
from tests.oracle import Event
from tests.pipelines.jobs import random_events, run_backfill, run_profile, write_events

EVENTS = random_events(1)
START, END = "2012-03-05", "2013-02-01"


def selected(event: Event, users: set[int] | None = None) -> bool:
    day = datetime.fromtimestamp(event.time, UTC).date().isoformat()
    return START <= day < END and (users is None or event.user in users)


@pytest.mark.parametrize("users", [None, {1001, 5005, 7}])
def test_a_backfill_brings_the_selected_part_and_all_that_follows(
    users: set[int] | None, tmp_path: Path, store_url: str
) -> None:
    run_profile(write_events(tmp_path / "some.txt", EVENTS[::3]), store_url)
    options = ["--from", START, "--to", END, *(["--users", ",".join(map(str, users))] if users else [])]
    everything = write_events(tmp_path / "all.txt", EVENTS)
    run_backfill(everything, store_url, *options)
    expected = oracle.profiles(EVENTS[::3] + [e for e in EVENTS if selected(e, users)])
    store = open_store(store_url)
    assert stored.profiles(store) == expected
    before = digest(store)
    run_backfill(everything, store_url, *options)
    assert digest(open_store(store_url)) == before


def test_a_backfill_of_everything_equals_a_run_over_everything(tmp_path: Path) -> None:
    events = write_events(tmp_path / "all.txt", EVENTS)
    run_profile(events, f"lmdb:{tmp_path}/one")
    run_profile(write_events(tmp_path / "some.txt", EVENTS[:100]), f"lmdb:{tmp_path}/two")
    run_backfill(events, f"lmdb:{tmp_path}/two")
    assert digest(open_store(f"lmdb:{tmp_path}/two")) == digest(open_store(f"lmdb:{tmp_path}/one"))


def test_a_backfill_mends_what_follows_from_the_history(tmp_path: Path) -> None:
    events, url = write_events(tmp_path / "all.txt", EVENTS), f"lmdb:{tmp_path}/store"
    run_profile(events, url)
    store = open_store(url)
    before = digest(store)
    user = EVENTS[0].user
    store.write(USERS, [(row_key(user), [Cell("profile", b"counts", b"\x02"), Cell("playsperday", bytes(8), b"\x00")])])
    assert digest(store) != before
    run_backfill(events, url, "--users", str(user))
    assert digest(store) == before


def test_a_backfill_which_was_killed_completes_when_run_again(tmp_path: Path) -> None:
    events = random_events(1, 30_000, users=2000, years=5)
    path, url = write_events(tmp_path / "all.txt", events), f"lmdb:{tmp_path}/store"
    run_profile(write_events(tmp_path / "some.txt", events[:10]), url)
    store = open_store(url)
    command = [sys.executable, "-m", "pipelines.backfill", "--events", str(path), "--store", url]
    with subprocess.Popen([*command, "--rejects", f"{tmp_path}/r"], stdout=subprocess.DEVNULL) as run:
        size = (tmp_path / "store/data.mdb").stat().st_size
        while run.poll() is None and (tmp_path / "store/data.mdb").stat().st_size < size + 500_000:
            time.sleep(0.001)
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    run_backfill(path, url)
    assert stored.profiles(store) == oracle.profiles(events)


def test_no_event_in_the_selected_part_is_no_error(tmp_path: Path) -> None:
    events, url = write_events(tmp_path / "all.txt", EVENTS), f"lmdb:{tmp_path}/store"
    run_profile(events, url)
    before = digest(open_store(url))
    assert not run_backfill(events, url, "--users", "7").counts.get("users")
    assert digest(open_store(url)) == before
