"""The packed form of a month of a user's history.

A month is the number of its events, then their columns, one after the other: timestamps as differences to the
previous one (the first to 0), tracks, artists, albums. All are LEB128; events are ordered by (timestamp, track).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import int64, njit
from numpy.typing import NDArray

from store import varint
from store.varint import JIT

LONGEST_EVENT = 4 * varint.LONGEST
"""Bytes of the longest packed event."""


class Events(NamedTuple):
    """Listening events of one user as columns, int64 arrays of one length; timestamps in seconds since the epoch."""

    timestamps: NDArray[np.int64]
    tracks: NDArray[np.int64]
    artists: NDArray[np.int64]
    albums: NDArray[np.int64]


@njit(**JIT)
def pack(timestamps, tracks, artists, albums, lo, hi, out, p):  # type: ignore[no-untyped-def]
    """Packs the events `lo:hi` of the columns into `out[p:]`; the index after them."""
    p = varint.put(out, p, hi - lo)
    before = int64(0)
    for i in range(lo, hi):
        p = varint.put(out, p, timestamps[i] - before)
        before = timestamps[i]
    for i in range(lo, hi):
        p = varint.put(out, p, tracks[i])
    for i in range(lo, hi):
        p = varint.put(out, p, artists[i])
    for i in range(lo, hi):
        p = varint.put(out, p, albums[i])
    return p


@njit(**JIT)
def _lengths(data, starts):  # type: ignore[no-untyped-def]
    lengths = np.empty(len(starts), np.int64)
    for month in range(len(starts)):
        lengths[month], _ = varint.get(data, starts[month])
    return lengths


@njit(**JIT)
def _unpack(data, starts, timestamps, tracks, artists, albums):  # type: ignore[no-untyped-def]
    row = 0
    for start in starts:
        n, p = varint.get(data, start)
        end = row + int64(n)
        before = int64(0)
        for i in range(row, end):
            difference, p = varint.get(data, p)
            before += int64(difference)
            timestamps[i] = before
        for column in (tracks, artists, albums):
            for i in range(row, end):
                value, p = varint.get(data, p)
                column[i] = int64(value)
        row = end


def unpack(months: Sequence[bytes]) -> Events:
    """The events of packed months, in the order given."""
    return unpack_all(months)[0]


def unpack_all(months: Sequence[bytes]) -> tuple[Events, NDArray[np.int64]]:
    """The events of packed months, in the order given, and how many each month has."""
    data = np.frombuffer(b"".join(months), np.uint8)
    starts = np.cumsum([0, *map(len, months[:-1])], dtype=np.int64) if months else np.empty(0, np.int64)
    lengths = _lengths(data, starts)
    events = Events(*(np.empty(lengths.sum(), np.int64) for _ in Events._fields))
    _unpack(data, starts, *events)
    return events, lengths
