"""A generated data set as text: its events in either order and its names, a part at a time, made by several threads."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from data.format import KINDS
from data.listeners import ALBUM, ARTIST, BATCH, TIME, TRACK, USER, Columns, Users, cut_off, listens
from data.made_up_names import CHUNK, named
from data.music import Catalogue
from data.text import Lines, interleave, to_lines
from data.untidy import bad_lines

_T = TypeVar("_T")
_J = TypeVar("_J")


class DataSet:
    """A data set, determined by its number of events and its seed."""

    def __init__(self, events: int, seed: int) -> None:
        self.events, self.seed = events, seed
        self.users = Users.for_events(events, seed)
        self.catalogue = Catalogue.for_events(events)

    def by_user(self) -> Iterator[Lines]:
        """The events grouped by user, newest first; the older events of a few users at the end."""
        pieces = []
        for lines, piece in _each(self._kept_and_cut_off, self.users.batches()):
            pieces.append(piece)
            yield lines
        yield from _each(self._lines, pieces)

    def by_time(self) -> Iterator[Lines]:
        """The events of all users by time; holds them in memory, at most 48 bytes for each."""
        columns = np.empty((5, self.events), np.int32)
        for first, last, batch in _each(self._listens, self.users.batches()):
            columns[:, self.users.starts[first] : self.users.starts[last]] = batch
        order = _order_of(columns[TIME])
        parts = (order[start : start + BATCH] for start in range(0, self.events, BATCH))
        yield from _each(lambda part: self._lines(columns[:, part]), parts)

    def names(self, kind: str) -> Iterator[Lines]:
        """The names of the `kind` artists, albums or tracks, by id."""
        chunks = range(-(-self.catalogue.size(kind) // CHUNK))
        return _each(lambda chunk: to_lines(named(self.catalogue, kind, self.seed, chunk)), chunks)

    def _listens(self, users: tuple[int, int]) -> tuple[int, int, Columns]:
        return *users, listens(self.users, self.catalogue, self.seed, *users)

    def _kept_and_cut_off(self, users: tuple[int, int]) -> tuple[Lines, Columns]:
        columns = listens(self.users, self.catalogue, self.seed, *users)
        off = cut_off(self.users, columns)
        return self._lines(columns[:, ~off]), columns[:, off]

    def _lines(self, columns: Columns) -> Lines:
        items = [self.catalogue.ids(kind, columns[i]) for kind, i in zip(KINDS, (ARTIST, ALBUM, TRACK), strict=True)]
        return to_lines([self.users.ids[columns[USER]], *items, columns[TIME]])


def with_bad_lines(parts: Iterable[Lines], places: NDArray[np.int64], seed: int) -> Iterator[memoryview | bytes]:
    """The text of the parts with malformed lines before the events whose numbers are `places`, ascending."""
    bad, row, used = bad_lines(seed), 0, 0
    for lines in parts:
        end = row + len(lines.starts) - 1
        upto = int(np.searchsorted(places, end))
        yield from interleave(lines, places[used:upto] - row, bad)
        row, used = end, upto
    yield from islice(bad, len(places) - used)


def _each(task: Callable[[_J], _T], jobs: Iterable[_J]) -> Iterator[_T]:
    """The tasks' results in order; as results are large, only a few tasks run ahead."""
    threads = min(8, os.cpu_count() or 1)
    running: deque[Future[_T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for job in jobs:
            running.append(pool.submit(task, job))
            if len(running) > threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def _order_of(times: NDArray[np.int32]) -> NDArray[np.int64]:
    """The stable order by time: a radix sort with two digits of 16 bits, much faster than comparing."""
    order = np.argsort((times & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((times >> 16).astype(np.uint16)[order], kind="stable")]
