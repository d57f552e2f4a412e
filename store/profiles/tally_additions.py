"""Plays that are added to the tallies of a row: an item's cell is read, and written anew with them in it."""

import numpy as np
from numba import int64, uint64
from numpy.typing import NDArray

from store import varint
from store.compiled import jit
from store.profiles.tallies import put_item


def most_years(sizes: NDArray[np.int64], added: NDArray[np.int64]) -> int:
    """An upper bound of the years of any item in cells of some sizes, to each of which plays are added."""
    return int((sizes + added).max(initial=0))


@jit
def decode_heads(data, starts, distinct):  # type: ignore[no-untyped-def]
    """Fills in how many items of each field there are: int64[3, users]."""
    for user in range(len(starts)):
        p = starts[user]
        for field in range(3):
            value, p = varint.get(data, p)
            distinct[field, user] = int64(value)


@jit
def _copy_years(data, p, out, q):  # type: ignore[no-untyped-def]
    """Copies the years and plays of an item that does not change."""
    n, p = varint.get(data, p)
    q = varint.put(out, q, n)
    for _ in range(2 * int64(n)):
        value, p = varint.get(data, p)
        q = varint.put(out, q, value)
    return p, q


@jit
def _read_item(data, p, many, years, plays):  # type: ignore[no-untyped-def]
    """Reads the years and plays of an item into the two columns; how many they are, and the index after them."""
    if not many:
        year, p = varint.get(data, p)
        years[0], plays[0] = int64(year), 1
        return int64(1), p
    n, p = varint.get(data, p)
    year = int64(0)
    for i in range(int64(n)):
        value, p = varint.get(data, p)
        year += int64(value)
        value, p = varint.get(data, p)
        years[i], plays[i] = year, int64(value)
    return int64(n), p


@jit
def _add_years(years, plays, n, rows, lo, hi, new_years, new_plays, out):  # type: ignore[no-untyped-def]
    """Adds plays of the rows `lo:hi` to the years of an item; how many years it has then.

    Fills in, of each of the rows, the item's plays in the year and in all, and in the first one whether it is new.
    """
    known = n
    for i in range(lo, hi):
        at = int64(0)
        while at < n and years[at] < new_years[i]:
            at += 1
        if at == n or years[at] != new_years[i]:
            for j in range(n, at, -1):
                years[j], plays[j] = years[j - 1], plays[j - 1]
            years[at], plays[at] = new_years[i], 0
            n += 1
        plays[at] += new_plays[i]
        out[0, i] = plays[at]
    total = int64(0)
    for at in range(n):
        total += plays[at]
    for i in range(lo, hi):
        out[1, i] = total
        out[2, i] = 1 if known == 0 and i == lo else 0
    for at in range(n):
        rows[at] = at
    return n


@jit
def add(data, starts, stops, first, items, new_years, new_plays, room, out, p, ends, found):  # type: ignore[no-untyped-def]
    """Adds plays to cells, and writes the cells anew to `out[p:]`.

    Args:
        starts, stops: where the cells are in `data`.
        first: the first addition to each cell, and the end: int64[cells + 1].
        items, new_years, new_plays: of the additions, by cell, item and year.
        room: int64[3, years + 1], for the years of any one item after the addition.
        ends: receives the end of each cell.
        found: int64[3, additions]; receives the plays in the year and in all, and 1 where the item is new.
    """
    years, plays, rows = room[0], room[1], room[2]
    for cell in range(len(starts)):
        p_in, i = starts[cell], first[cell]
        item = before = item_in = int64(0)
        head, q_in = uint64(0), p_in
        more = p_in < stops[cell]
        while more or i < first[cell + 1]:
            if more:
                head, q_in = varint.get(data, p_in)
                item_in = item + int64(head >> uint64(1))
            if more and (i == first[cell + 1] or item_in < items[i]):
                p = varint.put(out, p, (uint64(item_in - before) << uint64(1)) | (head & uint64(1)))
                if head & uint64(1):
                    p_in, p = _copy_years(data, q_in, out, p)
                else:
                    year, p_in = varint.get(data, q_in)
                    p = varint.put(out, p, year)
                item = before = item_in
            else:
                j = i + 1
                while j < first[cell + 1] and items[j] == items[i]:
                    j += 1
                n = int64(0)
                if more and item_in == items[i]:
                    n, p_in = _read_item(data, q_in, head & uint64(1), years, plays)
                    item = item_in
                n = _add_years(years, plays, n, rows, i, j, new_years, new_plays, found)
                p = put_item(out, p, before, items[i], years, plays, rows, 0, n)
                before, i = items[i], j
            more = p_in < stops[cell]
        ends[cell] = p
    return p
