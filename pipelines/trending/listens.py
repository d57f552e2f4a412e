"""The set of the recent listens of some users, and what it changes for the plays when more becomes known of it.

A row is a listen, the taking back of one, or the erasure of a user up to a time; it counts once however often it is
given, and order does not matter. Rows are columns: int64[6, rows] of user, artist, album, track, timestamp and kind.
"""

import time
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.trending.plays import Plays, added
from pipelines.trending.windows import AHEAD, HOUR
from store.profiles.events import Columns

Rows = NDArray[np.int64]

USER, ARTIST, ALBUM, TRACK, TIME, KIND = range(6)
LISTEN, TAKEN_BACK, ERASED = range(3)

_EVENT, _IDENTITY, _MARK = (USER, ARTIST, ALBUM, TRACK, TIME), (USER, TRACK, TIME), (USER, TIME)
_ITEMS = (ARTIST, ALBUM, TRACK)
"""The column of each of the KINDS of items."""

EMPTY: Rows = np.empty((6, 0), np.int64)


def rows_of(columns: Columns, taken: NDArray[np.int64], erased: NDArray[np.int64]) -> Rows:
    """Rows of listens, of identities taken back, and of erasures; the forms are those of `store.profiles.deletions`."""
    parts = []
    for kind, fields, given in ((LISTEN, _EVENT, columns), (TAKEN_BACK, _IDENTITY, taken), (ERASED, _MARK, erased)):
        rows = np.zeros((len(EMPTY), given.shape[1]), np.int64)
        rows[fields, :] = given
        rows[KIND] = kind
        parts.append(rows)
    return np.concatenate(parts, axis=1)


def within(rows: Rows, since: int) -> Rows:
    """The rows from `since` on, without those that are so far ahead that their clock must be wrong."""
    return rows[:, (rows[TIME] >= since) & (rows[TIME] < time.time() + AHEAD)]


def hours_of(rows: Rows) -> Iterator[tuple[int, Rows]]:
    """The rows of each hour, with its first second."""
    order = np.argsort(rows[TIME], kind="stable")
    hours = rows[TIME, order] // HOUR
    starts = np.flatnonzero(np.diff(hours, prepend=-1))
    for hour, part in zip(hours[starts].tolist(), np.split(order, starts[1:]), strict=False):
        yield hour * HOUR, rows[:, part]


def settled(parts: Iterable[Rows]) -> Rows:
    """The set of rows, by user, timestamp, track and kind; of rows alike in that the least (artist, album) stays."""
    rows = np.concatenate([EMPTY, *parts], axis=1)
    rows = rows[:, np.lexsort((rows[ALBUM], rows[ARTIST], rows[KIND], rows[TRACK], rows[TIME], rows[USER]))]
    identity = rows[[USER, TIME, TRACK, KIND]]
    return rows[:, np.any(np.diff(identity, axis=1, prepend=-1), axis=0)]


def counting(rows: Rows, erased: Rows) -> Rows:
    """The listens of a set which are neither taken back nor erased.

    Args:
        erased: the set of erasures.
    """
    following = np.roll(rows, -1, axis=1)
    same = np.all(rows[[USER, TIME, TRACK]] == following[[USER, TIME, TRACK]], axis=0)
    taken_back = same & (following[KIND] == TAKEN_BACK)
    return rows[:, (rows[KIND] == LISTEN) & ~taken_back & (rows[TIME] > _marks(rows[USER], erased))]


def _marks(users: NDArray[np.int64], erased: Rows) -> NDArray[np.int64]:
    """Up to when each of `users` is erased; -1 for never."""
    last = np.searchsorted(erased[USER], users, side="right") - 1
    if not erased.shape[1]:
        return np.full(len(users), -1, np.int64)
    return np.where((last >= 0) & (erased[USER, last] == users), erased[TIME, last], -1)


class Listens:
    """The recent rows of a shard of users, by hour."""

    def __init__(self) -> None:
        self._hours: dict[int, Rows] = {}
        self._erased = EMPTY

    def add(self, rows: Rows) -> Iterator[tuple[int, Plays]]:
        """Adds rows; the difference that they make to the plays of each hour, and the hour's first second."""
        erasures = rows[:, rows[KIND] == ERASED]
        erased = settled([self._erased, erasures])
        new = dict(hours_of(rows[:, rows[KIND] != ERASED]))
        for hour in sorted(new.keys() | (self._hours.keys() if erasures.shape[1] else ())):
            yield from self._settle(hour, new.get(hour, EMPTY), np.unique(erasures[USER]), erased)
        self._erased = erased

    def _settle(self, hour: int, new: Rows, users: NDArray[np.int64], erased: Rows) -> Iterator[tuple[int, Plays]]:
        held = self._hours.get(hour, EMPTY)
        touched = _rows_of(held, np.union1d(new[USER], users))
        before, after = held[:, touched], settled([held[:, touched], new])
        self._hours[hour] = _by_user([held[:, ~touched], after])
        counted, uncounted = counting(after, erased), counting(before, self._erased)
        difference = added([_plays(counted, 1), _plays(uncounted, -1)])
        if difference.shape[1]:
            yield hour, difference

    def forget(self, until: int) -> None:
        """Forgets the hours which end by a time, and the erasures of listens before it."""
        self._hours = {hour: rows for hour, rows in self._hours.items() if hour + HOUR > until}
        self._erased = self._erased[:, self._erased[TIME] >= until]

    def oldest(self) -> int | None:
        """The first second of the earliest hour that is not forgotten."""
        return min(self._hours, default=None)

    def rows(self) -> Rows:
        """All rows."""
        return np.concatenate([EMPTY, *self._hours.values(), self._erased], axis=1)


def packed(rows: Rows) -> bytes:
    """Rows as bytes."""
    return rows.tobytes()


def unpacked(data: bytes) -> Rows:
    """The rows in bytes."""
    return np.frombuffer(data, np.int64).reshape(len(EMPTY), -1)


def _rows_of(rows: Rows, users: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows, sorted by user, are of some users."""
    marks = np.zeros(rows.shape[1] + 1, np.int64)
    np.add.at(marks, np.searchsorted(rows[USER], users, side="left"), 1)
    np.add.at(marks, np.searchsorted(rows[USER], users, side="right"), -1)
    return np.cumsum(marks[:-1]) > 0


def _by_user(parts: list[Rows]) -> Rows:
    """Rows which are of different users, in the order of `settled`."""
    rows = np.concatenate(parts, axis=1)
    return rows[:, np.argsort(rows[USER], kind="stable")]


def _plays(rows: Rows, weight: int) -> Plays:
    """`weight` plays for each item of each row."""
    n = rows.shape[1]
    kinds = np.repeat(np.arange(len(_ITEMS)), n)
    return np.stack([kinds, rows[_ITEMS, :].ravel(), np.full(len(kinds), weight)])
