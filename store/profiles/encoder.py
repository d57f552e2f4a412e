"""The cells of users' rows, by compiled code, which writes all their values into one buffer.

A cell is a place in the buffer, with the number of its user, the code of its column, and, for cells of a bucket of
time, the bucket's first second.
"""

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

from store import varint
from store.histories import months as packed_months
from store.histories.event_set import EventSet
from store.profiles import charts
from store.profiles.windows import DAY, month_of
from store.varint import JIT

PROFILE = (b"counts", b"firstlisten", b"lastlisten", b"topalbums", b"topartists", b"toptracks", b"version")
"""Columns of the family `profile`, in order; the topics but the last. `--only profiles` writes no version."""

BUCKETED = len(PROFILE)
"""The code of the first of the families whose cells are buckets; those before it are of PROFILE."""

_HISTORY = BUCKETED
_DAYS = _HISTORY + 1
_MONTHS = _DAYS + 1
_YEARS = _MONTHS + 3
_CHARTS = (PROFILE.index(b"topartists"), PROFILE.index(b"topalbums"), PROFILE.index(b"toptracks"))
_ITEMS = len(_CHARTS)


def encoded(events: EventSet, k: int, *, whole: bool) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The cells of the users of `events`, in the order of rows, and the buffer.

    Args:
        events: all events of these users.
        k: length of the charts.
        whole: with histories and windows; else only the profiles.

    Returns:
        int64[cells, 5]: number of the user, code of the column, bucket, start and end in the buffer; and uint8[].
    """
    users = len(events.users)
    most_events, most_months, months, years = _measure(events.columns[3], events.starts)
    if not whole:
        most_months = months = years = 0
    cells = np.empty((users * (_HISTORY if whole else _HISTORY - 1) + months + (1 + 2 * _ITEMS) * years, 5), np.int64)
    buffer = np.empty(_most_bytes(len(events), k, users, months, years), np.uint8)
    size = _encode(events.columns, events.starts, k, whole, most_events, most_months, cells, buffer)
    return cells, buffer[:size]


def _most_bytes(events: int, k: int, users: int, months: int, years: int) -> int:
    """An upper bound of what `_encode` writes. Memory which is not written to costs nothing."""
    window = 3 * varint.LONGEST  # a start and the two lengths of an array
    entry = 2 * varint.LONGEST
    packed = events * packed_months.LONGEST_EVENT + months * varint.LONGEST
    days = events * entry + years * window
    charts_of = sum(min(events, k * windows) * entry + windows * window for windows in (months, years, users))
    return packed + days + _ITEMS * (charts_of + years * window) + users * 5 * varint.LONGEST


@njit(**JIT)
def _find_months(times, lo, hi, months):  # type: ignore[no-untyped-def]
    """The months of the events `lo:hi`: first event, first second of the month, first second of the year.

    Fills `months` (int64[3, at least months + 1]; entry [0, n] is `hi`) unless it is too short; their number n.
    """
    n = 0
    i = lo
    room = months.shape[1]
    while i < hi:
        month, last, year = month_of(times[i])
        if n < room:
            months[0, n], months[1, n], months[2, n] = i, month, year
        n += 1
        while i < hi and times[i] <= last:
            i += 1
    if n < room:
        months[0, n] = hi
    return n


@njit(**JIT)
def _count_years(months, n):  # type: ignore[no-untyped-def]
    years = 0
    for m in range(n):
        if m == 0 or months[2, m] != months[2, m - 1]:
            years += 1
    return years


@njit(**JIT)
def _measure(times, starts):  # type: ignore[no-untyped-def]
    """The most events and the most months of a user; the months and the years of all."""
    most_events, most_months, all_months, all_years = 0, 0, 0, 0
    months = np.empty((3, 1024), np.int64)
    for user in range(len(starts) - 1):
        lo, hi = starts[user], starts[user + 1]
        n = _find_months(times, lo, hi, months)
        if n >= months.shape[1]:
            months = np.empty((3, n + 1024), np.int64)
            _find_months(times, lo, hi, months)
        most_events = max(most_events, hi - lo)
        most_months = max(most_months, n)
        all_months += n
        all_years += _count_years(months, n)
    return most_events, most_months, all_months, all_years


@njit(**JIT)
def _cell(cells, slot, user, code, bucket, start, end):  # type: ignore[no-untyped-def]
    cells[slot, 0], cells[slot, 1], cells[slot, 2], cells[slot, 3], cells[slot, 4] = user, code, bucket, start, end


@njit(**JIT)
def _version(columns, lo, hi):  # type: ignore[no-untyped-def]
    """A 64-bit digest of a set of events: the sum of a mixed hash of each (the finalizer of splitmix64)."""
    total = uint64(0)
    for i in range(lo, hi):
        h = uint64(0x9E3779B97F4A7C15)
        for c in range(4):
            h = (h ^ uint64(columns[c, i])) * uint64(0xBF58476D1CE4E5B9)
            h = (h ^ (h >> uint64(27))) * uint64(0x94D049BB133111EB)
            h ^= h >> uint64(31)
        total += h
    return total


@njit(**JIT)
def _put_days(times, lo, hi, out, p):  # type: ignore[no-untyped-def]
    """The plays per day of one year as an Avro array of PlaysWindow."""
    days = 0
    for i in range(lo, hi):
        if i == lo or times[i] // DAY != times[i - 1] // DAY:
            days += 1
    p = varint.put_long(out, p, days)
    i = lo
    while i < hi:
        day = times[i] // DAY
        j = i
        while j < hi and times[j] // DAY == day:
            j += 1
        p = varint.put_long(out, p, day * DAY)
        p = varint.put_long(out, p, j - i)
        i = j
    return varint.put(out, p, 0)


@njit(**JIT)
def _put_times(columns, user, months, n, years, cells, slot, out, p):  # type: ignore[no-untyped-def]
    """The packed history by month, from `slot`, and the plays per day by year, after it."""
    times = columns[3]
    for m in range(n):
        start = p
        p = packed_months.pack(times, columns[2], columns[0], columns[1], months[0, m], months[0, m + 1], out, p)
        _cell(cells, slot + m, user, _HISTORY, months[1, m], start, p)
    slot += n
    first = 0
    for y in range(years):
        last = first
        while last < n and months[2, last] == months[2, first]:
            last += 1
        start = p
        p = _put_days(times, months[0, first], months[0, last], out, p)
        _cell(cells, slot + y, user, _DAYS, months[2, first], start, p)
        first = last
    return p


@njit(**JIT)
def _put_charts(  # type: ignore[no-untyped-def]
    number, distinct, user, item, months, n, years, cells, slot, best, counts, touched, out, p
):
    """The charts per month and per year of one kind of item, and of all time.

    Args:
        number, distinct: the items' numbers by event of the user, and ids by number.
        slot: of the first cell of charts per month of artists.
        counts, touched: int64[3, found] all zero and int32[3, found], for month, year and all time.

    Returns:
        The index after what was written, and the number of items left in counts[2] and touched[2].
    """
    n_all = 0
    first = 0
    base = months[0, 0]
    for y in range(years):
        last = first
        while last < n and months[2, last] == months[2, first]:
            last += 1
        start = p
        n_year = 0
        p = varint.put_long(out, p, last - first)
        for m in range(first, last):
            p = varint.put_long(out, p, months[1, m])
            n_month = charts.count(number, months[0, m] - base, months[0, m + 1] - base, counts[0], touched[0], 0)
            p = charts.put_top(counts[0], touched[0], n_month, distinct, best, out, p)
            n_year = charts.add(counts[0], touched[0], n_month, counts[1], touched[1], n_year)
        p = varint.put(out, p, 0)
        _cell(cells, slot + item * years + y, user, _MONTHS + item, months[2, first], start, p)
        start = p
        p = varint.put_long(out, p, 1)
        p = varint.put_long(out, p, months[2, first])
        p = charts.put_top(counts[1], touched[1], n_year, distinct, best, out, p)
        p = varint.put(out, p, 0)
        _cell(cells, slot + (_ITEMS + item) * years + y, user, _YEARS + item, months[2, first], start, p)
        n_all = charts.add(counts[1], touched[1], n_year, counts[2], touched[2], n_all)
        first = last
    return p, n_all


@njit(**JIT)
def _put_long_cell(cells, slot, user, code, value, out, p):  # type: ignore[no-untyped-def]
    end = varint.put_long(out, p, value)
    _cell(cells, slot, user, code, 0, p, end)
    return end


@njit(**JIT)
def _put_profile(columns, lo, hi, user, whole, cells, slot, out, p):  # type: ignore[no-untyped-def]
    """The columns of `profile` but the charts; the index after them."""
    times = columns[3]
    p = _put_long_cell(cells, slot, user, 0, hi - lo, out, p)
    p = _put_long_cell(cells, slot + 1, user, 1, times[lo], out, p)
    p = _put_long_cell(cells, slot + 2, user, 2, times[hi - 1], out, p)
    if whole:
        version = _version(columns, lo, hi)
        for b in range(8):
            out[p + b] = (version >> uint64(56 - 8 * b)) & uint64(255)
        _cell(cells, slot + _HISTORY - 1, user, _HISTORY - 1, 0, p, p + 8)
        p += 8
    return p


@njit(**JIT)
def _encode(columns, starts, k, whole, most_events, most_months, cells, out):  # type: ignore[no-untyped-def]
    """Fills `cells` and `out` with the rows of all users; the bytes written."""
    times = columns[3]
    months = np.empty((3, most_months + 1), np.int64)
    table, number, distinct = charts.room(most_events)
    counts = np.zeros((3, most_events), np.int64)
    touched = np.empty((3, most_events), np.int32)
    best = np.empty((2, k), np.int64)
    slot, p, n, years = 0, 0, 0, 0
    for user in range(len(starts) - 1):
        lo, hi = starts[user], starts[user + 1]
        profile = slot
        p = _put_profile(columns, lo, hi, user, whole, cells, slot, out, p)
        slot += _HISTORY if whole else _HISTORY - 1
        if whole:
            n = _find_months(times, lo, hi, months)
            years = _count_years(months, n)
            p = _put_times(columns, user, months, n, years, cells, slot, out, p)
            slot += n + years
        for item in range(_ITEMS):
            found = charts.number_items(columns[item], lo, hi, number, distinct, table)
            if whole:
                p, n_all = _put_charts(
                    number, distinct, user, item, months, n, years, cells, slot, best, counts, touched, out, p
                )
            else:
                n_all = charts.count(number, 0, hi - lo, counts[2], touched[2], 0)
            start = p
            p = charts.put_top(counts[2], touched[2], n_all, distinct, best, out, p)
            _cell(cells, profile + _CHARTS[item], user, _CHARTS[item], 0, start, p)
            counts[2, :found] = 0
        slot += 2 * _ITEMS * years
    return p
