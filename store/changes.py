"""The change feed: which users' rows changed lately, and by which events, for readers in any process.

It is there to tell of changes soon. An entry is written after its row: a writer that is killed in between leaves none,
and one that was cut off may leave two. Whoever must not miss a change also compares the versions of rows.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from store import layout
from store.histories import months
from store.histories.event_set import EventSet
from store.histories.months import Events
from store.interface import Cell, Row, Store

KEPT_SECONDS = 3600
"""How long entries are kept."""

MOST_EVENTS = 256
"""Added events that an entry holds; where there are more, the row has to be read."""

OVERLAP_SECONDS = 5
"""How much later than its time an entry may appear: as long takes a commit, and as far apart are clocks."""

_CELLS = 10_000
"""Entries written at once."""


_LOOKS = (2, 60, KEPT_SECONDS)
"""How many seconds back the newest entry is looked for: where much changes, a short look finds it."""


class UserChange(NamedTuple):
    """A change of a user's row.

    Attributes:
        version: the row's version after it.
        packed: the events that are new in the history, as `packed` makes it of them; nothing if that is not known.
    """

    user: int
    version: bytes
    packed: bytes

    @property
    def added(self) -> Events | None:
        """The events that are new in the history; None if they are too many, or not all that changed."""
        return months.unpack([self.packed]) if self.packed else None


def packed(added: EventSet) -> list[bytes]:
    """The packed events of each user, as entries hold them; nothing where they are too many."""
    sizes = np.diff(added.starts)
    out, ends = np.empty(months.most_bytes(len(added), len(sizes)), np.uint8), np.empty(len(sizes), np.int64)
    data = out[: months.pack_parts(added.columns, added.starts, out, 0, ends)].tobytes()
    found = zip([0, *ends.tolist()], ends.tolist(), sizes.tolist(), strict=False)
    return [data[lo:hi] if size <= MOST_EVENTS else b"" for lo, hi, size in found]


def _now() -> int:
    return int(time.time())


def write(store: Store, entries: Iterable[UserChange]) -> None:
    """Writes entries at the present time, and deletes those that are older than KEPT_SECONDS."""
    cells = [_cell(entry) for entry in entries]
    if cells:
        store.write(layout.CHANGES, _rows(cells))
        _prune(store)


def _rows(cells: Sequence[Cell]) -> Iterator[tuple[bytes, Row]]:
    # A home of the store asks for a row when it is about to write it, so the time is as late as it can be.
    for start in range(0, len(cells), _CELLS):
        yield layout.row_key(_now()), cells[start : start + _CELLS]


def _cell(entry: UserChange) -> Cell:
    return Cell("user", layout.row_key(entry.user) + entry.version, entry.packed)


def _prune(store: Store) -> None:
    old = layout.row_key(_now() - KEPT_SECONDS)
    stale = [key for key, _ in store.scan(layout.CHANGES, stop=old)]
    if stale:
        store.update(layout.CHANGES, stale, lambda existing: [(key, ()) for key in existing])


def since(store: Store, second: int) -> Iterator[UserChange]:
    """The entries written since `second` of the epoch, in order of time.

    Raises:
        StoreError: the store cannot be read.
    """
    return (_entry(cell) for _, cell in _cells_since(store, second))


def newest(store: Store) -> int | None:
    """When the last entry was written, in seconds since the epoch; None if none was within KEPT_SECONDS.

    Raises:
        StoreError: the store cannot be read.
    """
    now = _now()
    for seconds in _LOOKS:
        keys = [key for key, _ in store.scan(layout.CHANGES, layout.row_key(now - seconds))]
        if keys:
            return int.from_bytes(keys[-1], "big")
    return None


def _cells_since(store: Store, second: int) -> Iterator[tuple[int, Cell]]:
    for key, row in store.scan(layout.CHANGES, layout.row_key(second)):
        at = int.from_bytes(key, "big")
        yield from ((at, cell) for cell in row)


def _entry(cell: Cell) -> UserChange:
    user, version = cell.qualifier[: layout.KEY_BYTES], cell.qualifier[layout.KEY_BYTES :]
    return UserChange(int.from_bytes(user, "big"), version, cell.value)


class Follower:
    """Reads the entries that appear in a store after this is made, each once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._start = _now() - OVERLAP_SECONDS
        self._seen: set[tuple[int, bytes]] = set()
        self.read()

    def read(self) -> list[UserChange]:
        """The entries that appeared since the last call, in order of time.

        Raises:
            StoreError: the store cannot be read; the next call gives what this one did not.
        """
        now = _now()
        found = list(_cells_since(self._store, self._start))
        new = [cell for at, cell in found if (at, cell.qualifier) not in self._seen]
        self._start = max(self._start, now - OVERLAP_SECONDS)
        self._seen = {(at, cell.qualifier) for at, cell in found if at >= self._start}
        return [_entry(cell) for cell in new]
