"""Rows of listens of one hour, of which any are found, and to which more are added, at little cost for each.

They lie in levels, sorted by a hash of what a listen is told by, each at least twice as long as the next: to add rows
is to merge the last levels, so each row moves only a few times. Columns take the smallest type that holds them.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.events import NAMES, TIME, TRACK, USER

Rows = NDArray[np.int64]

KIND = len(NAMES)
"""The column after those of an event."""

EMPTY: Rows = np.empty((6, 0), np.int64)

_FACTORS = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)
_TYPES = (np.int8, np.int16, np.int32)


class _Level(NamedTuple):
    """Rows in order of their keys, as columns of their own types; the time is that since the begin of the hour."""

    keys: NDArray[np.uint32]
    columns: tuple[NDArray[Any], ...]


class Levels:
    """The rows of the hour which begins at `start`, in seconds."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._levels: list[_Level] = []

    def add(self, rows: Rows) -> None:
        """Adds rows, which should not be in here yet."""
        if not rows.shape[1]:
            return
        columns = [*rows]
        columns[TIME] = rows[TIME] - self._start
        self._levels.append(_sorted(_keys(rows), [_narrow(column) for column in columns]))
        while len(self._levels) > 1 and len(self._levels[-2].keys) < 2 * len(self._levels[-1].keys):
            self._levels.append(_merged(*(self._levels.pop() for _ in range(2))))

    def alike(self, rows: Rows) -> Rows:
        """All that are of the same user, time and track as any of `rows`; and maybe others of theirs as well."""
        wanted = np.unique(_keys(rows))
        return self._taken([_found(level.keys, wanted) for level in self._levels])

    def of(self, users: NDArray[np.int64], rows: Rows) -> Rows:
        """All rows of some users, and all that are alike any of `rows`."""
        wanted = _keys(rows)
        return self._taken(
            [
                np.flatnonzero(np.isin(level.columns[USER], users) | np.isin(level.keys, wanted))
                for level in self._levels
            ]
        )

    def rows(self) -> Rows:
        """All rows."""
        return self._taken([slice(None)] * len(self._levels))

    def _taken(self, which: list[Any]) -> Rows:
        parts = [
            np.stack([column[rows].astype(np.int64) for column in level.columns])
            for level, rows in zip(self._levels, which, strict=True)
        ]
        found = np.concatenate([EMPTY, *parts], axis=1)
        found[TIME] += self._start
        return found


def _keys(rows: Rows) -> NDArray[np.uint32]:
    """A hash of user, time and track. Those of different listens may be the same."""
    mixed = (rows[[USER, TIME, TRACK]].astype(np.uint64) * _FACTORS[:, None]).sum(axis=0, dtype=np.uint64)
    mixed ^= mixed >> np.uint64(29)
    keys: NDArray[np.uint32] = (mixed * _FACTORS[0] >> np.uint64(32)).astype(np.uint32)
    return keys


def _narrow(column: NDArray[np.int64]) -> NDArray[Any]:
    low, high = column.min(), column.max()
    return column.astype(next((t for t in _TYPES if np.iinfo(t).min <= low and high <= np.iinfo(t).max), np.int64))


def _sorted(keys: NDArray[np.uint32], columns: list[NDArray[Any]]) -> _Level:
    order = np.argsort(keys, kind="stable")
    return _Level(keys[order], tuple(column[order] for column in columns))


def _merged(a: _Level, b: _Level) -> _Level:
    columns = [np.concatenate(pair) for pair in zip(a.columns, b.columns, strict=True)]
    return _sorted(np.concatenate([a.keys, b.keys]), columns)


def _found(keys: NDArray[np.uint32], wanted: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Where the sorted `keys` are among the `wanted`."""
    first = np.searchsorted(keys, wanted, side="left")
    counts = np.searchsorted(keys, wanted, side="right") - first
    before = np.cumsum(counts) - counts
    return np.repeat(first - before, counts) + np.arange(counts.sum())
