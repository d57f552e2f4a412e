"""Deletions: whatever the order in which events, listens taken back and erasures arrive, the store is the same."""

from collections.abc import Iterable, Iterator
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Store, open_store
from store.changes import Follower
from store.digest import digest
from store.histories import deletions
from store.histories.deletions import Deletions
from store.histories.event_set import unite
from store.layout import USERS, row_key
from store.profiles import union
from tests import oracle, stored
from tests.oracle import Event
from tests.store.profiles.samples import columns, random_events

K = 10
LARGEST = 2**63 - 1
LAST_SECOND = 253402300799  # of the year 9999, where the dates of the oracle end


def deletions_of(taken: Iterable[Event] = (), erased: Iterable[tuple[int, int]] = ()) -> Deletions:
    marks = np.array([*erased], np.int64).reshape(-1, 2).T
    return Deletions(deletions.taken_back(columns([*taken])), marks)


def write(
    store: Store, events: Iterable[Event] = (), taken: Iterable[Event] = (), erased: Iterable[tuple[int, int]] = ()
) -> None:
    union.write(store, unite(columns([*events])), deletions_of(taken, erased))


EVENTS = st.builds(
    Event,
    user=st.integers(0, 2) | st.just(LARGEST),
    artist=st.integers(0, 2),
    album=st.integers(0, 1),
    track=st.integers(0, 2) | st.just(LARGEST),
    time=st.integers(0, 6) | st.sampled_from([3_000_000, LAST_SECOND]),
)
ERASURES = st.tuples(
    st.integers(0, 2) | st.just(LARGEST), st.integers(0, 6) | st.sampled_from([3_000_000, LAST_SECOND])
)
PARTS = st.lists(
    st.tuples(st.lists(EVENTS, max_size=8), st.lists(EVENTS, max_size=3), st.lists(ERASURES, max_size=1)), max_size=5
)


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    folder = tmp_path_factory.mktemp("stores")
    stores = open_store(f"lmdb:{folder}/one", create=True), open_store(f"lmdb:{folder}/other", create=True)
    yield stores
    for store in stores:
        store.close()


@given(PARTS, st.integers(0, 9))
def test_any_order_of_any_parts_makes_the_same_bytes(
    two_stores: tuple[Store, Store], parts: list[tuple[list[Event], list[Event], list[tuple[int, int]]]], seed: int
) -> None:
    whole, pieces = two_stores
    for store in two_stores:
        store.clear(USERS)
    events = [event for part in parts for event in part[0]]
    taken = [event for part in parts for event in part[1]]
    erased = [mark for part in parts for mark in part[2]]
    write(whole, events, taken, erased)
    for part in Random(seed).sample([*parts, *parts[:2]], len(parts) + len(parts[:2])):
        write(pieces, *part)
    assert list(pieces.scan(USERS)) == list(whole.scan(USERS))
    assert stored.profiles(whole) == oracle.profiles(oracle.standing(events, taken, erased), K)


def test_a_listen_is_taken_back_before_or_after_it_came(store: Store) -> None:
    events = random_events(1, 300, span=100)
    taken = [event._replace(artist=7, album=7) for event in events[::9]]
    write(store, taken=taken[::2])
    write(store, events)
    write(store, events, taken=taken[1::2])
    assert stored.profiles(store) == oracle.profiles(oracle.standing(events, taken, []), K)
    before = digest(store)
    write(store, events, taken)
    assert digest(store) == before


def test_of_an_erased_user_only_the_mark_stays(store: Store) -> None:
    events = [Event(1, 2, 3, 4, 100 + i) for i in range(50)]
    write(store, events, taken=events[::5])
    write(store, erased=[(1, 10**6)])
    (row,) = store.rows(USERS, [row_key(1)]).values()
    assert [(cell.family, cell.qualifier) for cell in row] == [("profile", b"version"), ("deletions", b"erased")]
    assert row[1].value == (10**6).to_bytes(8, "big")
    write(store, events, taken=events[:3])
    write(store, erased=[(1, 500)])
    assert store.rows(USERS, [row_key(1)]) == {row_key(1): row}
    later = Event(1, 2, 3, 4, 10**6 + 1)
    write(store, [*events, later])
    assert stored.profiles(store) == oracle.profiles([later], K)


@pytest.mark.parametrize("marked", [False, True])
def test_who_has_nothing_deleted_has_no_such_cells(store: Store, marked: bool) -> None:
    events = random_events(2, 100)
    write(store, events)
    plain = dict(store.scan(USERS))
    other = max(event.user for event in events) + 1
    write(store, events, erased=[(other, 5)] if marked else [])
    assert {key: row for key, row in store.scan(USERS) if key != row_key(other)} == plain


def test_the_change_feed_tells_that_there_was_more_than_additions(store: Store) -> None:
    events = random_events(3, 100, users=1)
    write(store, events)
    follower = Follower(store)
    write(store, taken=events[:1])
    write(store, [events[0]._replace(time=1)])
    write(store, erased=[(0, 10)])
    assert [(change.user, change.added) for change in follower.read()] == [(0, None)] * 3


def test_users_after_each_other_keep_their_own_marks() -> None:
    marks = [(5, 10), (1, 3), (5, 7), (1, 4), (9, 0)]
    settled = deletions.settled(deletions_of(erased=marks))
    assert settled.erased.tolist() == [[1, 5, 9], [4, 10, 0]]
    events = [Event(u, 0, 0, 0, t) for u in (0, 1, 4, 5, 6, 9, 10) for t in (0, 3, 4, 5, 10, 11)]
    kept = deletions.standing(columns(events), settled)
    assert [Event(*row) for row in kept.T.tolist()] == oracle.standing(events, [], marks)
