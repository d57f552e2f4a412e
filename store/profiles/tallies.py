"""The tallies of a row: how often a user played each item in each year, so that an event need not count them again.

They are what charts and numbers of items are added to (TopK's and Distinct's accumulators by year, which add up to all
time), for users with more than FEW events. The items of a field lie in 2**bits cells by their hashes, at most MOST to
a cell on average: which cells there are, and what is in them, is a function of the set of events like all of a row.

A cell is its items in order of their ids, each as LEB128 numbers: the difference to the id before (the first to 0),
doubled, and 1 more unless the item was played once in all; then the year of that play, or how many years there are
and of each the difference to the year before (the first to 0) and the plays. Years count from 1970. One cell more, the
head, has the number of distinct artists, albums and tracks.
"""

import numpy as np
from numba import int64, uint64
from numpy.typing import NDArray

from schemas.events import ITEMS, Field
from store import varint
from store.compiled import inlined, jit
from store.hashing import hash_of
from store.profiles.combiners.tally import Tally
from store.profiles.metric_values import Values

FEW = 256
"""Up to as many events are counted anew as fast as tallies would be read."""

MOST = 96
"""Items of a cell, on average: few enough to be written for each event, and so many that cells are not many."""

HEAD = 0
"""The bucket of the head; that of a cell is its field's number << 32, plus the cell's own."""

FIELDS = tuple(ITEMS)
_SECONDS = 31_556_952
"""Of the mean Gregorian year."""

_LONGEST_ROW = 4 * varint.LONGEST


@inlined
def year_of(start):  # type: ignore[no-untyped-def]
    """Years since 1970, from the first second of a year."""
    years = start // int64(_SECONDS)
    return years + (1 if start - years * int64(_SECONDS) > int64(_SECONDS // 2) else 0)


@inlined
def bits_of(distinct):  # type: ignore[no-untyped-def]
    """The cells of so many items are 2**bits."""
    bits = int64(0)
    while distinct > int64(MOST) << bits:
        bits += 1
    return bits


@inlined
def cell_of(item, bits):  # type: ignore[no-untyped-def]
    """The number of an item's cell."""
    return int64(hash_of(item, bits)) if bits > 0 else int64(0)


@jit
def cells_of(items, distinct, out):  # type: ignore[no-untyped-def]
    """Fills in the number of the cell of each item, of which there are `distinct` others of its user and field."""
    for i in range(len(items)):
        out[i] = cell_of(items[i], bits_of(distinct[i]))


@jit
def sizes(distinct, events, starts):  # type: ignore[no-untyped-def]
    """Fills in where the cells of each user begin, and the end; users with few events have none."""
    starts[0] = 0
    for user in range(len(distinct)):
        cells = int64(1) << bits_of(distinct[user]) if events[user] > FEW else int64(0)
        starts[user + 1] = starts[user] + cells


@jit
def _pass(shift, items, rows, side, counts):  # type: ignore[no-untyped-def]
    """Moves rows to the other side, by eight bits of their items: a pass of a radix sort."""
    counts[:257] = 0
    other = 1 - side
    for i in range(items.shape[1]):
        counts[1 + ((items[side, i] >> shift) & 255)] += 1
    for digit in range(255):
        counts[digit + 1] += counts[digit]
    for i in range(items.shape[1]):
        digit = (items[side, i] >> shift) & 255
        at = counts[digit]
        counts[digit] = at + 1
        items[other, at], rows[other, at] = items[side, i], rows[side, i]


@jit
def _order(ids, lo, hi, bits, counts, items, rows):  # type: ignore[no-untyped-def]
    """Orders the rows `lo:hi` by cell and id: fills one side of `items` and `rows`, and `counts` with the cells' ends.

    Returns:
        The side.
    """
    n, side, differ = hi - lo, int64(0), int64(0)
    for i in range(n):
        items[0, i], rows[0, i] = ids[lo + i], lo + i
        differ |= ids[lo + i] ^ ids[lo]
    shift = int64(0)
    while shift < 64 and differ >> shift:
        if (differ >> shift) & 255:
            _pass(shift, items[:, :n], rows[:, :n], side, counts)
            side = 1 - side
        shift += 8
    for cell in range(int64(1) << bits):
        counts[cell] = 0
    for i in range(n):
        counts[cell_of(items[side, i], bits)] += 1
    total = int64(0)
    for cell in range(int64(1) << bits):
        size = counts[cell]
        counts[cell] = total
        total += size
    other = 1 - side
    for i in range(n):
        cell = cell_of(items[side, i], bits)
        at = counts[cell]
        counts[cell] = at + 1
        items[other, at], rows[other, at] = items[side, i], rows[side, i]
    return other


@jit
def put_item(out, p, before, item, years, plays, rows, lo, hi):  # type: ignore[no-untyped-def]
    """Writes an item whose years and plays are those of `rows[lo:hi]`."""
    once = hi == lo + 1 and plays[rows[lo]] == 1
    p = varint.put(out, p, (uint64(item - before) << uint64(1)) | uint64(0 if once else 1))
    if once:
        return varint.put(out, p, years[rows[lo]])
    p = varint.put(out, p, hi - lo)
    year = int64(0)
    for i in range(lo, hi):
        p = varint.put(out, p, years[rows[i]] - year)
        p = varint.put(out, p, plays[rows[i]])
        year = years[rows[i]]
    return p


@jit
def _encode(first, starts, ids, years, plays, counts, items, rows, out, p, ends):  # type: ignore[no-untyped-def]
    """Encodes the cells of each user.

    Args:
        first: the first row of each user, and the end: int64[users + 1].
        starts: the number of each user's first cell, and the end: int64[users + 1].
    """
    for user in range(len(first) - 1):
        cells = starts[user + 1] - starts[user]
        if cells == 0:
            continue
        bits = int64(0)
        while int64(1) << bits < cells:
            bits += 1
        side = _order(ids, first[user], first[user + 1], bits, counts, items, rows)
        ordered, order = items[side], rows[side]
        i = int64(0)
        for cell in range(cells):
            before = int64(0)
            while i < counts[cell]:
                item, j = ordered[i], i + 1
                while j < counts[cell] and ordered[j] == item:
                    j += 1
                p = put_item(out, p, before, item, years, plays, order, i, j)
                before, i = item, j
            ends[starts[user] + cell] = p
    return p


@jit
def _years(starts, offsets, out):  # type: ignore[no-untyped-def]
    for group in range(len(starts)):
        year = year_of(starts[group])
        for row in range(offsets[group], offsets[group + 1]):
            out[row] = year


def years_of(tally: Tally) -> NDArray[np.int64]:
    """The year of each row of a tally by year."""
    years = np.empty(len(tally.ids), np.int64)
    _years(tally.groups.starts, tally.offsets, years)
    return years


@jit
def _numbers_of_cells(distinct, out):  # type: ignore[no-untyped-def]
    for field in range(len(distinct)):
        for user in range(distinct.shape[1]):
            out[field, user] = int64(1) << bits_of(distinct[field, user])


def numbers_of_cells(distinct: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many cells there are for so many items of fields of users: int64[fields, users]."""
    out = np.empty_like(distinct)
    _numbers_of_cells(distinct, out)
    return out


def most_bytes(rows: int) -> int:
    """An upper bound of the bytes of so many items by year."""
    return _LONGEST_ROW * rows


def encode(
    field: Field,
    events: NDArray[np.int64],
    tally: Tally,
    first: NDArray[np.int64],
    distinct: NDArray[np.int64],
    out: NDArray[np.uint8],
    p: int,
) -> tuple[Values, int]:
    """Encodes the cells of a field into `out[p:]`; the end of the last.

    Args:
        events: how many each user has.
        tally: by year.
        first: where the years of each user begin among the groups of the tally, and the end: int64[users + 1].
        distinct: how many items each user has.
    """
    starts = np.empty(len(events) + 1, np.int64)
    sizes(distinct, events, starts)
    rows, cells = tally.offsets[first], np.diff(starts)
    counts = np.empty(max(257, int(cells.max(initial=0))), np.int64)
    items, order = np.empty((2, 2, int(np.diff(rows).max(initial=0))), np.int64)
    ends = np.empty(int(starts[-1]), np.int64)
    start = p
    p = int(_encode(rows, starts, tally.ids, years_of(tally), tally.plays, counts, items, order, out, p, ends))
    users = np.repeat(np.arange(len(events)), cells)
    buckets = np.arange(len(ends)) - np.repeat(starts[:-1], cells) + (int(field) << 32)
    return Values(users, buckets, np.append(start, ends)[: len(ends)], ends), p


@jit
def _put_heads(events, distinct, out, p, ends):  # type: ignore[no-untyped-def]
    n = int64(0)
    for user in range(len(events)):
        if events[user] > FEW:
            for field in range(len(distinct)):
                p = varint.put(out, p, distinct[field, user])
            ends[n] = p
            n += 1
    return p


def encode_heads(
    events: NDArray[np.int64], distinct: NDArray[np.int64], out: NDArray[np.uint8], p: int
) -> tuple[Values, int]:
    """Encodes the heads of the users, as `encode` does.

    Args:
        distinct: how many items of each field: int64[3, users].
    """
    users = np.flatnonzero(events > FEW)
    ends = np.empty(len(users), np.int64)
    begin, p = p, int(_put_heads(events, distinct, out, p, ends))
    return Values(users, np.full(len(users), HEAD), np.append(begin, ends)[: len(ends)], ends), p
