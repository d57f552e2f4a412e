"""Plays per item as columns: adding up, and the most played."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

KINDS = ("artists", "albums", "tracks")

Plays = NDArray[np.int64]
"""Kind (its index in KINDS) and id of items, ascending, and the plays of each: int64[3, items].

Plays are never 0. Differences may be negative.
"""

Charts: TypeAlias = Mapping[str, list[dict[str, int]]]
"""The most played items of each kind: plays descending, then id ascending."""

NONE: Plays = np.empty((3, 0), np.int64)


def added(parts: Iterable[Plays]) -> Plays:
    """The sum of several plays."""
    every = np.concatenate([NONE, *parts], axis=1)
    kinds, ids, plays = every[:, np.lexsort((every[1], every[0]))]
    starts = np.flatnonzero(np.diff(kinds, prepend=-1) | np.diff(ids, prepend=-1))
    sums = np.add.reduceat(plays, starts) if len(starts) else plays
    return np.stack([kinds[starts], ids[starts], sums])[:, sums != 0]


def include(total: Plays, plays: Plays) -> Plays:
    """The sum of both, which takes the place of `total`; it may have plays of 0.

    It costs a look for each item of `plays`, and a copy of `total` if some are new.
    """
    places = np.concatenate([_places(total, kind, plays[1, plays[0] == kind]) for kind in range(len(KINDS))])
    known = np.zeros(len(places), np.bool_)
    within = places < total.shape[1]
    known[within] = np.all(total[:2, places[within]] == plays[:2, within], axis=0)
    total[2, places[known]] += plays[2, known]
    return total if known.all() else np.insert(total, places[~known], plays[:, ~known], axis=1)


def _places(total: Plays, kind: int, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where items are in the total, or belong."""
    first, end = np.searchsorted(total[0], (kind, kind + 1))
    places: NDArray[np.int64] = first + np.searchsorted(total[1, first:end], ids)
    return places


def charts_of(plays: Plays, k: int) -> Charts:
    """The k most played items of each kind."""
    return {kind: _top(plays[1:, (plays[0] == number) & (plays[2] > 0)], k) for number, kind in enumerate(KINDS)}


def _top(plays: Plays, k: int) -> list[dict[str, int]]:
    ids, counts = plays
    if len(ids) > k:
        least = np.partition(counts, -k)[-k]
        ids, counts = ids[counts >= least], counts[counts >= least]
    order = np.argsort(-counts, kind="stable")[:k]
    return [{"id": i, "countPlays": n} for i, n in zip(ids[order].tolist(), counts[order].tolist(), strict=True)]
