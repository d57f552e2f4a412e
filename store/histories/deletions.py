"""What users took back or erased: sets as well, so that the order in which events and deletions arrive does not matter.

A listen that was taken back never counts, whether its event comes before or after. An erasure at a time T removes all
listens up to T, for ever; later ones count. A history is what was added, less what was taken back, after the mark:

    merge(a, b) = (added_a | added_b) - (taken_a | taken_b), all of it after max(erased_a, erased_b)

Unions and maxima are associative, commutative and idempotent, hence so is this. What lies before the mark need not be
kept: of a user who was erased only the mark stays.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.events import TIME, TRACK, USER
from store import layout, varint
from store.compiled import jit
from store.histories.event_set import Columns
from store.interface import Cell, Row

FAMILY = "deletions"
ERASED, TAKEN_BACK = b"erased", b"takenback"
"""Columns: the erasure mark in seconds, 8 bytes big-endian; the identities taken back, packed."""


@dataclass(frozen=True)
class Deletions:
    """Deletions of some users, in any order, perhaps repeated.

    Attributes:
        taken: users, tracks and timestamps of the listens taken back: int64[3, n].
        erased: users, and times of their erasures in seconds since the epoch: int64[2, m].
    """

    taken: NDArray[np.int64]
    erased: NDArray[np.int64]

    @cached_property
    def users(self) -> NDArray[np.int64]:
        """The users concerned, ascending."""
        return np.unique(np.concatenate([self.taken[0], self.erased[0]]))

    def __bool__(self) -> bool:
        return bool(self.taken.shape[1] or self.erased.shape[1])


NONE = Deletions(np.empty((3, 0), np.int64), np.empty((2, 0), np.int64))


def taken_back(columns: Columns) -> NDArray[np.int64]:
    """The identities of events, as `Deletions.taken` has them."""
    return columns[[USER, TRACK, TIME]]


def marks(columns: Columns) -> NDArray[np.int64]:
    """The users and times of events, as `Deletions.erased` has them."""
    return columns[[USER, TIME]]


def joined(parts: Iterable[Deletions]) -> Deletions:
    """All deletions of several parts."""
    found = [NONE, *parts]
    return Deletions(
        np.concatenate([part.taken for part in found], axis=1), np.concatenate([part.erased for part in found], axis=1)
    )


def settled(deletions: Deletions) -> Deletions:
    """Each erased user's latest mark, and each identity after it once; ordered by user, timestamp and track."""
    order = np.lexsort(deletions.erased[::-1])
    users, times = deletions.erased[:, order]
    last = np.append(users[1:] != users[:-1], True)[: len(users)]
    erased = np.stack([users[last], times[last]])
    taken = deletions.taken[:, _after(erased, deletions.taken[0], deletions.taken[2])]
    unique = np.unique(taken[[0, 2, 1]], axis=1)[[0, 2, 1]] if taken.shape[1] else taken
    return Deletions(unique, erased)


def standing(columns: Columns, deletions: Deletions) -> Columns:
    """The events that stand after `deletions`, which are settled."""
    columns = columns[:, _after(deletions.erased, columns[USER], columns[TIME])]
    concerned = np.flatnonzero(np.isin(columns[USER], deletions.taken[0]))
    if not len(concerned):
        return columns
    gone = np.isin(_identities(taken_back(columns[:, concerned])), _identities(deletions.taken))
    return np.delete(columns, concerned[gone], axis=1)


def _after(erased: NDArray[np.int64], users: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which times lie after the marks of their users."""
    if not erased.shape[1]:
        return np.ones(len(users), np.bool_)
    at = np.minimum(np.searchsorted(erased[0], users), erased.shape[1] - 1)
    after: NDArray[np.bool_] = (erased[0][at] != users) | (times > erased[1][at])
    return after


def _identities(taken: NDArray[np.int64]) -> NDArray[np.void]:
    """Identities as values that can be compared."""
    return np.ascontiguousarray(taken.T).view([("user", "i8"), ("track", "i8"), ("time", "i8")]).ravel()


@jit
def _pack(tracks, times, out):  # type: ignore[no-untyped-def]
    p = varint.put(out, 0, len(times))
    before = np.int64(0)
    for i in range(len(times)):
        p = varint.put(out, p, times[i] - before)
        before = times[i]
    for i in range(len(tracks)):
        p = varint.put(out, p, tracks[i])
    return p


@jit
def _unpack(data):  # type: ignore[no-untyped-def]
    n, p = varint.get(data, 0)
    found = np.empty((2, np.int64(n)), np.int64)
    before = np.int64(0)
    for i in range(found.shape[1]):
        difference, p = varint.get(data, p)
        before += np.int64(difference)
        found[1, i] = before
    for i in range(found.shape[1]):
        value, p = varint.get(data, p)
        found[0, i] = np.int64(value)
    return found


def cells_of(deletions: Deletions) -> dict[bytes, list[Cell]]:
    """The cells of each user's deletions, which are settled, by row key."""
    found: dict[bytes, list[Cell]] = {layout.row_key(user): [] for user in deletions.users.tolist()}
    for user, time in deletions.erased.T.tolist():
        found[layout.row_key(user)].append(Cell(FAMILY, ERASED, layout.bucket(time)))
    users, starts = np.unique(deletions.taken[0], return_index=True)
    for user, (_, tracks, times) in zip(users.tolist(), np.split(deletions.taken, starts[1:], axis=1), strict=False):
        out = np.empty(varint.LONGEST * (1 + 2 * len(tracks)), np.uint8)
        size = _pack(np.ascontiguousarray(tracks), np.ascontiguousarray(times), out)
        found[layout.row_key(user)].append(Cell(FAMILY, TAKEN_BACK, out[:size].tobytes()))
    return found


def stored(existing: Mapping[bytes, Row]) -> Deletions:
    """The deletions in rows of users."""
    return joined(
        _stored(int.from_bytes(key, "big"), cell)
        for key, row in existing.items()
        for cell in row
        if cell.family == FAMILY
    )


def _stored(user: int, cell: Cell) -> Deletions:
    if cell.qualifier == ERASED:
        return Deletions(NONE.taken, np.array([[user], [int.from_bytes(cell.value, "big")]], np.int64))
    tracks, times = _unpack(np.frombuffer(cell.value, np.uint8))
    return Deletions(np.stack([np.full(len(tracks), user, np.int64), tracks, times]), NONE.erased)


def with_deletions(row: Row, cells: list[Cell]) -> list[Cell]:
    """A row together with the cells of its deletions, on which its version depends too; the row may be empty."""
    family, qualifier = layout.VERSION
    version = next((int.from_bytes(cell.value, "big") for cell in row if cell[:2] == layout.VERSION), 0)
    for cell in cells:
        version += int.from_bytes(hashlib.sha256(cell.qualifier + cell.value).digest()[:8], "big")
    versioned = Cell(family, qualifier, (version % 2**64).to_bytes(8, "big"))
    if not row:
        return [versioned, *cells]
    return [versioned if cell[:2] == layout.VERSION else cell for cell in row] + cells
