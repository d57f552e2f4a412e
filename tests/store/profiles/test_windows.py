"""Calendar windows against the standard library."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.metrics import Window
from store.profiles.windows import NESTS_IN, interval, windows
from tests import oracle

LAST = int(datetime(9998, 12, 20, 23, 59, 59, tzinfo=UTC).timestamp())
LARGEST = 2**63 - 1
STARTS = {
    Window.DAY: lambda time: time - time % 86_400,
    Window.WEEK: oracle.week_of,
    Window.MONTH: oracle.month_of,
    Window.YEAR: oracle.year_of,
}


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


TIMES = st.integers(0, LAST) | st.dates(date(1970, 1, 1), date(9998, 12, 20)).map(midnight)


@settings(deadline=None)
@given(TIMES)
@example(0)
@example(midnight(date(2000, 2, 29)))
@example(midnight(date(2000, 3, 1)) - 1)
@example(midnight(date(2100, 2, 28)))
@example(midnight(date(2011, 12, 31)))
@example(LAST)
def test_windows_are_those_of_the_standard_library(time: int) -> None:
    for kind, start_of in STARTS.items():
        first, last = interval(kind, time)
        assert first == start_of(time)
        assert first <= time <= last
        assert start_of(last) == first
        assert start_of(last + 1) == last + 1


def test_weeks_are_iso_weeks() -> None:
    for days in range(0, 4000, 3):
        day = date(2009, 12, 20) + timedelta(days=days)
        year, week, _ = day.isocalendar()
        assert interval(Window.WEEK, midnight(day))[0] == midnight(date.fromisocalendar(year, week, 1))


@pytest.mark.parametrize("kind", STARTS)
def test_the_last_window_of_64_bits_ends_with_them(kind: Window) -> None:
    first, last = interval(kind, LARGEST)
    assert last == LARGEST
    assert 0 < LARGEST - first < 366 * 86_400
    assert interval(kind, first) == (first, last)


@settings(deadline=None)
@given(st.lists(st.lists(TIMES | st.integers(0, 9 * 86_400), min_size=1, max_size=30), max_size=4))
def test_windows_of_histories(users: list[list[int]]) -> None:
    starts = np.cumsum([0, *map(len, users)])
    times = np.array([time for user in users for time in sorted(user)], np.int64)
    for kind, start_of in STARTS.items():
        found = windows(kind, times, starts)
        expected = [(i, start) for i, user in enumerate(users) for start in sorted({*map(start_of, user)})]
        assert [*zip(found.users.tolist(), found.starts.tolist(), strict=True)] == expected
        bucket_of = oracle.month_of if kind in (Window.DAY, Window.MONTH) else oracle.year_of
        assert [max(bucket_of(max(start, 0)), 0) for _, start in expected] == found.buckets.tolist()
        sizes = [sum(start_of(time) == start for time in users[i]) for i, start in expected]
        assert np.diff(found.offsets).tolist() == sizes


@settings(deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=50))
def test_what_nests_does(times: list[int]) -> None:
    ordered, starts = np.array(sorted(times), np.int64), np.array([0, len(times)])
    for longer, parts in NESTS_IN.items():
        for shorter in parts:
            bounds = set(windows(shorter, ordered, starts).offsets.tolist())
            assert set(windows(longer, ordered, starts).offsets.tolist()) <= bounds
