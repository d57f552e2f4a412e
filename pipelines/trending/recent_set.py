"""The set of the recent listens of some users, and what it changes for the plays when more becomes known of it.

A row is a listen, the taking back of one, or the erasure of a user up to a time; it counts once however often it is
given, and order does not matter. Rows are columns: int64[6, rows] of user, artist, album, track, timestamp and kind.
"""

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.trending.levels import EMPTY, KIND, Levels, Rows
from pipelines.trending.plays import Plays, added
from pipelines.trending.triggers import AHEAD, HOUR
from schemas.events import ALBUM, ARTIST, TIME, TRACK, USER
from store.histories.event_set import Columns

LISTEN, TAKEN_BACK, ERASED = range(3)

_EVENT, _IDENTITY, _MARK = (USER, ARTIST, ALBUM, TRACK, TIME), (USER, TRACK, TIME), (USER, TIME)
_TOLD_BY = np.array([USER, TIME, TRACK, KIND])
_ITEMS = (ARTIST, ALBUM, TRACK)
"""The column of each of the KINDS of items."""


def rows_of(columns: Columns, taken: NDArray[np.int64], erased: NDArray[np.int64]) -> Rows:
    """Rows of listens, of identities taken back, and of erasures; in the forms of `store.histories.deletions`."""
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


def settled(rows: Rows) -> NDArray[np.intp]:
    """Which rows make their set, by user, timestamp, track and kind.

    Of rows alike in these the least (artist, album) stays, and of equal ones the first.
    """
    order = np.lexsort((rows[ALBUM], rows[ARTIST], rows[KIND], rows[TRACK], rows[TIME], rows[USER]))
    identity = rows[np.ix_(_TOLD_BY, order)]
    return order[np.any(np.diff(identity, axis=1, prepend=-1), axis=0)]


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
        self._hours: dict[int, Levels] = {}
        self._erased = EMPTY

    def add(self, rows: Rows) -> Iterator[tuple[int, Plays]]:
        """Adds rows; the difference that they make to the plays of each hour, and the hour's first second."""
        erasures = rows[:, rows[KIND] == ERASED]
        erased = np.concatenate([self._erased, erasures], axis=1)
        erased = erased[:, settled(erased)]
        new = dict(hours_of(rows[:, rows[KIND] != ERASED]))
        for hour in sorted(new.keys() | (self._hours.keys() if erasures.shape[1] else ())):
            yield from self._settle(hour, new.get(hour, EMPTY), np.unique(erasures[USER]), erased)
        self._erased = erased

    def _settle(self, hour: int, new: Rows, users: NDArray[np.int64], erased: Rows) -> Iterator[tuple[int, Plays]]:
        levels = self._hours.setdefault(hour, Levels(hour))
        held = levels.of(users, new) if len(users) else levels.alike(new)
        every = np.concatenate([held, new], axis=1)
        kept = settled(every)
        levels.add(every[:, kept[kept >= held.shape[1]]])
        counted, uncounted = counting(every[:, kept], erased), counting(held[:, settled(held)], self._erased)
        difference = added([_plays(counted, 1), _plays(uncounted, -1)])
        if difference.shape[1]:
            yield hour, difference

    def forget(self, until: int) -> None:
        """Forgets the hours which end by a time, and the erasures of listens before it."""
        self._hours = {hour: levels for hour, levels in self._hours.items() if hour + HOUR > until}
        self._erased = self._erased[:, self._erased[TIME] >= until]

    def oldest(self) -> int | None:
        """The first second of the earliest hour that is not forgotten."""
        return min(self._hours, default=None)

    def rows(self) -> Rows:
        """All rows."""
        return np.concatenate([*(levels.rows() for levels in self._hours.values()), self._erased], axis=1)


def _plays(rows: Rows, weight: int) -> Plays:
    """`weight` plays for each item of each row."""
    n = rows.shape[1]
    kinds = np.repeat(np.arange(len(_ITEMS)), n)
    return np.stack([kinds, rows[_ITEMS, :].ravel(), np.full(len(kinds), weight)])
