"""Variable-length integers (LEB128), and Avro's longs on top of them, for compiled code.

Avro encodes a long as the LEB128 form of its zigzag value (Avro specification, "Binary Encoding").
"""

from collections.abc import Sequence

import numpy as np
from numba import int64, uint8, uint64
from numpy.typing import NDArray

from store.compiled import jit

LONGEST = 10
"""Bytes of the longest encoding of 64 bits."""


@jit
def put(out, p, value):  # type: ignore[no-untyped-def]
    """Writes a non-negative `value` to `out[p:]`; the index after it."""
    rest = uint64(value)
    while rest >= uint64(128):
        out[p] = uint8(rest & uint64(127)) | uint8(128)
        rest >>= uint64(7)
        p += 1
    out[p] = uint8(rest)
    return p + 1


@jit
def get(data, p):  # type: ignore[no-untyped-def]
    """The value at `data[p:]` and the index after it."""
    value = uint64(0)
    shift = uint64(0)
    while data[p] >= 128:
        value |= uint64(data[p] & 127) << shift
        shift += uint64(7)
        p += 1
    return value | (uint64(data[p]) << shift), p + 1


@jit
def put_long(out, p, value):  # type: ignore[no-untyped-def]
    """Writes `value` to `out[p:]` as an Avro long; the index after it."""
    return put(out, p, (uint64(value) << uint64(1)) ^ uint64(int64(value) >> 63))


@jit
def get_long(data, p):  # type: ignore[no-untyped-def]
    """The Avro long at `data[p:]` and the index after it."""
    value, p = get(data, p)
    return int64(value >> uint64(1)) ^ -int64(value & uint64(1)), p


def joined(values: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Values one after the other, and where each begins."""
    data = np.frombuffer(b"".join(values), np.uint8)
    sizes = np.fromiter(map(len, values), np.int64, len(values))
    return data, np.cumsum(sizes) - sizes
