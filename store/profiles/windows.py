"""Calendar windows in UTC for compiled code. Times are seconds since the epoch, not negative."""

from numba import int64, njit

from store.varint import JIT

DAY = 86_400
_LAST_DAY = (2**63 - 1) // DAY


@njit(**JIT)
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


@njit(**JIT)
def _days(year, month):  # type: ignore[no-untyped-def]
    """The first day of a month as days since the epoch (days_from_civil, same source)."""
    y = year - (1 if month <= 2 else 0)
    era = y // 400
    year_of_era = y - era * 400
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


@njit(**JIT)
def month_of(time):  # type: ignore[no-untyped-def]
    """The first and the last second of the month that `time` lies in, and the first second of its year."""
    year, month = _civil(time // DAY)
    following = _days(year, month + 1) if month < 12 else _days(year + 1, 1)
    last = int64(2**63 - 1) if following > _LAST_DAY else following * DAY - 1
    return _days(year, month) * DAY, last, _days(year, 1) * DAY
