from random import Random

import numpy as np
import pytest

from serving.history import zones
from tests.serving.history import oracle

YEAR_9999 = 253_370_764_800
"""The first second of the year 9999."""


def expected(time: int, zone: str) -> int:
    offset = oracle.local(time, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Africa/Monrovia", "Australia/Lord_Howe"]
)
def test_offsets_equal_those_of_the_standard_library(zone: str) -> None:
    random = Random(zone)
    times = sorted(random.randrange(10 ** random.randrange(1, 12)) for _ in range(5000))
    assert zones.offsets(np.array(times, np.int64), zone).tolist() == [expected(time, zone) for time in times]


def test_every_zone_changes_its_offset_at_the_right_second() -> None:
    """Among them two changes in one month (Cairo in 2010) and a day that is left out (Apia in 2011)."""
    for zone in sorted(zones.names()):
        for year in (1971, 2010, 2011, 2037):
            starts = zones._year(zone, year)[0].tolist()
            times = [time for start in starts for time in (start - 1, start) if time >= 0]
            assert zones.offsets(np.array(times, np.int64), zone).tolist() == [expected(time, zone) for time in times]


def test_changes_are_found_all() -> None:
    starts, offsets = zones._year("Africa/Cairo", 2010)
    assert [oracle.local(start, "Africa/Cairo").strftime("%m-%d %H:%M") for start in starts.tolist()] == [
        "01-01 02:00",
        "04-30 01:00",
        "08-10 23:00",
        "09-10 01:00",
        "09-30 23:00",
    ]
    assert offsets.tolist() == [7200, 10800, 7200, 10800, 7200]


def test_no_times_and_times_beyond_the_calendar() -> None:
    assert zones.offsets(np.empty(0, np.int64), "Asia/Tokyo").tolist() == []
    times = np.array([YEAR_9999 - 1, YEAR_9999, 2**63 - 1], np.int64)
    assert zones.offsets(times, "Asia/Tokyo").tolist() == [9 * 3600, 0, 0]
