"""From visits to recommendations: items that the user does not know, best first, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from serving.recommender import walks
from serving.recommender.view import View
from serving.recommender.walks import Visits
from store.compiled import jit
from store.hashing import number_items, room

POPULARITY_EXPONENT = 0.6
POPULARITY_OFFSET = 20
"""A score is divided by (listeners + 20) ** 0.6: chosen on the data that `tests.bench.recommender` measures."""

MOST_REASONS = 3
"""Items that are named as a reason for a recommendation."""


class Algorithm(StrEnum):
    """How walks go and what their visits are worth."""

    PATHS = "paths"
    SALSA = "salsa"


@dataclass(frozen=True)
class Walks:
    """How many walkers start, how many half-steps each takes, and how likely it returns home before one to an item."""

    walks: int
    length: int
    reset: float


DEFAULTS: Mapping[Algorithm, Walks] = {
    Algorithm.PATHS: Walks(10_000, 3, 0.0),
    Algorithm.SALSA: Walks(1000, 100, 0.1),
}


class Recommendation(NamedTuple):
    """An item, how it scored, and the user's own items whose walks led there most."""

    id: int
    score: float
    because: list[int]


def recommend(view: View, user: int, algorithm: Algorithm, how: Walks, seed: int, limit: int) -> list[Recommendation]:
    """The best items that a user does not know, best first, of equal ones the lower id.

    Args:
        user: the number of a user who plays something.
        seed: the same seed gives the same recommendations.
    """
    walk: Callable[..., Visits] = walks.salsa if algorithm == Algorithm.SALSA else walks.paths
    visits = walk(view.users_side, view.items_side, user, how.walks, how.length, how.reset, seed)
    own = view.items_of(user)
    items, sums, numbers = _tally(own, visits.items, visits.weights)
    known = len(own)
    scores = sums[known:]
    if algorithm == Algorithm.PATHS:
        scores = scores / how.walks / _penalties(view.users.bit_length())[view.degrees(items[known:])]
    best, ids = _best(scores, lambda places: view.item_ids(items[known + places]), limit)
    reasons = _reasons(best + known, numbers, visits, own, view)
    found = zip(best.tolist(), ids.tolist(), strict=True)
    return [Recommendation(item, float(scores[place]), reasons[known + place]) for place, item in found]


@lru_cache
def _penalties(bits: int) -> NDArray[np.float64]:
    """What scores are divided by, for each number of listeners that has these bits: powers take long."""
    penalties: NDArray[np.float64] = np.power(np.arange(1 << bits) + POPULARITY_OFFSET, POPULARITY_EXPONENT)
    return penalties


def _best(
    scores: NDArray[np.float64], ids_of: Callable[[NDArray[np.int64]], NDArray[np.int64]], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the best scores and the ids there, best first, of equal ones the lower id."""
    places, ascending = np.arange(len(scores)), -scores  # from the end where few are equal the best are found sooner
    if len(scores) > limit:
        places = np.flatnonzero(ascending <= np.partition(ascending, limit - 1)[limit - 1])
    ids = ids_of(places)
    order = np.lexsort((ids, ascending[places]))[:limit]
    return places[order], ids[order]


def compile_walks(view: View) -> None:
    """Walks once by each algorithm, so that what is to be compiled is when the first request comes."""
    start = next((user for user in range(view.users) if len(view.items_of(user))), None)
    if start is not None:
        for algorithm, how in DEFAULTS.items():
            recommend(view, start, algorithm, how, seed=0, limit=1)


def _tally(
    own: NDArray[np.int64], items: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int32]]:
    """The distinct items of `own` and `items`, in this order, the sum of the weights of each, the visits' numbers."""
    both = np.concatenate((own, items))
    table, number, distinct = room(len(both))
    found = number_items(both, 0, len(both), number, distinct, table)
    numbers = number[len(own) :]
    sums = np.bincount(numbers, weights, minlength=found).astype(np.float64, copy=False)
    return distinct[:found], sums, numbers


def _reasons(
    chosen: NDArray[np.int64], numbers: NDArray[np.int32], visits: Visits, own: NDArray[np.int64], view: View
) -> dict[int, list[int]]:
    """For each chosen number the ids of the user's items through which most weight of its visits came."""
    shares = _shares(np.sort(chosen), numbers, visits.weights, visits.origins, len(own))
    ids = view.item_ids(own)
    reasons = {}
    for number, share in zip(np.sort(chosen).tolist(), shares, strict=True):
        through = np.flatnonzero(share)
        _, found = _best(share[through], ids[through].take, MOST_REASONS)
        reasons[number] = found.tolist()
    return reasons


@jit
def _shares(chosen, numbers, weights, origins, own):  # type: ignore[no-untyped-def]
    """The weights of the visits to each chosen number, ascending, by origin: float64[chosen, own]."""
    shares = np.zeros((len(chosen), own))
    row = np.full(max(1, len(chosen) and chosen[-1] + 1), -1, np.int32)
    for r in range(len(chosen)):
        row[chosen[r]] = r
    for visit in range(len(numbers)):
        number = numbers[visit]
        if number < len(row) and row[number] >= 0:
            shares[row[number], origins[visit]] += weights[visit]
    return shares
