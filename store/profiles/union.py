"""Uniting sets of events with the histories in the store: read, unite and write are one atomic step for each row."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from store import changes, layout
from store.changes import UserChange
from store.history import unpack
from store.interface import Row, Store
from store.profiles.events import Columns, EventSet, difference, flat, unite
from store.profiles.rows import Rows, rows_of


def write(store: Store, rows: Rows, k: int, *, announce: bool = True) -> None:
    """Writes the rows of users, whole; what the store holds of these users is united with their events.

    Args:
        rows: the rows of the users, were they new.
        k: length of the charts.
        announce: tell of the rows that change in the change feed.
    """
    keys = [layout.row_key(user) for user in rows.events.users.tolist()]
    if not keys:
        return
    changed: dict[bytes, UserChange] = {}
    store.update(layout.USERS, keys, lambda existing: _united(rows, existing, k, changed))
    if announce:
        changes.write(store, changed.values())


def _united(
    rows: Rows, existing: Mapping[bytes, Row], k: int, changed: dict[bytes, UserChange]
) -> Iterator[tuple[bytes, Row]]:
    yield from _noted((row for row in rows if row[0] not in existing), {}, rows.events, changed)
    if existing:
        stored = _stored(existing)
        united = unite(np.concatenate([_of_users(rows.events, existing), stored], axis=1))
        added = difference(united, unite(stored))
        yield from _noted(rows_of(united, k, whole=True), existing, added, changed)


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
            changed[key] = UserChange(user, version, added.of(user))
        yield key, row


def _version(row: Row) -> bytes | None:
    return next((cell.value for cell in row if (cell.family, cell.qualifier) == layout.VERSION), None)


def _of_users(events: EventSet, existing: Mapping[bytes, Row]) -> Columns:
    """The events of the users who exist in the store."""
    users = np.array([int.from_bytes(key, "big") for key in existing], np.int64)
    new = flat(events)
    return new[:, np.isin(new[0], users)]


def _stored(existing: Mapping[bytes, Row]) -> Columns:
    """The events in rows of users."""
    return np.concatenate([_history(int.from_bytes(key, "big"), row) for key, row in existing.items()], axis=1)


def _history(user: int, row: Row) -> Columns:
    history = unpack([cell.value for cell in row if cell.family == "history"])
    users = np.full(len(history.timestamps), user, np.int64)
    return np.stack([users, history.artists, history.albums, history.tracks, history.timestamps])
