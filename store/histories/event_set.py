"""Sets of listening events as columns: uniting, dropping repeats.

The columns are user, artist, album, track, timestamp (seconds since the epoch): an int64 array of shape [5, rows].
An event's identity is (user, timestamp, track); of events with one identity the one with the smallest (artist, album)
stays.
"""

from dataclasses import dataclass

import numpy as np
from numba import int64, njit
from numpy.typing import NDArray

from store.hashing import entry_of, refill
from store.histories import months
from store.varint import JIT

Columns = NDArray[np.int64]

_FEW = 16


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

    def of(self, user: int) -> months.Events:
        """The events of a user; none if there are none."""
        at = int(np.searchsorted(self.users, user))
        known = at < len(self.users) and self.users[at] == user
        artists, albums, tracks, times = self.columns[:, self.starts[at] : self.starts[at + 1] if known else 0]
        return months.Events(times, tracks, artists, albums)


@njit(**JIT)
def _number_users(users, number):  # type: ignore[no-untyped-def]
    """Numbers users by first appearance into `number`; the distinct users and the count of rows of each."""
    bits = 10
    table = np.full(1 << bits, -1, np.int64)
    distinct = np.empty(1 << (bits - 1), np.int64)
    counts = np.zeros(1 << (bits - 1), np.int64)
    found = 0
    last, last_number = int64(-1), int64(-1)
    for i in range(len(users)):
        user = users[i]
        if user != last:  # events of a user often follow each other
            entry = entry_of(user, table, bits, distinct)
            if table[entry] < 0:
                if found == len(distinct):
                    bits += 1
                    table = np.empty(1 << bits, np.int64)
                    distinct = np.append(distinct, np.empty_like(distinct))
                    counts = np.append(counts, np.zeros_like(counts))
                    refill(table, bits, distinct, found)
                    entry = entry_of(user, table, bits, distinct)
                table[entry] = found
                distinct[found] = user
                found += 1
            last, last_number = user, table[entry]
        number[i] = last_number
        counts[last_number] += 1
    return distinct[:found], counts[:found]


@njit(**JIT)
def _group(columns, number, place, out):  # type: ignore[no-untyped-def]
    """A counting sort: copies row i to place[number[i]]++."""
    for i in range(len(number)):
        p = place[number[i]]
        place[number[i]] = p + 1
        out[0, p] = columns[1, i]
        out[1, p] = columns[2, i]
        out[2, p] = columns[3, i]
        out[3, p] = columns[4, i]


@njit(**JIT)
def _after(columns, i, j):  # type: ignore[no-untyped-def]
    """Whether event i comes after event j, both of one user and second: by track, artist, album."""
    if columns[2, i] != columns[2, j]:
        return columns[2, i] > columns[2, j]
    if columns[0, i] != columns[0, j]:
        return columns[0, i] > columns[0, j]
    return columns[1, i] > columns[1, j]


@njit(**JIT)
def _permute(columns, lo, order):  # type: ignore[no-untyped-def]
    for c in range(4):
        columns[c, lo : lo + len(order)] = columns[c, lo : lo + len(order)][order]


@njit(**JIT)
def _sort_second(columns, lo, hi):  # type: ignore[no-untyped-def]
    """Orders the events `lo:hi` of one second by track, artist, album."""
    if hi - lo > _FEW:
        for c in (1, 0, 2):
            _permute(columns, lo, np.argsort(columns[c, lo:hi], kind="mergesort"))
        return
    for i in range(lo + 1, hi):
        j = i
        while j > lo and _after(columns, j - 1, j):
            for c in range(4):
                columns[c, j - 1], columns[c, j] = columns[c, j], columns[c, j - 1]
            j -= 1


@njit(**JIT)
def _sort_times(columns, lo, hi):  # type: ignore[no-untyped-def]
    """Orders the events `lo:hi` by timestamp; quick where they are in order or, as in LFM-1b, in reverse."""
    times = columns[3]
    ascending = descending = True
    for i in range(lo + 1, hi):
        ascending &= times[i - 1] <= times[i]
        descending &= times[i - 1] >= times[i]
    if ascending:
        return
    if descending:
        for c in range(4):
            columns[c, lo:hi] = columns[c, lo:hi][::-1].copy()
    else:
        _permute(columns, lo, np.argsort(times[lo:hi], kind="mergesort"))


@njit(**JIT)
def _settle(columns, starts):  # type: ignore[no-untyped-def]
    """Sorts the events of each user and drops repeats, in place; adapts `starts`."""
    times, tracks = columns[3], columns[2]
    kept = 0
    lo = starts[0]
    for user in range(len(starts) - 1):
        hi = starts[user + 1]
        _sort_times(columns, lo, hi)
        i = lo
        while i < hi:
            j = i + 1
            while j < hi and times[j] == times[i]:
                j += 1
            if j > i + 1:
                _sort_second(columns, i, j)
            for q in range(i, j):
                if q == i or tracks[q] != tracks[q - 1]:
                    for c in range(4):
                        columns[c, kept] = columns[c, q]
                    kept += 1
            i = j
        lo = hi
        starts[user + 1] = kept


def unite(columns: Columns) -> EventSet:
    """The set of the events in `columns`, which may hold them in any order and repeatedly."""
    number = np.empty(columns.shape[1], np.int64)
    users, counts = _number_users(columns[0], number)
    order = np.argsort(users)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts[order])])
    place = np.empty(len(users), np.int64)
    place[order] = starts[:-1]
    out = np.empty((4, columns.shape[1]), np.int64)
    _group(columns, number, place, out)
    _settle(out, starts)
    return EventSet(users[order], starts, out)


def grouped(columns: Columns) -> EventSet:
    """The set of events which are distinct, and in the order of a set already."""
    users, starts = np.unique(columns[0], return_index=True)
    return EventSet(users, np.append(starts, columns.shape[1]), columns[1:])


def flat(events: EventSet) -> Columns:
    """The columns user, artist, album, track and timestamp of a set of events."""
    users = np.repeat(events.users, np.diff(events.starts))
    return np.concatenate([users[None], events.columns[:, : len(events)]])


@njit(**JIT)
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
