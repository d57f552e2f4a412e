"""Sets of events and the rows computed from them, against the oracle."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.metrics import USER_METRICS
from store.histories.event_set import unite
from store.profiles.definitions import of_catalogue
from store.profiles.rows import rows_of
from tests import oracle, stored
from tests.oracle import Event
from tests.store.profiles.samples import columns, random_events

LARGEST = 2**63 - 1
DEFINITIONS = of_catalogue(10)


def computed(events: list[Event], k: int = 10) -> dict[int, dict[str, object]]:
    rows = rows_of(unite(columns(events)), of_catalogue(k))
    return {int.from_bytes(key, "big"): stored.topics_of(key, row, k) for key, row in rows}


@pytest.mark.parametrize(("n", "span"), [(1, 1), (10, 5), (1000, 10), (3000, 10**8), (3000, 10**9)])
def test_rows_equal_the_oracle(n: int, span: int) -> None:
    events = random_events(n + span, n, span=span)
    assert computed(events) == oracle.profiles(events)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.builds(
            Event,
            user=st.integers(0, 2) | st.just(LARGEST),
            artist=st.integers(0, 3) | st.just(LARGEST),
            album=st.integers(0, 3),
            track=st.integers(0, 3) | st.just(LARGEST),
            time=st.integers(0, 40) | st.integers(0, 253402300799),
        ),
        max_size=40,
    ),
    st.integers(1, 4),
)
def test_rows_equal_the_oracle_for_any_events(events: list[Event], k: int) -> None:
    assert computed(events, k) == oracle.profiles(events, k)


@pytest.mark.parametrize("order", ["shuffled", "ascending", "descending", "twice"])
def test_order_and_repeats_do_not_matter(order: str) -> None:
    events = random_events(5, 500, span=300)
    other = {
        "shuffled": Random(1).sample(events, len(events)),
        "ascending": sorted(events, key=lambda e: e.time),
        "descending": sorted(events, key=lambda e: -e.time),
        "twice": events + events[::-1],
    }[order]
    a, b = (rows_of(unite(columns(e)), DEFINITIONS) for e in (events, other))
    assert list(a) == list(b)


def test_the_last_second_of_64_bits_has_a_month() -> None:
    row = next(iter(rows_of(unite(columns([Event(1, 2, 3, 4, LARGEST), Event(1, 2, 3, 4, 0)])), DEFINITIONS)))[1]
    assert [cell.family for cell in row].count("history") == 2


def test_the_version_changes_with_the_history() -> None:
    def version(events: list[Event]) -> bytes:
        row = next(iter(rows_of(unite(columns(events)), DEFINITIONS)))[1]
        return next(cell.value for cell in row if cell.qualifier == b"version")

    events = random_events(3, 50, users=1)
    versions = {version(events[:n]) for n in range(1, 51)} | {version(events[1:])}
    assert len(versions) == 51
    assert version(events) == version(events[::-1] + events)


def test_profiles_alone_are_the_same() -> None:
    events = random_events(11, 2000)
    found = {
        int.from_bytes(key, "big"): stored.topics_of(key, row)
        for key, row in rows_of(unite(columns(events)), DEFINITIONS, whole=False)
    }
    topics = {metric.topic for metric in USER_METRICS if not metric.windowed}
    expected = oracle.profiles(events)
    assert found == {user: {t: v for t, v in topic.items() if t in topics} for user, topic in expected.items()}
