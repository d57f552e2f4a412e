"""Calendar windows against the standard library."""

from datetime import UTC, date, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.profiles.windows import month_of

LAST = int(datetime(9999, 11, 30, 23, 59, 59, tzinfo=UTC).timestamp())


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@settings(deadline=None)
@given(st.integers(0, LAST) | st.dates(date(1970, 1, 1), date(9999, 11, 30)).map(midnight))
@example(0)
@example(midnight(date(2000, 2, 29)))
@example(midnight(date(2000, 3, 1)) - 1)
@example(midnight(date(2100, 2, 28)))
@example(midnight(date(2011, 12, 31)))
@example(LAST)
def test_months_are_those_of_the_standard_library(time: int) -> None:
    day = datetime.fromtimestamp(time, UTC).date()
    following = date(day.year + 1, 1, 1) if day.month == 12 else date(day.year, day.month + 1, 1)
    expected = midnight(day.replace(day=1)), midnight(following) - 1, midnight(date(day.year, 1, 1))
    assert month_of(time) == expected


def test_the_last_month_of_64_bits_ends_with_them() -> None:
    month, last, year = month_of(2**63 - 1)
    assert last == 2**63 - 1
    assert year <= month <= last
    assert last - month < 31 * 86_400
    assert month_of(month)[0] == month_of(last)[0] == month
    assert month_of(month - 1)[1] == month - 1
