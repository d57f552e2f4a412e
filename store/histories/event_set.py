"""Sets of listening events as columns: uniting, dropping repeats.

The columns are user, artist, album, track, timestamp (seconds since the epoch): an int64 array of shape [5, rows].
An event's identity is (user, timestamp, track); of events with one identity the one with the smallest (artist, album)
stays.
"""

from dataclasses import dataclass

import numpy as np
from numba import int64
from numpy.typing import NDArray

from schemas.events import TIME
from store.compiled import jit
from store.hashing import number_items, room

Columns = NDArray[np.int64]


@dataclass(frozen=True)
class EventSet:
    """Distinct events of some users: sorted by user, timestamp and track.

    Attributes:
        users: int64[users], ascending.
        starts: int64[users + 1]: the events of `users[i]` are the rows `starts[i]:starts[i + 1]`.
        columns: artist, album, track, timestamp of each event: int64[4, rows], with rows >= starts[-1].
    """

    users: NDArray[np.int64]
    starts: NDArray[np.int64]
    columns: Columns

    def __len__(self) -> int:
        return int(self.starts[-1])

    @property
    def times(self) -> NDArray[np.int64]:
        """The timestamps."""
        return self.column(TIME)

    def column(self, field: int) -> NDArray[np.int64]:
        """A field of all events, by its number in `schemas.events`; not that of the user."""
        column: NDArray[np.int64] = self.columns[field - 1]
        return column


@jit
def _group(columns, number, place, out):  # type: ignore[no-untyped-def]
    """A counting sort: copies row i to place[number[i]]++."""
    for i in range(len(number)):
        p = place[number[i]]
        place[number[i]] = p + 1
        out[0, p] = columns[1, i]
        out[1, p] = columns[2, i]
        out[2, p] = columns[3, i]
        out[3, p] = columns[4, i]


@jit
def _before(columns, i, j):  # type: ignore[no-untyped-def]
    """Whether event i comes before event j of the same user, or is equal: by timestamp, track, artist, album."""
    if columns[3, i] != columns[3, j]:
        return columns[3, i] < columns[3, j]
    if columns[2, i] != columns[2, j]:
        return columns[2, i] < columns[2, j]
    if columns[0, i] != columns[0, j]:
        return columns[0, i] < columns[0, j]
    return columns[1, i] <= columns[1, j]


@jit
def _reverse_if_descending(columns, lo, hi):  # type: ignore[no-untyped-def]
    """Reverses events of descending time, as in LFM-1b."""
    for i in range(lo + 1, hi):
        if columns[3, i - 1] < columns[3, i]:
            return
    for c in range(4):
        i, j = lo, hi - 1
        while i < j:
            columns[c, i], columns[c, j] = columns[c, j], columns[c, i]
            i += 1
            j -= 1


@jit
def _merge_runs(columns, a, b, start, middle, end):  # type: ignore[no-untyped-def]
    """Merges the ordered runs a[start:middle] and a[middle:end] into b."""
    i, j = start, middle
    for q in range(start, end):
        if i < middle and (j >= end or _before(columns, a[i], a[j])):
            b[q] = a[i]
            i += 1
        else:
            b[q] = a[j]
            j += 1


@jit
def _sort(columns, lo, hi, a, b):  # type: ignore[no-untyped-def]
    """Orders the events `lo:hi` of a user by a merge sort; quick where they are in order, or in reverse.

    Args:
        a, b: room for as many numbers, each.
    """
    _reverse_if_descending(columns, lo, hi)
    sorted_until = lo + 1
    while sorted_until < hi and _before(columns, sorted_until - 1, sorted_until):
        sorted_until += 1
    if sorted_until >= hi:
        return
    n = hi - lo
    for i in range(n):
        a[i] = lo + i
    width = int64(1)
    while width < n:
        start = int64(0)
        while start < n:
            _merge_runs(columns, a, b, start, min(start + width, n), min(start + 2 * width, n))
            start += 2 * width
        a, b = b, a
        width *= 2
    for c in range(4):
        for i in range(n):
            b[i] = columns[c, a[i]]
        for i in range(n):
            columns[c, lo + i] = b[i]


@jit
def _settle(columns, starts, a, b):  # type: ignore[no-untyped-def]
    """Sorts the events of each user and drops repeats, in place; adapts `starts`."""
    kept = int64(0)
    lo = starts[0]
    for user in range(len(starts) - 1):
        hi = starts[user + 1]
        _sort(columns, lo, hi, a, b)
        for q in range(lo, hi):
            if q == lo or columns[3, q] != columns[3, q - 1] or columns[2, q] != columns[2, q - 1]:
                for c in range(4):
                    columns[c, kept] = columns[c, q]
                kept += 1
        lo = hi
        starts[user + 1] = kept


def unite(columns: Columns) -> EventSet:
    """The set of the events in `columns`, which may hold them in any order and repeatedly."""
    n = columns.shape[1]
    table, number, distinct = room(n)
    users = distinct[: number_items(columns[0], 0, n, number, distinct, table)].copy()
    counts = np.bincount(number, minlength=len(users))
    order = np.argsort(users)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts[order])])
    place = np.empty(len(users), np.int64)
    place[order] = starts[:-1]
    out = np.empty((4, n), np.int64)
    _group(columns, number, place, out)
    most = int(counts.max(initial=0))
    _settle(out, starts, np.empty(most, np.int64), np.empty(most, np.int64))
    return EventSet(users[order], starts, out)


NO_EVENTS = EventSet(np.empty(0, np.int64), np.zeros(1, np.int64), np.empty((4, 0), np.int64))


def grouped(columns: Columns) -> EventSet:
    """The set of events which are distinct, and in the order of a set already."""
    users, starts = np.unique(columns[0], return_index=True)
    return EventSet(users, np.append(starts, columns.shape[1]), columns[1:])


def flat(events: EventSet) -> Columns:
    """The columns user, artist, album, track and timestamp of a set of events."""
    users = np.repeat(events.users, np.diff(events.starts))
    return np.concatenate([users[None], events.columns[:, : len(events)]])


def only(events: EventSet, wanted: NDArray[np.bool_]) -> EventSet:
    """The events of some of the users."""
    if wanted.all():
        return events
    sizes = np.diff(events.starts)
    rows = np.repeat(wanted, sizes)
    starts = np.append(0, np.cumsum(sizes[wanted]))
    return EventSet(events.users[wanted], starts, events.columns[:, : len(rows)][:, rows])


@jit
def _subtract(users, starts, columns, other_users, other_starts, other):  # type: ignore[no-untyped-def]
    """Keeps of each user the events that `other` does not have, in place; adapts `starts`."""
    kept, at, lo = 0, 0, starts[0]
    for user in range(len(users)):
        hi = starts[user + 1]
        while at < len(other_users) and other_users[at] < users[user]:
            at += 1
        known = at < len(other_users) and other_users[at] == users[user]
        j, end = (other_starts[at], other_starts[at + 1]) if known else (0, 0)
        for i in range(lo, hi):
            while j < end and (
                other[3, j] < columns[3, i] or (other[3, j] == columns[3, i] and other[2, j] < columns[2, i])
            ):
                j += 1
            same = j < end
            for c in range(4):
                same = same and other[c, j] == columns[c, i]
            if not same:
                for c in range(4):
                    columns[c, kept] = columns[c, i]
                kept += 1
        lo = hi
        starts[user + 1] = kept


def difference(events: EventSet, other: EventSet) -> EventSet:
    """The events of the users of `events` that are not in `other`, or are there with another artist or album."""
    starts, columns = events.starts.copy(), events.columns.copy()
    _subtract(events.users, starts, columns, other.users, other.starts, other.columns)
    return EventSet(events.users, starts, columns)
