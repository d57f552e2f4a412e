"""The packed form of a user's history: a cell for each month, or for each part of a month with many events.

A cell is the number of its events, then their columns, one after the other: timestamps as differences to the
previous one (the first to 0), tracks, artists, albums. All are LEB128; events are ordered by (timestamp, track).

A part is a month, taken for 2**22 seconds, cut into halves until none has more than MOST_EVENTS: a function of the set
like all else, and as small as what one event has to change. Its cell bears its first second.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import int64, uint64
from numpy.typing import NDArray

from store import varint
from store.compiled import jit

MOST_EVENTS = 96
"""Events of one cell, but for those of a single second."""

_MONTH_BITS = 22
"""The longest month has fewer than 2**22 seconds."""

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
    return (LONGEST_EVENT + varint.LONGEST) * events + varint.LONGEST * months


@jit
def _cut(times, offsets, starts, first, begins, months):  # type: ignore[no-untyped-def]
    """Fills in the first event, the first second and the month of each part; how many there are."""
    n = int64(0)
    rest = np.empty((3, _MONTH_BITS + 1), np.int64)  # parts to be looked at: first second, bits of seconds, end
    for month in range(len(starts)):
        rest[0, 0], rest[1, 0], rest[2, 0] = starts[month], _MONTH_BITS, offsets[month + 1]
        i, depth = offsets[month], int64(1)
        while depth > 0:
            depth -= 1
            begin, bits, end = rest[0, depth], rest[1, depth], rest[2, depth]
            if end == i:
                continue
            if end - i <= MOST_EVENTS or bits == 0:
                first[n], begins[n], months[n] = i, begin, month
                n, i = n + 1, end
                continue
            half = int64(1) << (bits - 1)
            middle = i
            while middle < end and times[middle] - begin < half:
                middle += 1
            rest[0, depth], rest[1, depth], rest[2, depth] = begin + half, bits - 1, end
            rest[0, depth + 1], rest[1, depth + 1], rest[2, depth + 1] = begin, bits - 1, middle
            depth += 2
    return n


class Parts(NamedTuple):
    """Parts of months: the first event of each, and the end; its first second; the number of its month."""

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    months: NDArray[np.int64]


def parts_of(times: NDArray[np.int64], offsets: NDArray[np.int64], starts: NDArray[np.int64]) -> Parts:
    """The parts of months.

    Args:
        times: of the events.
        offsets: the first event of each month, and the end: int64[months + 1].
        starts: the first second of each month.
    """
    most = int(offsets[-1])
    first, begins, months = np.empty((3, most + 1), np.int64)
    n = int(_cut(times, offsets, starts, first, begins, months))
    first[n] = offsets[-1]
    return Parts(first[: n + 1].copy(), begins[:n].copy(), months[:n].copy())


@jit
def _pack_parts(columns, offsets, out, p, ends):  # type: ignore[no-untyped-def]
    for part in range(len(ends)):
        p = pack(columns[3], columns[2], columns[0], columns[1], offsets[part], offsets[part + 1], out, p)
        ends[part] = p
    return p


def pack_parts(
    columns: NDArray[np.int64], offsets: NDArray[np.int64], out: NDArray[np.uint8], p: int, ends: NDArray[np.int64]
) -> int:
    """Packs parts of months into `out[p:]`; fills in the end of each, and gives that of the last.

    Args:
        columns: artist, album, track and timestamp: int64[4, events].
        offsets: the first event of each part, and the end: int64[parts + 1].
    """
    return int(_pack_parts(columns, offsets, out, p, ends))


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


@jit
def _are_packed(data, starts, stops, good):  # type: ignore[no-untyped-def]
    for cell in range(len(starts)):
        numbers, digits = int64(-1), int64(0)  # still to come, of which the first one tells how many; bytes of this one
        p, value = starts[cell], uint64(0)
        good[cell] = True
        while p < stops[cell] and good[cell]:
            value |= uint64(data[p] & 127) << uint64(7 * digits)
            digits += 1
            if data[p] < 128:
                if numbers < 0:
                    good[cell] = value > 0 and value <= uint64(stops[cell] - starts[cell])
                    numbers = 4 * int64(value)
                else:
                    numbers -= 1
                digits, value = int64(0), uint64(0)
            good[cell] = good[cell] and digits < varint.LONGEST
            p += 1
        good[cell] = good[cell] and numbers == 0 and digits == 0


def are_packed(months: Sequence[bytes]) -> list[bool]:
    """Which of some cells have the form of packed events, so that they can be unpacked."""
    data, starts = varint.joined(months)
    good = np.empty(len(months), np.bool_)
    _are_packed(data, starts, np.append(starts, len(data))[1:], good)
    return [*map(bool, good)]


def unpack(months: Sequence[bytes]) -> Events:
    """The events of packed months, in the order given."""
    return unpack_all(months)[0]


def unpack_all(months: Sequence[bytes]) -> tuple[Events, NDArray[np.int64]]:
    """The events of packed months, in the order given, and how many each month has."""
    data, starts = varint.joined(months)
    lengths = np.empty(len(starts), np.int64)
    _lengths(data, starts, lengths)
    artists, albums, tracks, times = columns = np.empty((4, lengths.sum()), np.int64)
    _unpack(data, starts, columns)
    return Events(times, tracks, artists, albums), lengths
