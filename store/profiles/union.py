"""Uniting sets of events with the histories in the store: read, unite and write are one atomic step for each row."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from store import changes, layout
from store.changes import UserChange
from store.history import unpack
from store.interface import Row, Store
from store.profiles import deletions
from store.profiles.deletions import Deletions
from store.profiles.events import Columns, EventSet, difference, flat, unite
from store.profiles.rows import Rows, rows_of


def write(store: Store, rows: Rows, k: int, new: Deletions = deletions.NONE, *, announce: bool = True) -> None:
    """Writes the rows of users, whole; what the store holds of these users is united with their events.

    Args:
        rows: the rows of the users, were they new and had nothing deleted.
        k: length of the charts.
        new: deletions, of these users or of others.
        announce: tell of the rows that change in the change feed.
    """
    keys = [layout.row_key(user) for user in np.union1d(rows.events.users, new.users).tolist()]
    if not keys:
        return
    changed: dict[bytes, UserChange] = {}
    store.update(layout.USERS, keys, lambda existing: _united(rows, new, existing, k, changed))
    if announce:
        changes.write(store, changed.values())


def length_of_charts(store: Store) -> int | None:
    """The length of the charts that a store was built with; None if it holds no histories to unite events with."""
    length, contents = store.setting("k"), store.setting("contents")
    return None if length is None or contents != "whole" else int(length)


def _united(
    rows: Rows, new: Deletions, existing: Mapping[bytes, Row], k: int, changed: dict[bytes, UserChange]
) -> Iterator[tuple[bytes, Row]]:
    others = {layout.row_key(user) for user in new.users.tolist()} | existing.keys()
    yield from _noted((row for row in rows if row[0] not in others), {}, rows.events, changed)
    if not others:
        return
    before = stored(existing)
    events, gone = np.concatenate([_of_users(rows.events, others), before], axis=1), deletions.NONE
    if new or _have_deletions(existing):
        gone = deletions.settled(deletions.joined([new, deletions.stored(existing)]))
        events = deletions.standing(events, gone)
    united = unite(events)
    added = difference(united, unite(before))
    yield from _noted(_with_deletions(rows_of(united, k, whole=True), gone), existing, added, changed)


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
    for key, row in rows:
        version = _version(row)
        if version is not None and version != _version(existing.get(key, ())):
            user = int.from_bytes(key, "big")
            only_added = row[-1].family != deletions.FAMILY
            changed[key] = UserChange(user, version, added.of(user) if only_added else None)
        yield key, row


def _version(row: Row) -> bytes | None:
    return next((cell.value for cell in row if (cell.family, cell.qualifier) == layout.VERSION), None)


def _of_users(events: EventSet, keys: Iterable[bytes]) -> Columns:
    """The events of the users who have these rows."""
    users = np.array([int.from_bytes(key, "big") for key in keys], np.int64)
    new = flat(events)
    return new[:, np.isin(new[0], users)]


def stored(existing: Mapping[bytes, Row]) -> Columns:
    """The events in rows of users."""
    parts = [_history(int.from_bytes(key, "big"), row) for key, row in existing.items()]
    return np.concatenate([np.empty((5, 0), np.int64), *parts], axis=1)


def _history(user: int, row: Row) -> Columns:
    history = unpack([cell.value for cell in row if cell.family == "history"])
    users = np.full(len(history.timestamps), user, np.int64)
    return np.stack([users, history.artists, history.albums, history.tracks, history.timestamps])
