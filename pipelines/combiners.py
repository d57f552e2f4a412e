"""The combiners as CombineFns of Beam, with columnar accumulators that merge in any order and any tree.

What is combined is a set, so repeats have to go first: `UnionFn` unites the parts of histories, and the others combine
disjoint sets of events, by user and window, with the combiners of `store.profiles.combiners`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import apache_beam as beam

from schemas.events import Field
from schemas.metrics import Window
from store.histories.event_set import EventSet
from store.profiles.combiners import Combiner, Count, Distinct, Maximum, Minimum, TopK
from store.profiles.windows import windows

T = TypeVar("T")


class UnionFn(beam.CombineFn, Generic[T]):
    """Unites parts of sets. A part is a set as columns, so parts can be united at any time, in any order.

    Args:
        unite: makes few parts of many, for the way to another worker; None where only places of parts travel, which
            are better united once, in the end.
    """

    def __init__(self, unite: Callable[[list[T]], list[T]] | None) -> None:
        self._unite = unite

    def create_accumulator(self) -> list[T]:
        return []

    def add_input(self, accumulator: list[T], part: T) -> list[T]:
        accumulator.append(part)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[T]]) -> list[T]:
        return [part for accumulator in accumulators for part in accumulator]

    def compact(self, accumulator: list[T]) -> list[T]:
        return self._unite(accumulator) if self._unite and len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[T]) -> Any:
        return accumulator


class MetricFn(UnionFn[Any]):
    """From disjoint sets of events to the value of each user and window: `{(user, start): value}`."""

    def __init__(self, combiner: Combiner, window: Window) -> None:
        super().__init__(lambda parts: [combiner.merge(parts)])
        self.combiner, self.window = combiner, window

    def add_input(self, accumulator: list[Any], events: EventSet) -> list[Any]:
        accumulator.append(self.combiner.add(events, windows(self.window, events.times, events.starts)))
        return accumulator

    def extract_output(self, accumulator: list[Any]) -> Mapping[tuple[int, int], Any]:
        merged = self.combiner.merge(accumulator)
        users, starts = merged.groups
        return dict(zip(zip(users.tolist(), starts.tolist(), strict=True), self.combiner.values(merged), strict=True))


class CountFn(MetricFn):
    """How many events there are."""

    def __init__(self, window: Window = Window.ALL) -> None:
        super().__init__(Count(), window)


class MinimumFn(MetricFn):
    """The least value of a field."""

    def __init__(self, of: Field, window: Window = Window.ALL) -> None:
        super().__init__(Minimum(of), window)


class MaximumFn(MetricFn):
    """The greatest value of a field."""

    def __init__(self, of: Field, window: Window = Window.ALL) -> None:
        super().__init__(Maximum(of), window)


class DistinctFn(MetricFn):
    """How many different items a field has."""

    def __init__(self, of: Field, window: Window = Window.ALL) -> None:
        super().__init__(Distinct(of), window)


class TopKFn(MetricFn):
    """The k most played items of a field."""

    def __init__(self, of: Field, k: int, window: Window = Window.ALL) -> None:
        super().__init__(TopK(of, k), window)
