"""Writing rows of users: the store holds the union of all that was written, what follows from it, and tells of it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from store import Cell, Store, StoreError, changes
from store.changes import MOST_EVENTS, Follower, UserChange
from store.digest import digest
from store.histories.deletions import NONE, Deletions, taken_back
from store.histories.event_set import difference, flat, unite
from store.layout import CHANGES, USERS, VERSION, row_key
from store.profiles import union
from tests import oracle, stored
from tests.oracle import Event
from tests.store.profiles.samples import columns, random_events

K = 10


def write(store: Store, events: Sequence[Event], *, announce: bool = True) -> None:
    union.write(store, unite(columns([*events])), announce=announce)


def added(entries: Sequence[UserChange]) -> dict[int, set[Event]]:
    """The events that entries tell of, by user."""
    found: dict[int, set[Event]] = {}
    for entry in entries:
        assert entry.added is not None
        rows = zip(*(column.tolist() for column in entry.added), strict=True)
        news = {Event(entry.user, artist, album, track, time) for time, track, artist, album in rows}
        found.setdefault(entry.user, set()).update(news)
    return found


def by_user(events: set[Event]) -> dict[int, set[Event]]:
    return {user: {e for e in events if e.user == user} for user in {e.user for e in events}}


def version(store: Store, user: int) -> bytes:
    row = store.rows(USERS, [row_key(user)])[row_key(user)]
    return next(cell.value for cell in row if (cell.family, cell.qualifier) == VERSION)


def test_the_store_holds_the_union(store: Store) -> None:
    events = random_events(1, 600)
    for part in (events[:300], events[200:], events[::2]):
        write(store, part)
    assert stored.profiles(store) == oracle.profiles(events, K)


def test_writing_again_changes_nothing(store: Store) -> None:
    events = random_events(2, 300)
    write(store, events)
    before = digest(store)
    write(store, events)
    write(store, events[50:60])
    assert digest(store) == before


def test_no_events_write_nothing(store: Store) -> None:
    write(store, [])
    assert list(store.scan(USERS)) == []


def test_a_later_event_may_change_the_album_of_one_in_the_store(store: Store) -> None:
    event = Event(1, 5, 7, 9, 1_300_000_000)
    for album in (7, 8, 3):
        write(store, [event._replace(album=album)])
    assert stored.profiles(store) == oracle.profiles([event._replace(album=3)], K)


def test_writers_at_the_same_time_lose_nothing(store: Store) -> None:
    events = random_events(3, 800, users=3)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: write(store, events[i::8]), range(8)))
    assert stored.profiles(store) == oracle.profiles(events, K)


def test_a_write_that_fails_leaves_the_rows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The computation breaks off in the middle of the rows."""
    events = random_events(4, 200)
    write(store, events[:100])
    before = digest(store)

    def broken(*_: object, **__: object) -> None:
        raise StoreError("no more")

    monkeypatch.setattr(union, "rows_of", broken)
    with pytest.raises(StoreError, match="no more"):
        write(store, [e for e in events if e.user == events[0].user])
    assert digest(store) == before


def test_other_families_of_the_row_are_mended(store: Store) -> None:
    events = random_events(5, 100, users=1)
    write(store, events)
    before = digest(store)
    user = events[0].user
    store.write(USERS, [(row_key(user), [Cell("profile", b"counts", b"\x02")])])
    assert digest(store) != before
    write(store, [e for e in events if e.user == user][:1])
    assert digest(store) == before


@pytest.mark.parametrize("seed", range(5))
def test_entries_hold_the_events_that_are_new(store: Store, seed: int) -> None:
    before, new = random_events(seed, 60, span=20), random_events(seed, 100, span=20)[30:]
    write(store, before)
    follower = Follower(store)
    write(store, new)
    both = oracle.distinct([*before, *new])
    assert stored.profiles(store) == oracle.profiles(both)
    entries = follower.read()
    assert added(entries) == by_user({*both} - {*oracle.distinct(before)})
    assert {entry.user: entry.version for entry in entries} == {e.user: version(store, e.user) for e in entries}
    write(store, Random(seed).sample(new, len(new)))
    assert follower.read() == []


def test_an_event_with_another_album_is_new(store: Store) -> None:
    event = Event(1, 2, 5, 4, 1000)
    write(store, [event])
    follower = Follower(store)
    write(store, [event._replace(album=9)])
    assert follower.read() == []
    write(store, [event._replace(album=3)])
    assert added(follower.read()) == {1: {event._replace(album=3)}}


def test_a_first_load_can_be_silent(store: Store) -> None:
    write(store, random_events(1, 50), announce=False)
    assert list(store.scan(CHANGES)) == []


def test_a_large_change_tells_only_that_the_row_changed(store: Store) -> None:
    write(store, random_events(1, MOST_EVENTS + 1, users=1))
    assert [(entry.user, entry.added) for entry in changes.since(store, 0)] == [(0, None)]


def test_difference_of_sets() -> None:
    for seed in range(30):
        a, b = (oracle.distinct(random_events(s, 40, users=3, span=8)) for s in (seed, seed))
        b = [e._replace(artist=e.artist + Random(seed).randrange(2)) for e in Random(seed).sample(b, len(b) // 2)]
        left = difference(unite(columns(a)), unite(columns(b)))
        found = by_user({Event(*event) for event in flat(left).T.tolist()})
        assert found == by_user({*a} - {*b})


def test_the_store_holds_what_to_write_again_would_change_nothing(store: Store) -> None:
    event = Event(7, 1, 2, 3, 40)
    one, other = (unite(columns([e])) for e in (event, event._replace(time=41)))
    gone = Deletions(taken_back(columns([event])), NONE.erased)
    nothing = unite(columns([event])[:, :0])
    assert not union.holds(store, one)
    union.write(store, one)
    assert union.holds(store, one)
    assert not union.holds(store, other)
    assert not union.holds(store, nothing, gone)
    union.write(store, nothing, gone)
    assert union.holds(store, nothing, gone)
    assert union.holds(store, one)  # it stays taken back
    assert not union.holds(store, other)
