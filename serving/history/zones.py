"""Time zones over arrays: what is to be added to UTC for local time, at many times at once."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
LAST_YEAR = 9998
"""The last year for which Python's calendar knows all local times; after it, local time is UTC."""

Times = NDArray[np.int64]
"""Seconds since the epoch, or days since it."""


@cache
def names() -> frozenset[str]:
    """The IANA names of all time zones."""
    return frozenset(available_timezones())


def offsets(times: Times, zone: str) -> Times:
    """Local time less UTC at `times`, in seconds.

    Args:
        times: seconds since the epoch, not negative.
        zone: one of `names()`.
    """
    years = np.unique(times.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64)) + 1970
    known = [_year(zone, int(year)) for year in years[years <= LAST_YEAR]]
    starts = np.concatenate([*(starts for starts, _ in known), [_start(LAST_YEAR + 1)]])
    found = np.concatenate([*(offsets for _, offsets in known), [0]])
    return np.asarray(found[np.searchsorted(starts, times, "right") - 1])


@lru_cache(maxsize=8192)
def _year(zone: str, year: int) -> tuple[Times, Times]:
    """The times in a year (of UTC) from which on an offset holds, its start being the first, and these offsets.

    They are found by looking at every day: no zone ever changed its offset twice within one.
    """
    place = ZoneInfo(zone)
    days = range(_start(year), _start(year + 1) + 1, DAY)
    at = [_offset(place, day) for day in days]
    changes = [i for i in range(len(at) - 1) if at[i] != at[i + 1]]
    starts = [days[0], *(_change(place, days[i], days[i + 1]) for i in changes)]
    return np.array(starts, np.int64), np.array([at[0], *(at[i + 1] for i in changes)], np.int64)


def _change(place: ZoneInfo, before: int, after: int) -> int:
    """The first second with the offset of `after`, by bisection."""
    wanted = _offset(place, after)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if _offset(place, middle) == wanted else (middle, after)
    return after


def _offset(place: ZoneInfo, time: int) -> int:
    offset = datetime.fromtimestamp(time, place).utcoffset() or timedelta()
    return offset // timedelta(seconds=1)


def _start(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
