"""Windows of event time of users' sorted histories, in UTC. Times are seconds since the epoch, not negative."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from schemas.metrics import Window
from schemas.topics import BUCKETS, Bucket
from store.compiled import jit

DAY = 86_400
_LAST = 2**63 - 1
_LAST_DAY = _LAST // DAY
_ALL, _DAY, _WEEK, _MONTH, _YEAR = range(5)

KINDS: Mapping[Window, int] = {
    Window.ALL: _ALL,
    Window.DAY: _DAY,
    Window.WEEK: _WEEK,
    Window.MONTH: _MONTH,
    Window.YEAR: _YEAR,
}
"""The windows of users' metrics, by number for compiled code."""

NESTS_IN: Mapping[Window, tuple[Window, ...]] = {
    Window.ALL: (Window.YEAR, Window.MONTH, Window.WEEK, Window.DAY),
    Window.YEAR: (Window.MONTH, Window.DAY),
    Window.MONTH: (Window.DAY,),
    Window.WEEK: (Window.DAY,),
    Window.DAY: (),
}
"""Of which shorter windows each one consists, longest first. Weeks make neither months nor years."""


class Windows(NamedTuple):
    """The windows of one kind that have events, user by user and in order of time.

    Attributes:
        offsets: the first event of each window, and the end of the last one: int64[windows + 1].
        users: the number of the user in the set of events.
        starts: the first second; 0 for all time. That of the week in which 1970 begins is negative.
        buckets: the first second of the month, or of the year, in which the window starts, but not less than 0.
    """

    offsets: NDArray[np.int64]
    users: NDArray[np.int64]
    starts: NDArray[np.int64]
    buckets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)


@jit
def _civil(day):  # type: ignore[no-untyped-def]
    """Year and month of a day since the epoch, in the proleptic Gregorian calendar.

    From Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    """
    z = day + 719_468  # days since 0000-03-01, where leap days end the year
    era = z // 146_097
    day_of_era = z - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (1 if month <= 2 else 0), month


@jit
def _days(year, month):  # type: ignore[no-untyped-def]
    """The first day of a month as days since the epoch (days_from_civil, same source)."""
    y = year - (1 if month <= 2 else 0)
    era = y // 400
    year_of_era = y - era * 400
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


@jit
def bounds(kind, time):  # type: ignore[no-untyped-def]
    """The first day, and the first day after it, of the window that `time` lies in; not for all time."""
    day = time // DAY
    if kind == _DAY:
        return day, day + 1
    if kind == _WEEK:
        monday = day - (day + 3) % 7  # 1970 began on a Thursday
        return monday, monday + 7
    year, month = _civil(day)
    if kind == _YEAR:
        return _days(year, int64(1)), _days(year + 1, int64(1))
    return _days(year, month), _days(year, month + 1) if month < 12 else _days(year + 1, int64(1))


@jit
def _find(kind, bucket_kind, times, users, offsets, owners, starts, buckets):  # type: ignore[no-untyped-def]
    """Fills the fields of Windows for events whose users begin at `users`; how many windows there are."""
    n = int64(0)
    bucket_end = int64(-1)
    bucket = int64(0)
    for user in range(len(users) - 1):
        i = users[user]
        while i < users[user + 1]:
            first, after = bounds(kind, times[i])
            if first * DAY >= bucket_end or first * DAY < bucket:
                begin, end = bounds(bucket_kind, max(first * DAY, int64(0)))
                bucket = begin * DAY
                bucket_end = _LAST if end > _LAST_DAY else end * DAY
            offsets[n], owners[n], starts[n], buckets[n] = i, user, first * DAY, bucket
            n += 1
            last = _LAST if after > _LAST_DAY else after * DAY - 1
            while i < users[user + 1] and times[i] <= last:
                i += 1
    return n


def windows(kind: Window, times: NDArray[np.int64], users: NDArray[np.int64]) -> Windows:
    """The windows of a kind.

    Args:
        times: of all events, ascending for each user.
        users: where each user's events begin, and the end: int64[users + 1].
    """
    n = len(users) - 1
    if kind is Window.ALL:
        return Windows(users, np.arange(n), np.zeros(n, np.int64), np.zeros(n, np.int64))
    most = int(users[-1])
    found = tuple(np.empty(most + 1, np.int64) for _ in Windows._fields)
    bucket = _MONTH if BUCKETS[kind] is Bucket.MONTH else _YEAR
    n = _find(KINDS[kind], bucket, times, users, *found)
    offsets, owners, starts, buckets = (column[: n + 1].copy() for column in found)
    offsets[n] = most
    return Windows(offsets, owners[:n], starts[:n], buckets[:n])


@jit
def _stops(kind, starts, out):  # type: ignore[no-untyped-def]
    for i in range(len(starts)):
        _, after = bounds(kind, starts[i])
        out[i] = _LAST if after > _LAST_DAY else after * DAY


def stops(kind: Window, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first second after each of the windows of a kind that start there; not for all time."""
    found = np.empty(len(starts), np.int64)
    _stops(KINDS[kind], starts, found)
    return found


def interval(kind: Window, time: int) -> tuple[int, int]:
    """The first and the last second of the window of a kind that a time lies in; not for all time."""
    first, after = bounds(KINDS[kind], time)
    return int(first) * DAY, _LAST if after > _LAST_DAY else int(after) * DAY - 1
