"""Uniting sets of events with the histories in the store: read, unite and write are one atomic step for each row."""

from collections.abc import Iterator, Mapping

import numpy as np

from store import layout
from store.history import unpack
from store.interface import Row, Store
from store.profiles.events import Columns, EventSet, flat, unite
from store.profiles.rows import Rows, rows_of


def write(store: Store, rows: Rows, k: int) -> None:
    """Writes the rows of users, whole; what the store holds of these users is united with their events.

    Args:
        rows: the rows of the users, were they new.
        k: length of the charts.
    """
    keys = [layout.row_key(user) for user in rows.events.users.tolist()]
    if keys:
        store.update(layout.USERS, keys, lambda existing: _united(rows, existing, k))


def _united(rows: Rows, existing: Mapping[bytes, Row], k: int) -> Iterator[tuple[bytes, Row]]:
    yield from (row for row in rows if row[0] not in existing)
    if existing:
        yield from rows_of(unite(_with_stored(rows.events, existing)), k, whole=True)


def _with_stored(events: EventSet, existing: Mapping[bytes, Row]) -> Columns:
    """All events of the users who exist in the store: those of `events`, and those in their rows."""
    users = np.array([int.from_bytes(key, "big") for key in existing], np.int64)
    new = flat(events)
    return np.concatenate(
        [
            new[:, np.isin(new[0], users)],
            *(_stored(int(user), row) for user, row in zip(users, existing.values(), strict=True)),
        ],
        axis=1,
    )


def _stored(user: int, row: Row) -> Columns:
    history = unpack([cell.value for cell in row if cell.family == "history"])
    users = np.full(len(history.timestamps), user, np.int64)
    return np.stack([users, history.artists, history.albums, history.tracks, history.timestamps])
