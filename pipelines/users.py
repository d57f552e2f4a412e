"""Writing the histories of users: each row is united with what the store holds of the user, in one atomic step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.events import Columns, EventSet, unite
from pipelines.listens import unite_parts
from pipelines.reading import Part
from pipelines.rows import Rows, rows_of
from pipelines.shuffle import Shuffle
from store import Row, Store, layout
from store.history import unpack


@dataclass(frozen=True)
class UserMerger:
    """Unites the events of a shard of users, computes their rows, and writes them.

    Attributes:
        k: length of the charts.
        whole: write histories and windows too.
    """

    shuffle: Shuffle
    k: int
    whole: bool

    def unite(self, parts: list[Part]) -> Part:
        """The parts as one part."""
        columns = flat(unite_parts(parts, self.shuffle))
        (handle,) = self.shuffle.put([columns])
        return Part(min(part.order for part in parts), columns.shape[1], True, handle, parts[0].kind)

    def compute(self, parts: list[Part]) -> tuple[int, Rows]:
        """The rows of the users in the parts, were they new, and the number of events read."""
        return sum(part.rows for part in parts), rows_of(unite_parts(parts, self.shuffle), self.k, whole=self.whole)

    def write(self, store: Store, computed: tuple[int, Rows]) -> dict[str, int]:
        """Writes the rows; what the store holds of these users is united with them."""
        read, rows = computed
        keys = [layout.row_key(user) for user in rows.events.users.tolist()]
        if keys:
            store.update(layout.USERS, keys, lambda existing: self._united(rows, existing))
        return {"users": len(keys), "events": len(rows.events), "repeats": read - len(rows.events)}

    def _united(self, rows: Rows, existing: Mapping[bytes, Row]) -> Iterator[tuple[bytes, Row]]:
        if self.whole and existing:
            known = frozenset(existing)
            yield from (row for row in rows if row[0] not in known)
            yield from rows_of(unite(_with_stored(rows.events, existing)), self.k, whole=True)
        else:
            yield from rows


def flat(events: EventSet) -> Columns:
    """The columns user, artist, album, track and timestamp of a set of events."""
    users = np.repeat(events.users, np.diff(events.starts))
    return np.concatenate([users[None], events.columns[:, : len(events)]])


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
