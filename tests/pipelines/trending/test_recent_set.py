"""The plays change by what is new, and only by that, whatever comes in whatever order."""

from collections import Counter
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.trending.levels import Rows
from pipelines.trending.packing import packed, unpacked
from pipelines.trending.plays import KINDS
from pipelines.trending.recent_set import ERASED, LISTEN, TAKEN_BACK, Listens, hours_of
from tests.oracle import Event
from tests.pipelines.trending import oracle

HOUR = 3600
NOW = 400_000 * HOUR

EVENTS = st.builds(
    Event,
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 3),
    st.integers(NOW, NOW + 5).map(lambda t: t) | st.integers(NOW + HOUR - 2, NOW + HOUR + 2),
)
IDENTITIES = st.tuples(st.integers(1, 3), st.sampled_from([NOW, NOW + 1, NOW + HOUR]), st.integers(0, 3))
MARKS = st.tuples(st.integers(1, 3), st.integers(NOW - 1, NOW + HOUR + 3))


def rows(events: list[Event], taken: list[tuple[int, int, int]] = [], erased: list[tuple[int, int]] = []) -> Rows:  # noqa: B006
    """Rows of events, of identities (user, time, track) and of marks (user, time)."""
    found = [(*event, LISTEN) for event in events]
    found += [(user, 0, 0, track, time, TAKEN_BACK) for user, time, track in taken]
    found += [(user, 0, 0, 0, time, ERASED) for user, time in erased]
    return np.array(found, np.int64).reshape(-1, 6).T


def known(listens: Listens, batches: list[Rows]) -> Counter[tuple[int, str, int]]:
    """The plays by hour, kind and id that the changes add up to."""
    total: Counter[tuple[int, str, int]] = Counter()
    for batch in batches:
        for hour, plays in listens.add(batch):
            for kind, item, n in plays.T.tolist():
                total[hour, KINDS[kind], item] += n
    return total


@given(st.lists(EVENTS), st.lists(IDENTITIES), st.lists(MARKS), st.integers(0, 9), st.integers(1, 5))
def test_changes_add_up_to_what_counts(
    events: list[Event], taken: list[tuple[int, int, int]], marks: list[tuple[int, int]], seed: int, batches: int
) -> None:
    every = rows(events, taken, marks)
    order = [*range(every.shape[1])] * 2
    Random(seed).shuffle(order)
    erased = {user: max(time for of, time in marks if of == user) for user, _ in marks}
    expected = oracle.plays(oracle.counting(events, taken, erased))
    total = known(Listens(), [every[:, part] for part in np.array_split(np.array(order, np.int64), batches)])
    assert total == expected
    assert min(total.values(), default=1) >= 0


@given(st.lists(EVENTS), st.lists(IDENTITIES), st.lists(MARKS))
def test_what_is_remembered_can_be_kept_and_added_up_again(
    events: list[Event], taken: list[tuple[int, int, int]], marks: list[tuple[int, int]]
) -> None:
    listens = Listens()
    expected = known(listens, [rows(events, taken, marks)])
    again = Listens()
    assert known(again, [unpacked(packed(listens.rows()))]) == expected
    assert not [*again.add(rows(events, taken, marks))]


def test_forgetting() -> None:
    listens = Listens()
    events = [Event(1, 1, 1, 1, NOW), Event(1, 1, 1, 1, NOW + HOUR)]
    known(listens, [rows(events, erased=[(2, NOW + 5)])])
    assert listens.oldest() == NOW
    listens.forget(NOW + HOUR)
    assert listens.oldest() == NOW + HOUR
    assert known(listens, [rows(events)]) == oracle.plays(events[:1])
    assert known(listens, [rows([Event(2, 1, 1, 1, NOW + 5)])]) == oracle.plays([Event(2, 1, 1, 1, NOW + 5)])


def test_hours() -> None:
    events = [Event(1, 1, 1, 1, NOW + HOUR), Event(1, 1, 1, 2, NOW), Event(1, 1, 1, 3, NOW + HOUR - 1)]
    found = {hour: part[3].tolist() for hour, part in hours_of(rows(events))}
    assert found == {NOW: [2, 3], NOW + HOUR: [1]}
