"""Answers about histories, against the oracle."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.history.listening import Period, Question, listening
from store.histories.months import Events
from tests.oracle import Event, distinct
from tests.serving.history import oracle
from tests.store.profiles.samples import random_events

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Havana")
"""Kathmandu is 5:45 hours ahead; Apia left out a day; Havana turns its clocks at midnight, to the day before."""


def events_of(history: Sequence[Event]) -> Events:
    columns = np.array(history, np.int64).reshape(-1, 5).T
    return Events(timestamps=columns[4], tracks=columns[3], artists=columns[1], albums=columns[2])


def check(history: list[Event], first: date | None, end: date | None, zone: str, per: Period, limit: int) -> None:
    history = distinct(history)
    answer = listening(events_of(history), Question(first, end, zone, per, limit))
    assert answer == oracle.listening(history, first, end, zone, per, limit)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("per", Period)
def test_any_range_equals_the_oracle(zone: str, per: Period) -> None:
    random = Random(zone + per)
    history = random_events(random.randrange(100), 3000, users=1, span=3 * 10**8)
    start = oracle.local(min(event.time for event in history), zone).date()
    for days in (0, 1, 7, 400, 4000):
        first = start + timedelta(days=random.randrange(3000))
        check(history, first, first + timedelta(days=days), zone, per, random.choice([1, 5, 10, 100]))
    check(history, None, None, zone, per, 10)
    check(history, start, None, zone, per, 10)
    check(history, None, start, zone, per, 10)


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", date(2012, 3, 25)),
        ("Europe/Berlin", date(2012, 10, 28)),
        ("America/Havana", date(2012, 11, 4)),
        ("Africa/Cairo", date(2010, 9, 10)),
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Australia/Lord_Howe", date(2013, 4, 7)),
    ],
)
def test_days_on_which_clocks_change(zone: str, change: date) -> None:
    midnight = (change - date(1970, 1, 1)).days * 86_400
    history = [Event(1, i % 7, i % 5, i, midnight + 600 * i) for i in range(-300, 300)]
    for first in (change - timedelta(days=1), change, change + timedelta(days=1)):
        check(history, first, first + timedelta(days=1), zone, Period.DAY, 10)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.builds(
            Event,
            user=st.just(1),
            artist=st.integers(0, 3) | st.just(2**63 - 1),
            album=st.integers(0, 3),
            track=st.integers(0, 3),
            time=st.integers(0, 4 * 10**5) | st.integers(0, 253_370_764_799),
        ),
        max_size=30,
    ),
    st.none() | st.dates(date(1, 1, 1), date(1971, 1, 1)) | st.dates(),
    st.none() | st.dates(date(1969, 12, 1), date(1970, 2, 1)) | st.dates(),
    st.sampled_from(ZONES),
    st.sampled_from(Period),
    st.integers(1, 4),
)
def test_any_history_equals_the_oracle(
    history: list[Event], first: date | None, end: date | None, zone: str, per: Period, limit: int
) -> None:
    check(history, first, end, zone, per, limit)


def test_times_beyond_the_calendar_count() -> None:
    answer = listening(
        events_of([Event(1, 2, 3, 4, 2**63 - 1)]), Question(date(2000, 1, 1), None, "Asia/Tokyo", Period.DAY, 10)
    )
    assert answer["countPlays"] == 1
    assert answer["activity"] == [{"firstDay": "292277026596-12-04", "countPlays": 1}]
