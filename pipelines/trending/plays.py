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
