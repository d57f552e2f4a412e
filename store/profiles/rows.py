"""Rows of the table `users` from sets of events: everything the store says about a user is computed here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from schemas.metrics import Window
from schemas.topics import topic_of
from store import layout
from store.compiled import jit
from store.histories import months
from store.histories.event_set import EventSet
from store.interface import Cell, Row
from store.profiles.definitions import Definition, Definitions
from store.profiles.metric_values import Profiles, Values

VERSION_BYTES = 8


class Column(NamedTuple):
    """A column of the table, or a family whose qualifiers are the first seconds of buckets of time."""

    family: str
    qualifier: bytes | None


@dataclass(frozen=True)
class Rows:
    """Rows of users.

    Attributes:
        events: what the rows were computed from.
        definitions: what was computed.
        columns: in the order of a row.
        cells: number of the user, number of the column, bucket, start and end in the buffer: int64[cells, 5], in the
            order of rows.
        buffer: the values.
    """

    events: EventSet
    definitions: Definitions
    columns: Sequence[Column]
    cells: NDArray[np.int64]
    buffer: NDArray[np.uint8]

    def __iter__(self) -> Iterator[tuple[bytes, Row]]:
        return self._rows(self.cells)

    def without(self, users: NDArray[np.int64]) -> Iterator[tuple[bytes, Row]]:
        """The rows of all but some users."""
        wanted = ~np.isin(self.events.users, users)
        return self._rows(self.cells if wanted.all() else self.cells[wanted[self.cells[:, 0]]])

    def _rows(self, cells: NDArray[np.int64]) -> Iterator[tuple[bytes, Row]]:
        keys = [layout.row_key(user) for user in self.events.users.tolist()]
        data = self.buffer.tobytes()
        row: list[Cell] = []
        current = int(cells[0, 0]) if len(cells) else 0
        for user, number, bucket, start, end in zip(*cells.T.tolist(), strict=True):  # makes fewer objects than rows
            if user != current:
                yield keys[current], row
                current, row = user, []
            family, qualifier = self.columns[number]
            row.append(Cell(family, layout.bucket(bucket) if qualifier is None else qualifier, data[start:end]))
        if row:
            yield keys[current], row


def rows_of(events: EventSet, definitions: Definitions, *, whole: bool = True) -> Rows:
    """The rows of the users of `events`.

    Args:
        events: all events of these users.
        definitions: the metrics to compute.
        whole: with histories and windows; else only the metrics of all time.
    """
    wanted = [d for d in definitions.written if whole or not d.metric.windowed]
    profiles = Profiles(events, wanted)
    room = profiles.most_bytes() + (_room_of_history(events, profiles) if whole else 0)
    out = np.empty(room, np.uint8)  # memory which is not written to costs nothing
    values, p = profiles.encode(out, 0)
    found = [*zip(map(_column, wanted), values, strict=True)]
    if whole:
        history, p = _history(events, profiles, out, p)
        version, p = _versions(events, definitions.fingerprint, out, p)
        found += [(_HISTORY, history), (_VERSION, version)]
    found.sort(key=lambda part: _place(part[0]))
    return Rows(events, definitions, [column for column, _ in found], _cells([part for _, part in found]), out[:p])


def cells_of(events: EventSet, definition: Definition) -> Row:
    """The cells of one metric of one user."""
    profiles = Profiles(events, [definition])
    out = np.empty(profiles.most_bytes(), np.uint8)
    (values,), size = profiles.encode(out, 0)
    data, (family, qualifier) = out[:size].tobytes(), _column(definition)
    cells = zip(*(column.tolist() for column in values[1:]), strict=True)
    return [Cell(family, qualifier or layout.bucket(bucket), data[start:end]) for bucket, start, end in cells]


_HISTORY, _VERSION = Column("history", None), Column(*layout.VERSION)
_FAMILIES = layout.TABLES[layout.USERS]


def _column(definition: Definition) -> Column:
    place = topic_of(definition.metric).place
    return Column(place.family, place.column)


def _place(column: Column) -> tuple[int, bytes]:
    return _FAMILIES.index(column.family), column.qualifier or b""


def _cells(parts: Sequence[Values]) -> NDArray[np.int64]:
    """The cells of columns, in the order of rows."""
    every = [
        np.stack([part.users, np.full(len(part.users), number), part.buckets, part.starts, part.ends], axis=1)
        for number, part in enumerate(parts)
    ]
    cells = np.concatenate([np.empty((0, 5), np.int64), *every])
    return cells[np.argsort(cells[:, 0], kind="stable")]


def _room_of_history(events: EventSet, profiles: Profiles) -> int:
    return months.most_bytes(len(events), len(profiles.windows(Window.MONTH))) + VERSION_BYTES * len(events.users)


def _history(events: EventSet, profiles: Profiles, out: NDArray[np.uint8], p: int) -> tuple[Values, int]:
    """The packed months of the histories."""
    found = profiles.windows(Window.MONTH)
    ends = np.empty(len(found), np.int64)
    start, p = p, months.pack_months(events.columns, found.offsets, out, p, ends)
    return Values(found.users, found.starts, np.append(start, ends[:-1])[: len(ends)], ends), p


def _versions(events: EventSet, fingerprint: int, out: NDArray[np.uint8], p: int) -> tuple[Values, int]:
    """The versions of the rows: they change with every change of a history, or of what is computed from it."""
    versions = np.empty(len(events.users), np.uint64)
    _digests(events.columns, events.starts, np.uint64(fingerprint), versions)
    size = VERSION_BYTES * len(versions)
    out[p : p + size] = versions.astype(">u8").view(np.uint8)
    starts = p + VERSION_BYTES * np.arange(len(versions))
    users = np.arange(len(versions))
    return Values(users, np.zeros(len(versions), np.int64), starts, starts + VERSION_BYTES), p + size


@jit
def _digests(columns, starts, fingerprint, out):  # type: ignore[no-untyped-def]
    """A 64-bit digest of each user's set of events: the sum of a mixed hash of each (the finalizer of splitmix64)."""
    for user in range(len(starts) - 1):
        total = fingerprint
        for i in range(starts[user], starts[user + 1]):
            h = uint64(0x9E3779B97F4A7C15)
            for c in range(4):
                h = (h ^ uint64(columns[c, i])) * uint64(0xBF58476D1CE4E5B9)
                h = (h ^ (h >> uint64(27))) * uint64(0x94D049BB133111EB)
                h ^= h >> uint64(31)
            total += h
        out[user] = total
