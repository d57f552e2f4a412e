"""The packed form of a month of a user's history.

A month is the number of its events, then their columns, one after the other: timestamps as differences to the
previous one (the first to 0), tracks, artists, albums. All are LEB128; events are ordered by (timestamp, track).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from store import varint
from store.compiled import jit

LONGEST_EVENT = 4 * varint.LONGEST
"""Bytes of the longest packed event."""


class Events(NamedTuple):
    """Listening events of one user as columns, int64 arrays of one length; timestamps in seconds since the epoch."""

    timestamps: NDArray[np.int64]
    tracks: NDArray[np.int64]
    artists: NDArray[np.int64]
    albums: NDArray[np.int64]


@jit
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


def most_bytes(events: int, months: int) -> int:
    """An upper bound of the bytes of packed months."""
    return LONGEST_EVENT * events + varint.LONGEST * months


@jit
def _pack_months(columns, offsets, out, p, ends):  # type: ignore[no-untyped-def]
    for month in range(len(ends)):
        p = pack(columns[3], columns[2], columns[0], columns[1], offsets[month], offsets[month + 1], out, p)
        ends[month] = p
    return p


def pack_months(
    columns: NDArray[np.int64], offsets: NDArray[np.int64], out: NDArray[np.uint8], p: int, ends: NDArray[np.int64]
) -> int:
    """Packs months of events into `out[p:]`; fills in the end of each, and gives that of the last.

    Args:
        columns: artist, album, track and timestamp: int64[4, events].
        offsets: the first event of each month, and the end: int64[months + 1].
    """
    return int(_pack_months(columns, offsets, out, p, ends))


@jit
def _lengths(data, starts, lengths):  # type: ignore[no-untyped-def]
    for month in range(len(starts)):
        lengths[month] = varint.get(data, starts[month])[0]


@jit
def _unpack(data, starts, columns):  # type: ignore[no-untyped-def]
    """Fills artists, albums, tracks and timestamps: int64[4, events]."""
    row = int64(0)
    for month in range(len(starts)):
        n, p = varint.get(data, starts[month])
        end = row + int64(n)
        before = int64(0)
        for i in range(row, end):
            difference, p = varint.get(data, p)
            before += int64(difference)
            columns[3, i] = before
        for c in (2, 0, 1):
            for i in range(row, end):
                value, p = varint.get(data, p)
                columns[c, i] = int64(value)
        row = end


def unpack(months: Sequence[bytes]) -> Events:
    """The events of packed months, in the order given."""
    return unpack_all(months)[0]


def unpack_all(months: Sequence[bytes]) -> tuple[Events, NDArray[np.int64]]:
    """The events of packed months, in the order given, and how many each month has."""
    data = np.frombuffer(b"".join(months), np.uint8)
    starts = np.cumsum([0, *map(len, months[:-1])], dtype=np.int64) if months else np.empty(0, np.int64)
    lengths = np.empty(len(starts), np.int64)
    _lengths(data, starts, lengths)
    artists, albums, tracks, times = columns = np.empty((4, lengths.sum()), np.int64)
    _unpack(data, starts, columns)
    return Events(times, tracks, artists, albums), lengths
