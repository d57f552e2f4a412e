"""Hash tables for compiled code: open addressing with linear probing.

A table of 2**bits entries holds numbers; the number of a key is its index in `distinct`, -1 marks a free entry.
"""

import numpy as np
from numba import int64, uint64
from numpy.typing import NDArray

from store.compiled import inlined, jit

_SMALLEST = 6
_GOLDEN = uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: Knuth's multiplicative hashing


@inlined
def hash_of(key, bits):  # type: ignore[no-untyped-def]
    """A hash of `bits` bits, at least 1."""
    return (uint64(key) * _GOLDEN) >> uint64(64 - bits)


@inlined
def entry_of(key, table, bits, distinct):  # type: ignore[no-untyped-def]
    """The entry of a key, or the free one where it belongs."""
    mask = uint64((1 << bits) - 1)
    entry = hash_of(key, bits)
    while table[entry] >= 0 and distinct[table[entry]] != key:
        entry = (entry + uint64(1)) & mask
    return entry


@jit
def refill(table, bits, distinct, found):  # type: ignore[no-untyped-def]
    """Empties the first 2**bits entries, and enters the first `found` keys."""
    for entry in range(int64(1) << bits):
        table[entry] = -1
    for number in range(found):
        table[entry_of(distinct[number], table, bits, distinct)] = number


@jit
def number_items(items, lo, hi, number, distinct, table):  # type: ignore[no-untyped-def]
    """Numbers the items `lo:hi` by first appearance; how many are distinct.

    Args:
        items: int64[], ids.
        number: int32[hi - lo], receives the number of each item.
        distinct: int64[hi - lo], receives the id of each number.
        table: int32[], for a hash table: a power of two, at least 4 * (hi - lo) and 64. (`room` makes these three.)
    """
    bits = int64(_SMALLEST)  # small tables stay in the processor's cache: begin with one, and double it
    found = int64(0)
    refill(table, bits, distinct, found)
    for i in range(lo, hi):
        if i > lo and items[i] == items[i - 1]:  # the same often follows itself
            number[i - lo] = number[i - lo - 1]
            continue
        entry = entry_of(items[i], table, bits, distinct)
        if table[entry] >= 0:
            number[i - lo] = table[entry]
            continue
        table[entry] = number[i - lo] = found
        distinct[found] = items[i]
        found += 1
        if 2 * found > (int64(1) << bits):
            bits += 1
            refill(table, bits, distinct, found)
    return found


def room(most: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """The arrays `table`, `number` and `distinct` of `number_items`, for up to `most` items."""
    size = 1 << max(_SMALLEST, (4 * most - 1).bit_length())
    return np.empty(size, np.int32), np.empty(most, np.int32), np.empty(most, np.int64)
