"""Step 4: a key is a shard of many users, whose profiles are computed together."""

from collections.abc import Iterator

import apache_beam as beam
import numpy as np
from numpy.typing import NDArray

from tests.docs.steps import common
from tests.docs.steps.columns import Columns, History, parse

SHARDS = 16


def by_shard(block: bytes) -> Iterator[tuple[int, Columns]]:
    """The events in a block of lines: one element for each shard of users."""
    events = parse(block)
    shards = events[0] % SHARDS
    yield from ((shard, events[:, shards == shard]) for shard in range(SHARDS) if (shards == shard).any())


def show(events: Columns) -> Iterator[str]:
    """The lines of the users of a shard."""
    users, starts, counts = np.unique(events[0], return_index=True, return_counts=True)
    first, last = events[4, starts], events[4, starts + counts - 1]
    charts = zip(*(top(events[0], items, users) for items in events[1:4]), strict=True)
    found = zip(users.tolist(), counts.tolist(), first.tolist(), last.tolist(), charts, strict=True)
    yield from (common.line(*profile) for profile in found)


def top(user: NDArray[np.int64], item: NDArray[np.int64], users: NDArray[np.int64]) -> list[list[tuple[int, int]]]:
    """The ten most played of each user: plays descending, then id ascending."""
    order = np.lexsort((item, user))
    user, item = user[order], item[order]
    begins = np.flatnonzero(np.append(True, (user[1:] != user[:-1]) | (item[1:] != item[:-1])))
    user, item, plays = user[begins], item[begins], np.diff(np.append(begins, len(item)))
    best = np.lexsort((item, -plays, user))
    starts = np.searchsorted(user, users)  # `user` is sorted, before and after
    rank = np.arange(len(user)) - np.repeat(starts, np.diff(np.append(starts, len(user))))
    best = best[rank < 10]
    pairs = [*zip(item[best].tolist(), plays[best].tolist(), strict=True)]
    ends = np.cumsum(np.bincount(np.searchsorted(users, user[best]))).tolist()
    return [pairs[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def build(blocks: "beam.PCollection[bytes]") -> "beam.PCollection[str]":
    """The pipeline."""
    return (
        blocks
        | "parse" >> beam.FlatMap(by_shard)
        | "unite" >> beam.CombinePerKey(History())
        | "show" >> beam.FlatMapTuple(lambda shard, events: show(events))
    )


if __name__ == "__main__":
    common.run(build)
