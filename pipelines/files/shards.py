"""Shards of users: which one a user is in, and columns of events split by it."""

from itertools import pairwise
from typing import Any

import numpy as np
from numba import int64, uint64
from numpy.typing import NDArray

from pipelines.files.event_lines import COLUMNS
from schemas.events import USER
from store.compiled import jit
from store.hashing import hash_of
from store.histories.event_set import Columns


@jit
def _shard_of(user, shards):  # type: ignore[no-untyped-def]
    return int64((hash_of(user, 32) * uint64(shards)) >> uint64(32))


@jit
def _add_up_shards(users, rows, starts):  # type: ignore[no-untyped-def]
    """Makes of zeros the first row of each shard once the rows are ordered by shard, and the end: int64[shards + 1]."""
    shards = len(starts) - 1
    user, shard = int64(-1), int64(0)
    for i in range(rows):
        if users[i] != user:
            user = users[i]
            shard = _shard_of(user, shards)
        starts[shard + 1] += 1
    for shard in range(shards):
        starts[shard + 1] += starts[shard]


@jit
def _scatter(columns, rows, starts, place, out):  # type: ignore[no-untyped-def]
    """Copies rows to their shards; a shard's columns follow each other in `out`. `place` begins like `starts`."""
    shards = len(starts) - 1
    user, shard = int64(-1), int64(0)
    for i in range(rows):
        if columns[0, i] != user:
            user = columns[0, i]
            shard = _shard_of(user, shards)
        size = starts[shard + 1] - starts[shard]
        q = starts[shard] * COLUMNS + place[shard] - starts[shard]
        place[shard] += 1
        for column in range(COLUMNS):
            out[q + column * size] = columns[column, i]


def scatter(columns: Columns, rows: int, shards: int, wide: bool) -> list[tuple[int, NDArray[Any]]]:
    """Splits the first `rows` rows into shards of users, keeping their order.

    Returns:
        (shard, columns) for each shard that has rows; the columns are one flat array, of uint32 unless `wide`.
    """
    starts = np.zeros(shards + 1, np.int64)
    _add_up_shards(columns[USER], rows, starts)
    out = np.empty(rows * COLUMNS, np.int64 if wide else np.uint32)
    _scatter(columns, rows, starts, starts.copy(), out)
    bounds = (starts * COLUMNS).tolist()
    return [(shard, out[lo:hi]) for shard, (lo, hi) in enumerate(pairwise(bounds)) if lo < hi]
