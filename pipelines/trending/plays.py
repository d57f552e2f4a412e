"""Plays per item as columns: adding up, and the most played."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.events import Field
from store.profiles.combiners import TopK
from store.profiles.combiners.combiner import Groups
from store.profiles.combiners.tally import Tally

KINDS = ("artists", "albums", "tracks")

Plays = NDArray[np.int64]
"""Kind (its index in KINDS) and id of items, ascending, and the plays of each: int64[3, items].

Plays are never 0. Differences may be negative.
"""

Charts: TypeAlias = Mapping[str, list[dict[str, int]]]
"""The most played items of each kind: plays descending, then id ascending."""

NONE: Plays = np.empty((3, 0), np.int64)


def tally_of(plays: Plays) -> Tally:
    """Plays as an accumulator of TopK, with a group for each kind."""
    kinds, first = np.unique(plays[0], return_index=True)
    groups = Groups(kinds, np.zeros(len(kinds), np.int64))
    ids, counts = np.ascontiguousarray(plays[1:])
    return Tally(groups, np.append(first, plays.shape[1]).astype(np.int64), ids, counts)


def plays_of(tally: Tally) -> Plays:
    """The plays in an accumulator of TopK."""
    kinds = np.repeat(tally.groups.users, np.diff(tally.offsets))
    plays = np.stack([kinds, tally.ids, tally.plays])[:, tally.plays != 0]
    return plays[:, np.lexsort((plays[1], plays[0]))]


def added(parts: Iterable[Plays]) -> Plays:
    """The sum of several plays."""
    return plays_of(TopK(Field.ARTIST, 1).merge([tally_of(part) for part in parts]))


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
    tally = tally_of(plays)
    charts = dict(zip(tally.groups.users.tolist(), TopK(Field.ARTIST, k).values(tally), strict=True))
    return {kind: charts[number]["topK"] if number in charts else [] for number, kind in enumerate(KINDS)}
