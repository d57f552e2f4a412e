"""Sets of events as columns, against the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.histories.event_set import Columns, EventSet, flat, unite
from tests import oracle
from tests.oracle import Event
from tests.store.profiles.samples import columns, random_events

LARGEST = 2**63 - 1
SMALL = st.integers(0, 2) | st.just(LARGEST)


def events_of(events: EventSet) -> list[Event]:
    return [Event(*row) for row in flat(events).T.tolist()]


@settings(deadline=None)
@given(st.lists(st.builds(Event, user=SMALL, artist=SMALL, album=SMALL, track=SMALL, time=SMALL), max_size=60))
def test_a_union_is_the_set_of_the_oracle(events: list[Event]) -> None:
    assert events_of(unite(columns(events))) == oracle.distinct(events)


@pytest.mark.parametrize("users", [1, 3000])
@pytest.mark.parametrize("span", [1, 50, 10**8])
def test_many_users_and_many_events_of_a_second(users: int, span: int) -> None:
    events = random_events(users + span, 5000, users=users, span=span)
    assert events_of(unite(columns(events))) == oracle.distinct(events)


def test_uniting_is_associative_commutative_and_idempotent() -> None:
    events = random_events(1, 900, span=200)
    a, b, c = (columns(events[i::3]) for i in range(3))

    def union(*sets: Columns) -> list[Event]:
        return events_of(unite(np.concatenate(sets, axis=1)))

    expected = oracle.distinct(events)
    assert union(a, b, c) == union(c, b, a) == expected
    assert union(flat(unite(columns(union(a, b)))), c) == union(a, flat(unite(columns(union(b, c))))) == expected
    assert union(a, b, c, a, b, c) == expected


def test_no_events() -> None:
    empty = unite(columns([]))
    assert len(empty) == 0
    assert events_of(empty) == []
