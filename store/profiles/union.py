"""Uniting sets of events with the histories in the store: read, unite and write are one atomic step for each row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from store import changes, layout
from store.changes import UserChange
from store.histories import deletions
from store.histories.deletions import Deletions
from store.histories.event_set import NO_EVENTS, Columns, EventSet, difference, flat, grouped, only, unite
from store.histories.months import unpack_all
from store.interface import Row, Store
from store.profiles import definitions, increments
from store.profiles.rows import Rows, rows_of


def write(store: Store, added: Rows | EventSet, deleted: Deletions = deletions.NONE, *, announce: bool = True) -> None:
    """Writes the rows of users, whole; what the store holds of these users is united with their events.

    Args:
        added: the rows of the users, were they new and had nothing deleted, which spares computing them once more
            where that is so; or only their events, where most users are known.
        deleted: deletions, of these users or of others.
        announce: tell of the rows that change in the change feed.
    """
    users = np.union1d((added.events if isinstance(added, Rows) else added).users, deleted.users)
    if not len(users):
        return
    changed: dict[bytes, UserChange] = {}
    definitions.for_writing(store)  # a new store's are noted before anything is written
    if isinstance(added, EventSet):
        left = increments.add(store, only(added, ~np.isin(added.users, deleted.users)), changed)
        users = np.union1d(left, deleted.users)
        added = only(added, np.isin(added.users, users))
    if len(users):
        keys = [*map(layout.row_key, users.tolist())]
        store.update(layout.USERS, keys, lambda existing: _united(store, added, deleted, existing, changed))
    if announce:
        changes.write(store, changed.values())


def recompute(store: Store, keys: Sequence[bytes]) -> None:
    """Derives the rows of users anew from their histories."""
    store.update(layout.USERS, keys, lambda existing: derived(store, existing))


def derived(store: Store, existing: Mapping[bytes, Row]) -> Iterator[tuple[bytes, Row]]:
    """The rows that follow from the histories and deletions in rows."""
    return _recomputed(store, flat(NO_EVENTS), deletions.NONE, existing, {})


def holds(store: Store, added: EventSet, deleted: Deletions = deletions.NONE) -> bool:
    """Whether the rows of users are such that to write these events and deletions would not change them."""
    keys = [layout.row_key(user) for user in np.union1d(added.users, deleted.users).tolist()]
    existing = store.rows(layout.USERS, keys, ("history", deletions.FAMILY))
    before, gone = stored(existing), deletions.settled(deletions.stored(existing))
    then = deletions.settled(deletions.joined([deleted, gone]))
    events = deletions.standing(np.concatenate([before, flat(added)], axis=1), then)
    same = np.array_equal(then.taken, gone.taken) and np.array_equal(then.erased, gone.erased)
    return same and not len(difference(unite(events), grouped(before)))


def _united(
    store: Store,
    added: Rows | EventSet,
    deleted: Deletions,
    existing: Mapping[bytes, Row],
    changed: dict[bytes, UserChange],
) -> Iterator[tuple[bytes, Row]]:
    if isinstance(added, EventSet):
        yield from _recomputed(store, flat(added), deleted, existing, changed)
        return
    # Asked for after the rows were read: a recomputation that began before has changed them, or will find them changed.
    wanted = definitions.read(store)
    rows = added if added.definitions == wanted else rows_of(added.events, wanted)
    others = np.array([int.from_bytes(key, "big") for key in existing], np.int64)
    others = np.union1d(others, deleted.users)
    yield from _noted(rows.without(others), {}, added.events, changed)
    if len(others):
        events = flat(added.events)
        yield from _recomputed(store, events[:, np.isin(events[0], others)], deleted, existing, changed)


def _recomputed(
    store: Store, events: Columns, deleted: Deletions, existing: Mapping[bytes, Row], changed: dict[bytes, UserChange]
) -> Iterator[tuple[bytes, Row]]:
    """The rows of users from their events and from all that is stored of them."""
    wanted = definitions.read(store)
    before, gone = stored(existing), deletions.NONE
    events = np.concatenate([before, events], axis=1)  # new ones last: they often are the latest
    if deleted or _have_deletions(existing):
        gone = deletions.settled(deletions.joined([deleted, deletions.stored(existing)]))
        events = deletions.standing(events, gone)
    united = unite(events)
    added = difference(united, grouped(before))
    yield from _noted(_with_deletions(rows_of(united, wanted), gone), existing, added, changed)


def _have_deletions(existing: Mapping[bytes, Row]) -> bool:
    return any(row[-1].family == deletions.FAMILY for row in existing.values())  # the last family of the layout


def _with_deletions(rows: Rows, gone: Deletions) -> Iterator[tuple[bytes, Row]]:
    """The rows with the deletions of their users; and of users who have nothing else."""
    left = deletions.cells_of(gone) if gone else {}
    for key, row in rows:
        cells = left.pop(key, None)
        yield key, deletions.with_deletions(row, cells) if cells else row
    yield from ((key, deletions.with_deletions((), cells)) for key, cells in left.items() if cells)


def _noted(
    rows: Iterable[tuple[bytes, Row]],
    existing: Mapping[bytes, Row],
    added: EventSet,
    changed: dict[bytes, UserChange],
) -> Iterator[tuple[bytes, Row]]:
    """The rows; those that differ from what exists are noted in `changed`.

    A row that is asked for again, since another writer came first, stays noted: it may have been written nevertheless.
    """
    packed = dict(zip(added.users.tolist(), changes.packed(added), strict=True))
    for key, row in rows:
        version = _version(row)
        if version is not None and version != _version(existing.get(key, ())):
            user = int.from_bytes(key, "big")
            only_added = row[-1].family != deletions.FAMILY
            changed[key] = UserChange(user, version, packed[user] if only_added else b"")
        yield key, row


def _version(row: Row) -> bytes | None:
    return next((cell.value for cell in row if (cell.family, cell.qualifier) == layout.VERSION), None)


def stored(existing: Mapping[bytes, Row]) -> Columns:
    """The events in rows of users: by user, timestamp and track."""
    months = [
        (int.from_bytes(key, "big"), cell.value)
        for key, row in sorted(existing.items())
        for cell in row
        if cell.family == "history"
    ]
    history, lengths = unpack_all([value for _, value in months])
    users = np.repeat(np.array([user for user, _ in months], np.int64), lengths)
    return np.stack([users, history.artists, history.albums, history.tracks, history.timestamps])
