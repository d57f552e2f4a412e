"""The change feed, by itself."""

import time

import numpy as np
import pytest

from store import Cell, Store, changes
from store.changes import KEPT_SECONDS, MOST_EVENTS, Follower, UserChange
from store.histories.event_set import EventSet
from store.layout import CHANGES, row_key


def change(user: int, version: int, added: int | None = 1) -> UserChange:
    """A change by some events, no two of which are alike."""
    if added is None:
        return UserChange(user, row_key(version), b"")
    columns = np.arange(4 * added, dtype=np.int64).reshape(4, added) + user % 2**62
    (packed,) = changes.packed(EventSet(np.array([user]), np.array([0, added]), columns))
    return UserChange(user, row_key(version), packed)


def plain(entry: UserChange) -> tuple[int, bytes, list[list[int]] | None]:
    return entry.user, entry.version, entry.added and [column.tolist() for column in entry.added]


def test_entries_come_back_as_they_were_written(store: Store) -> None:
    second = int(time.time())
    written = [change(1, 7), change(2**63 - 1, 8, 20), change(3, 2**64 - 1, MOST_EVENTS), change(3, 9, None)]
    changes.write(store, written)
    found = list(changes.since(store, second))
    assert sorted(map(plain, found)) == sorted(map(plain, written))
    assert list(changes.since(store, int(time.time()) + 1)) == []


def test_more_events_than_an_entry_holds_are_left_out(store: Store) -> None:
    changes.write(store, [change(1, 1, MOST_EVENTS + 1)])
    assert [entry.added for entry in changes.since(store, 0)] == [None]


def test_nothing_is_written_for_no_change(store: Store) -> None:
    changes.write(store, [])
    assert list(store.scan(CHANGES)) == []


def test_a_follower_gets_each_entry_once_and_none_from_before(store: Store) -> None:
    changes.write(store, [change(1, 1)])
    first = Follower(store)
    assert first.read() == []
    changes.write(store, [change(1, 2), change(2, 1)])
    second = Follower(store)
    assert [(entry.user, entry.version) for entry in first.read()] == [(1, row_key(2)), (2, row_key(1))]
    assert first.read() == second.read() == []
    changes.write(store, [change(1, 3)])
    assert [entry.version for entry in first.read()] == [entry.version for entry in second.read()] == [row_key(3)]


def test_a_follower_gets_what_appears_late_and_what_came_while_it_rested(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000]
    monkeypatch.setattr(changes, "_now", lambda: now[0])
    follower = Follower(store)
    now[0] += 1800
    changes.write(store, [change(1, 1)])
    now[0] += 60
    assert [entry.user for entry in follower.read()] == [1]
    store.write(CHANGES, [(row_key(now[0] - 3), [Cell("user", row_key(2) + row_key(1), b"")])])
    assert [entry.user for entry in follower.read()] == [2]
    now[0] += 60
    assert follower.read() == []


def test_old_entries_are_deleted_by_the_next_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000]
    monkeypatch.setattr(changes, "_now", lambda: now[0])
    for user in range(3):
        changes.write(store, [change(user, 1), change(user, 2)])
        now[0] += KEPT_SECONDS // 2
    assert [entry.user for entry in changes.since(store, 0)] == [0, 0, 1, 1, 2, 2]
    now[0] += 1
    changes.write(store, [change(9, 1)])
    assert [entry.user for entry in changes.since(store, 0)] == [2, 2, 9]


def test_many_entries_at_once(store: Store) -> None:
    changes.write(store, [change(user, user, None) for user in range(25_000)])
    assert sorted(entry.user for entry in changes.since(store, 0)) == list(range(25_000))
