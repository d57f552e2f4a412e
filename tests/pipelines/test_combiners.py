"""The combiners: inputs cut at random, merged in random trees, compacted, encoded and decoded, against the oracle."""

import pickle
from collections.abc import Callable
from random import Random
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.testing.util import assert_that, equal_to

from pipelines.combiners import CountFn, DistinctFn, MaximumFn, MetricFn, MinimumFn, TopKFn, UnionFn
from schemas.events import Field
from schemas.metrics import Window
from store.histories.event_set import flat, unite
from tests import oracle
from tests.oracle import Event
from tests.store.profiles.samples import columns, random_events

STARTS: dict[Window, Callable[[int], int]] = {
    Window.ALL: lambda time: 0,
    Window.DAY: lambda time: time - time % 86_400,
    Window.WEEK: oracle.week_of,
    Window.MONTH: oracle.month_of,
    Window.YEAR: oracle.year_of,
}
FIELDS = {Field.ARTIST: "artist", Field.ALBUM: "album", Field.TRACK: "track", Field.TIME: "time"}
K = 3


def values(events: list[Event], of: Field) -> list[int]:
    return [getattr(event, FIELDS[of]) for event in events]


CASES: list[tuple[Callable[[Window], MetricFn], Callable[[list[Event]], Any]]] = [
    (lambda window: CountFn(window), len),
    *(
        case
        for of in FIELDS
        for case in (
            (lambda window, of=of: MinimumFn(of, window), lambda events, of=of: min(values(events, of))),
            (lambda window, of=of: MaximumFn(of, window), lambda events, of=of: max(values(events, of))),
            (lambda window, of=of: DistinctFn(of, window), lambda events, of=of: len({*values(events, of)})),
            (lambda window, of=of: TopKFn(of, K, window), lambda events, of=of: oracle.chart(values(events, of), K)),
        )
    ),
]


def expected(events: list[Event], window: Window, value: Callable[[list[Event]], Any]) -> dict[tuple[int, int], Any]:
    groups: dict[tuple[int, int], list[Event]] = {}
    for event in oracle.distinct(events):
        groups.setdefault((event.user, STARTS[window](event.time)), []).append(event)
    return {group: value(found) for group, found in groups.items()}


def combined(function: beam.CombineFn, inputs: list[Any], random: Random) -> Any:
    """What a CombineFn makes of inputs, by a random tree of its verbs, some accumulators having travelled."""
    pool = [function.create_accumulator()]
    for part in inputs:
        known = pool and random.random() < 0.5
        accumulator = pool.pop(random.randrange(len(pool))) if known else function.create_accumulator()
        pool.append(function.add_input(accumulator, part))
    while len(pool) > 1:
        random.shuffle(pool)
        several = random.randint(1, len(pool))
        merged = function.merge_accumulators(pool[:several])
        if random.random() < 0.5:
            merged = function.compact(merged)
        if random.random() < 0.5:
            merged = pickle.loads(pickle.dumps(merged))
        pool = [merged, *pool[several:]]
    return function.extract_output(pool[0])


@pytest.mark.parametrize("window", STARTS)
@pytest.mark.parametrize("seed", range(3))
def test_metrics_of_sets_cut_at_random(window: Window, seed: int) -> None:
    random = Random(f"{window}{seed}")
    events = random_events(seed, 300, users=4, span=random.choice([10**5, 10**8]))
    distinct = oracle.distinct(events)
    random.shuffle(distinct)
    cuts = sorted(random.sample(range(1, len(distinct)), 6))
    parts = [
        unite(columns(distinct[lo:hi]))
        for lo, hi in zip([0, *cuts, *cuts[-1:]], [*cuts, cuts[-1], len(distinct)], strict=True)
    ]
    for make, value in CASES:
        assert combined(make(window), parts, random) == expected(events, window, value)


@pytest.mark.parametrize("seed", range(5))
def test_the_union_of_parts_that_overlap(seed: int) -> None:
    random = Random(seed)
    events = random_events(seed, 200, users=3, span=60)
    parts = [columns(random.sample(events, random.randrange(1, 120))) for _ in range(6)] + [columns(events)]

    def joined(some: list[Any]) -> list[Any]:
        return [flat(unite(np.concatenate(some, axis=1)))]

    function: UnionFn[Any] = UnionFn(joined)
    (found,) = joined(combined(function, parts, random))
    assert [Event(*row) for row in found.T.tolist()] == oracle.distinct(events)
    assert len(combined(UnionFn(None), parts, random)) == len(parts)


def test_a_metric_in_a_pipeline() -> None:
    """The CombineFns are Beam's: under any runner, by key and globally."""
    events = random_events(5, 200, users=5)
    parts = [unite(columns(oracle.distinct(events)[i::3])) for i in range(3)]
    want = [*expected(events, Window.MONTH, lambda found: oracle.chart(values(found, Field.ALBUM), K)).items()]
    with beam.Pipeline("FnApiRunner") as pipeline:
        found = pipeline | beam.Create(parts) | beam.CombineGlobally(TopKFn(Field.ALBUM, K, Window.MONTH))
        assert_that(found | beam.FlatMap(lambda values: values.items()), equal_to(want))


def test_no_events() -> None:
    for make, _ in CASES:
        function = make(Window.WEEK)
        assert function.extract_output(function.compact(function.create_accumulator())) == {}
