"""The HetRec Last.fm data, its splits, and how recommendations are measured on it.

92,834 play counts of users and artists, which the package `graphdatascience` brings along (Cantador, Brusilovsky &
Kuflik 2011). Artists with at least 5 listeners; of each user and artist 80 % of the pairs are known, the others are to
be found among all artists that the user is not known to play.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import sparse

K = 20
LEAST_LISTENERS = 5
KNOWN = 0.8

Scores = NDArray[np.float64]
"""float64[users, artists]."""


class Split(NamedTuple):
    """Plays of users (rows) and artists (columns): what is known, and 1 for each pair that is to be found."""

    known: sparse.csr_matrix
    hidden: sparse.csr_matrix


class Quality(NamedTuple):
    """Means over the users who have something hidden."""

    recall: float
    ndcg: float


def splits(seeds: int) -> Iterator[Split]:
    """One split for each seed."""
    path = files("graphdatascience") / "resources/lastfm/user_listen_artist_rels.parquet.gzip"
    table = pq.read_table(str(path))
    user, artist, plays = (table[name].to_numpy() for name in ("sourceNodeId", "targetNodeId", "weight"))
    _, artist, listeners = np.unique(artist, return_inverse=True, return_counts=True)
    kept = listeners[artist] >= LEAST_LISTENERS
    (_, user), (_, artist) = (np.unique(ids[kept], return_inverse=True) for ids in (user, artist))
    for seed in range(seeds):
        known = np.random.default_rng(seed).random(len(user)) < KNOWN
        yield Split(_matrix(user, artist, plays[kept], known), _matrix(user, artist, np.ones(len(user)), ~known))


def _matrix(user: NDArray[np.int64], artist: NDArray[np.int64], values: NDArray[np.generic], part: NDArray[np.bool_]):  # type: ignore[no-untyped-def]
    shape = (user.max() + 1, artist.max() + 1)
    return sparse.csr_matrix((values[part].astype(float), (user[part], artist[part])), shape=shape)


def quality(scores: Scores, split: Split) -> Quality:
    """Recall and NDCG at K: hits as a part of what can be hit, and that with places counted."""
    scores = scores.copy()
    scores[split.known.nonzero()] = -np.inf
    users = np.flatnonzero(np.diff(split.hidden.indptr))
    best = np.argsort(-scores[users], axis=1, kind="stable")[:, :K]
    hits = np.take_along_axis(split.hidden[users].toarray(), best, axis=1)
    possible = np.minimum(np.diff(split.hidden.indptr)[users], K)
    gains = 1 / np.log2(np.arange(2, K + 2))
    return Quality(
        float((hits.sum(axis=1) / possible).mean()),
        float((hits @ gains / np.cumsum(gains)[possible - 1]).mean()),
    )
