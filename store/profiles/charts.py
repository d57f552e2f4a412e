"""Counting plays and choosing the most played, for compiled code."""

import numpy as np
from numba import int64, njit

from store import varint
from store.hashing import entry_of, refill
from store.varint import JIT

_SMALLEST = 6


@njit(**JIT)
def number_items(items, lo, hi, number, distinct, table):  # type: ignore[no-untyped-def]
    """Numbers the items of one user by first appearance.

    Args:
        items: int64[], ids; only `lo:hi` are looked at.
        number: int32[hi - lo], receives the number of each item.
        distinct: int64[hi - lo], receives the id of each number.
        table: int32[], room for a hash table: a power of two, at least 4 * (hi - lo) and 64.

    Returns:
        How many items are distinct.
    """
    bits = _SMALLEST  # small tables stay in the processor's cache: start with one and double it
    refill(table, bits, distinct, 0)
    found = 0
    for i in range(lo, hi):
        entry = entry_of(items[i], table, bits, distinct)
        if table[entry] >= 0:
            number[i - lo] = table[entry]
            continue
        table[entry] = number[i - lo] = found
        distinct[found] = items[i]
        found += 1
        if 2 * found > (1 << bits):
            bits += 1
            refill(table, bits, distinct, found)
    return found


@njit(**JIT)
def count(number, lo, hi, counts, touched, n):  # type: ignore[no-untyped-def]
    """Adds the plays `lo:hi` to `counts`; appends items met first to `touched[n:]`; the new n."""
    for i in range(lo, hi):
        item = number[i]
        if counts[item] == 0:
            touched[n] = item
            n += 1
        counts[item] += 1
    return n


@njit(**JIT)
def add(counts, touched, n, sums, sums_touched, m):  # type: ignore[no-untyped-def]
    """Moves the counts of a shorter window into those of a longer one, which it leaves zero; the new m."""
    for j in range(n):
        item = touched[j]
        if sums[item] == 0:
            sums_touched[m] = item
            m += 1
        sums[item] += counts[item]
        counts[item] = 0
    return m


@njit(**JIT)
def put_top(counts, touched, n, distinct, best, out, p):  # type: ignore[no-untyped-def]
    """Writes the most played items as Charts in Avro: plays descending, then id ascending.

    Args:
        counts: int64[], plays by number of the item.
        touched: int32[], the n numbers which have plays; n is not 0.
        distinct: int64[], ids by number.
        best: int64[2, k], room for the chart's ids and plays.

    Returns:
        The index after the chart in `out`.
    """
    ids, plays = best[0], best[1]
    k = len(ids)
    size = 0
    for j in range(n):
        item, c = distinct[touched[j]], counts[touched[j]]
        if size == k and (c < plays[k - 1] or (c == plays[k - 1] and item > ids[k - 1])):
            continue
        if size < k:
            size += 1
        q = size - 1
        while q > 0 and (plays[q - 1] < c or (plays[q - 1] == c and ids[q - 1] > item)):
            plays[q], ids[q] = plays[q - 1], ids[q - 1]
            q -= 1
        plays[q], ids[q] = c, item
    p = varint.put_long(out, p, size)
    for q in range(size):
        p = varint.put_long(out, p, ids[q])
        p = varint.put_long(out, p, plays[q])
    return varint.put(out, p, 0)


@njit(**JIT)
def room(most):  # type: ignore[no-untyped-def]
    """The arrays `table`, `number` and `distinct` of `number_items`, for up to `most` events."""
    size = int64(64)
    while size < 4 * most:
        size *= 2
    return np.empty(size, np.int32), np.empty(most, np.int32), np.empty(most, np.int64)
