"""Combiners: how the events of windows become values, by Beam's four verbs over columns.

    create() -> accumulator, add(events, windows) -> accumulator, merge(accumulators) -> accumulator, values(of it)

An accumulator holds any number of groups, each of a user and a window. Accumulators of disjoint sets of events merge in
any order and any tree to the same values. `pipelines.combiners` has them as CombineFns of Beam.
"""

from collections.abc import Mapping

from schemas.metrics import Combine
from store.profiles.combiners.combiner import Combiner
from store.profiles.combiners.count import Count
from store.profiles.combiners.distinct import Distinct
from store.profiles.combiners.extrema import Maximum, Minimum
from store.profiles.combiners.topk import TopK

COMBINERS: Mapping[Combine, type[Combiner]] = {
    Combine.COUNT: Count,
    Combine.MINIMUM: Minimum,
    Combine.MAXIMUM: Maximum,
    Combine.DISTINCT: Distinct,
    Combine.TOP_K: TopK,
}

__all__ = ["COMBINERS", "Combiner", "Count", "Distinct", "Maximum", "Minimum", "TopK"]
