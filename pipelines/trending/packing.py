"""Columns as bytes: of each value the difference to the one before it, in as few bytes as it needs.

Zigzag and LEB128, column by column, behind the numbers of columns and rows. What is sorted, or small, takes a byte or
two.
"""

import numpy as np
from numba import int64, uint64
from numpy.typing import NDArray

from store import varint
from store.compiled import jit

Columns = NDArray[np.int64]
"""int64[columns, rows]"""


@jit
def _pack(columns, out):  # type: ignore[no-untyped-def]
    p = varint.put(out, varint.put(out, 0, columns.shape[0]), columns.shape[1])
    for column in columns:
        before = int64(0)
        for value in column:
            difference = value - before
            p = varint.put(out, p, (uint64(difference) << uint64(1)) ^ uint64(difference >> int64(63)))
            before = value
    return p


@jit
def _unpack(data):  # type: ignore[no-untyped-def]
    n, p = varint.get(data, 0)
    rows, p = varint.get(data, p)
    columns = np.empty((int64(n), int64(rows)), np.int64)
    for column in columns:
        before = int64(0)
        for row in range(len(column)):
            value, p = varint.get(data, p)
            before += int64(value >> uint64(1)) ^ -int64(value & uint64(1))
            column[row] = before
    return columns


def packed(columns: Columns) -> bytes:
    """The bytes of columns."""
    out = np.empty(varint.LONGEST * (columns.size + 2), np.uint8)
    return out[: _pack(np.ascontiguousarray(columns), out)].tobytes()


def unpacked(data: bytes) -> Columns:
    """The columns in bytes."""
    columns: Columns = _unpack(np.frombuffer(data, np.uint8))
    return columns
