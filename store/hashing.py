"""Hash tables for compiled code: open addressing with linear probing.

A table of 2**bits entries holds numbers; the number of a key is its index in `distinct`, -1 marks a free entry.
"""

from numba import njit, uint64

from store.varint import JIT

_GOLDEN = uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: Knuth's multiplicative hashing


@njit(inline="always", **JIT)
def hash_of(key, bits):  # type: ignore[no-untyped-def]
    """A hash of `bits` bits, at least 1."""
    return (uint64(key) * _GOLDEN) >> uint64(64 - bits)


@njit(inline="always", **JIT)
def entry_of(key, table, bits, distinct):  # type: ignore[no-untyped-def]
    """The entry of a key, or the free one where it belongs."""
    mask = uint64((1 << bits) - 1)
    entry = hash_of(key, bits)
    while table[entry] >= 0 and distinct[table[entry]] != key:
        entry = (entry + uint64(1)) & mask
    return entry


@njit(**JIT)
def refill(table, bits, distinct, found):  # type: ignore[no-untyped-def]
    """Empties the first 2**bits entries, and enters the first `found` keys."""
    table[: 1 << bits] = -1
    for number in range(found):
        table[entry_of(distinct[number], table, bits, distinct)] = number
