"""Writing one graph into files: rows of users come in order, first as they are, then with the items' final numbers."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from serving.recommender.graph import MOST_PLAYS, GraphError, Plays, add_popularity, fill_users, run_up
from serving.recommender.graph_files import parts
from store.compiled import jit
from store.hashing import entry_of, refill

EDGES_AT_ONCE = 1 << 20

_COLUMNS = {"numbers": np.uint32, "plays": np.uint32, "days": np.uint16}


class GraphWriter:
    """Writes the graph of one field; `append` the rows, then `finish`."""

    def __init__(self, folder: Path, field: str) -> None:
        self._field = field
        self._paths = parts(folder, field)
        self._columns = {name: folder / f"{field}-{name}.tmp" for name in _COLUMNS}
        self._files = {name: path.open("wb", buffering=0) for name, path in self._columns.items()}
        self._sizes: list[NDArray[np.int64]] = []
        self._bits = 10
        self._table = np.full(1 << self._bits, -1, np.int32)
        self._ids = np.empty(1 << (self._bits - 1), np.int64)
        self._degrees = np.zeros(1 << (self._bits - 1), np.int64)
        self._found = 0

    def append(self, played: Plays) -> None:
        """Adds the rows of the next users."""
        columns: tuple[NDArray[Any], ...] = (self._number(played.items), played.plays, played.days)
        for name, values in zip(_COLUMNS, columns, strict=True):
            values.tofile(self._files[name])
        self._sizes.append(np.diff(played.starts))

    def _number(self, ids: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The numbers of items by first appearance."""
        numbers = np.empty(len(ids), np.uint32)
        done = 0
        while True:
            done, self._found = _number_items(
                ids, done, numbers, self._table, self._bits, self._ids, self._degrees, self._found
            )
            if done == len(ids):
                return numbers
            self._bits += 1
            self._table = np.empty(1 << self._bits, np.int32)
            self._ids = np.concatenate([self._ids, np.empty_like(self._ids)])
            self._degrees = np.concatenate([self._degrees, np.zeros_like(self._degrees)])
            refill(self._table, self._bits, self._ids, self._found)

    def finish(self, users: NDArray[np.int64], day: int) -> None:
        """Writes the graph: the same bytes for the same rows and day.

        Raises:
            GraphError: a user or an item has too many plays.
        """
        self.close()
        ids = self._ids[: self._found]
        order = np.argsort(ids)
        rank = np.empty(len(ids), np.uint32)
        rank[order] = np.arange(len(ids), dtype=np.uint32)
        user_starts = _starts(np.concatenate([np.empty(0, np.int64), *self._sizes]))
        item_starts = _starts(self._degrees[order])
        np.save(self._paths["item_ids"], ids[order])
        np.save(self._paths["user_starts"], user_starts)
        np.save(self._paths["item_starts"], item_starts)
        self._fill(rank, user_starts, item_starts, users, ids[order], day)
        for path in self._columns.values():
            path.unlink()

    def close(self) -> None:
        """Closes the files that the rows went to."""
        for file in self._files.values():
            file.close()

    def _fill(
        self,
        rank: NDArray[np.uint32],
        user_starts: NDArray[np.int64],
        item_starts: NDArray[np.int64],
        users: NDArray[np.int64],
        items: NDArray[np.int64],
        day: int,
    ) -> None:
        user_edges = self._new("user_edges", (int(user_starts[-1]), 3), np.uint32)
        item_edges = self._new("item_edges", (int(user_starts[-1]), 3), np.uint32)
        days = self._new("days", (int(user_starts[-1]),), np.uint16)
        place, popularity = item_starts[:-1].copy(), np.zeros(len(items))
        for first, last in _chunks(user_starts):
            part = slice(user_starts[first], user_starts[last])
            numbers, plays, days[part] = (self._column(name, part) for name in _COLUMNS)
            numbers = rank[numbers]
            add_popularity(numbers, days[part], day, popularity)
            starts = user_starts[first : last + 1]
            fill_users(numbers, plays, starts, first, user_edges, item_edges, place)
            self._refuse("user", users[first:last], run_up(starts, user_edges))
        self._refuse("item", items, run_up(item_starts, item_edges))
        np.save(self._paths["popularity"], popularity)
        for array in (user_edges, item_edges, days):
            array.flush()

    def _new(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        path = self._paths[name]
        array = open_memmap(path, "w+", dtype, shape)
        with path.open("r+b") as file:  # a full disk is an error here, but a signal that kills when a page is written
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        return array

    def _column(self, name: str, part: slice) -> NDArray[Any]:
        dtype = np.dtype(_COLUMNS[name])
        return np.fromfile(self._columns[name], dtype, part.stop - part.start, offset=part.start * dtype.itemsize)

    def _refuse(self, end: str, ids: NDArray[np.int64], row: int) -> None:
        if row >= 0:
            raise GraphError(f"{end} {ids[row]} has more than {MOST_PLAYS:,} plays of {self._field}s")


@jit
def _number_items(ids, done, numbers, table, bits, distinct, degrees, found):  # type: ignore[no-untyped-def]
    """Numbers `ids[done:]` until the table is half full; how many are done, and how many are distinct."""
    for e in range(done, len(ids)):
        entry = entry_of(ids[e], table, bits, distinct)
        if table[entry] < 0:
            if found == len(distinct):
                return e, found
            table[entry] = found
            distinct[found] = ids[e]
            found += 1
        numbers[e] = table[entry]
        degrees[table[entry]] += 1
    return len(ids), found


def _starts(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


def _chunks(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Ranges of rows with about `EDGES_AT_ONCE` edges, each of one row at least."""
    first, rows = 0, len(starts) - 1
    while first < rows:
        last = max(first + 1, int(starts.searchsorted(starts[first] + EDGES_AT_ONCE, side="right")) - 1)
        yield first, min(last, rows)
        first = last
