"""Rows of the table `users` from sets of events: everything the store says about a user is computed here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

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
from store.profiles import tallies
from store.profiles.definitions import Definition, Definitions
from store.profiles.metric_values import Profiles, Values

VERSION_BYTES = 8


class Column(NamedTuple):
    """A column of the table, or a family whose qualifiers are the first seconds of buckets of time."""

    family: str
    qualifier: bytes | None


Part: TypeAlias = tuple[Column, Values]
"""The values of a column."""


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
        keys = layout.row_keys(self.events.users)
        data, buckets = self.buffer.tobytes(), layout.row_keys(cells[:, 2])
        first = np.flatnonzero(np.diff(cells[:, 0], prepend=-1)).tolist()
        owners = cells[first, 0].tolist()
        numbers, starts, ends = cells[:, 1].tolist(), cells[:, 3].tolist(), cells[:, 4].tolist()
        for user, lo, hi in zip(owners, first, [*first[1:], len(cells)], strict=False):
            row = [
                Cell(family, qualifier or buckets[i], data[starts[i] : ends[i]])
                for i, (family, qualifier) in enumerate(map(self.columns.__getitem__, numbers[lo:hi]), lo)
            ]
            yield keys[user], row


def rows_of(events: EventSet, definitions: Definitions, *, whole: bool = True) -> Rows:
    """The rows of the users of `events`.

    Args:
        events: all events of these users.
        definitions: the metrics to compute.
        whole: with histories and windows; else only the metrics of all time.
    """
    wanted = [d for d in definitions.written if whole or not d.metric.windowed]
    profiles = Profiles(events, wanted, tallies.FIELDS if whole else ())
    room = profiles.most_bytes() + (_room_of_history(events, profiles) + _room_of_tallies(profiles) if whole else 0)
    out = np.empty(room, np.uint8)  # memory which is not written to costs nothing
    values, p = profiles.encode(out, 0)
    found = [*zip(map(column_of, wanted), values, strict=True)]
    if whole:
        history, p = _history(events, profiles, out, p)
        version, p = encode_versions(digests(events, definitions.fingerprint), out, p)
        kept, p = _tallies(events, profiles, out, p)
        found += [(_HISTORY, history), (VERSION, version), *((TALLIES, cells) for cells in kept)]
    return rows_from(events, definitions, found, out[:p])


def months_of(events: EventSet, definitions: Iterable[Definition]) -> tuple[list[Part], NDArray[np.uint8]]:
    """The cells that follow from months alone: of the histories, and of metrics.

    Args:
        events: all events of some months of their users.
        definitions: of metrics by day or month.
    """
    wanted = [*definitions]
    profiles = Profiles(events, wanted)
    out = np.empty(profiles.most_bytes() + _room_of_history(events, profiles), np.uint8)
    values, p = profiles.encode(out, 0)
    history, p = _history(events, profiles, out, p)
    return [*zip(map(column_of, wanted), values, strict=True), (_HISTORY, history)], out[:p]


def rows_from(events: EventSet, definitions: Definitions, parts: Iterable[Part], buffer: NDArray[np.uint8]) -> Rows:
    """Rows of the users of `events` from the values of columns, which lie in a buffer."""
    found = sorted(parts, key=lambda part: _place(part[0]))
    return Rows(events, definitions, [column for column, _ in found], _cells([part for _, part in found]), buffer)


def cells_of(events: EventSet, definition: Definition) -> Row:
    """The cells of one metric of one user."""
    profiles = Profiles(events, [definition])
    out = np.empty(profiles.most_bytes(), np.uint8)
    (values,), size = profiles.encode(out, 0)
    data, (family, qualifier) = out[:size].tobytes(), column_of(definition)
    cells = zip(*(column.tolist() for column in values[1:]), strict=True)
    return [Cell(family, qualifier or layout.bucket(bucket), data[start:end]) for bucket, start, end in cells]


_HISTORY, VERSION, TALLIES = Column("history", None), Column(*layout.VERSION), Column(layout.TALLIES, None)
_FAMILIES = layout.TABLES[layout.USERS]


@cache
def column_of(definition: Definition) -> Column:
    """Where the values of a metric are."""
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
    """The packed histories."""
    found = profiles.windows(Window.MONTH)
    parts = months.parts_of(events.times, found.offsets, found.starts)
    ends = np.empty(len(parts.starts), np.int64)
    start, p = p, months.pack_parts(events.columns, parts.offsets, out, p, ends)
    return Values(found.users[parts.months], parts.starts, np.append(start, ends)[: len(ends)], ends), p


def _room_of_tallies(profiles: Profiles) -> int:
    rows = sum(len(profiles.tally(field, Window.YEAR).ids) for field in tallies.FIELDS)
    return tallies.most_bytes(rows + len(profiles.windows(Window.ALL)))


def _tallies(events: EventSet, profiles: Profiles, out: NDArray[np.uint8], p: int) -> tuple[list[Values], int]:
    """The tallies of users with many events, the head first."""
    counts = np.diff(events.starts)
    distinct = np.stack([np.diff(profiles.tally(field, Window.ALL).offsets) for field in tallies.FIELDS])
    first = np.searchsorted(profiles.windows(Window.YEAR).users, np.arange(len(counts) + 1))
    heads, p = tallies.encode_heads(counts, distinct, out, p)
    found = [heads]
    for field, items in zip(tallies.FIELDS, distinct, strict=True):
        cells, p = tallies.encode(field, counts, profiles.tally(field, Window.YEAR), first, items, out, p)
        found.append(cells)
    return found, p


def digests(events: EventSet, start: int = 0) -> NDArray[np.uint64]:
    """What each user's events, and a number, add up to: rows that have other events have another version."""
    found = np.empty(len(events.users), np.uint64)
    _digests(events.columns, events.starts, np.uint64(start), found)
    return found


def encode_versions(versions: NDArray[np.uint64], out: NDArray[np.uint8], p: int) -> tuple[Values, int]:
    """Encodes the version of each user's row into `out[p:]`."""
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
