"""Step 3: a batch of events is columns: NumPy parses, sorts and counts them."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
from numpy.typing import NDArray

from tests.docs.steps import common

Columns = NDArray[np.int64]
"""Events: user, artist, album, track, time: int64[5, events]."""


def parse(block: bytes) -> Columns:
    """The events in a block of lines."""
    return np.fromstring(block.decode(), np.int64, sep=" ").reshape(-1, 5).T


def by_user(block: bytes) -> Iterator[tuple[int, Columns]]:
    """The events in a block of lines: one element for each user in it."""
    events = parse(block)
    events = events[:, np.argsort(events[0], kind="stable")]
    users, starts = np.unique(events[0], return_index=True)
    yield from zip(users.tolist(), np.split(events, starts[1:], axis=1), strict=True)


def unite(parts: Iterable[Columns]) -> Columns:
    """The set of the events in some columns, by user, time, track: of repeats the smallest artist and album stays."""
    events = np.concatenate([*parts], axis=1)
    user, artist, album, track, time = events
    events = events[:, np.lexsort((album, artist, track, time, user))]
    identity = events[[0, 4, 3]]
    return events[:, np.append(True, (identity[:, 1:] != identity[:, :-1]).any(axis=0))]


class History(beam.CombineFn):
    """The set of a user's events. Accumulators are columns, which unite at any time and in any order."""

    def create_accumulator(self) -> list[Columns]:
        return []

    def add_input(self, parts: list[Columns], columns: Columns) -> list[Columns]:
        return [*parts, columns]

    def merge_accumulators(self, accumulators: Iterable[list[Columns]]) -> list[Columns]:
        return [part for parts in accumulators for part in parts]

    def compact(self, parts: list[Columns]) -> list[Columns]:
        return [unite(parts)] if parts else parts

    def extract_output(self, parts: list[Columns]) -> Columns:
        return unite(parts)


def show(user: int, history: Columns) -> str:
    """The line of a user."""
    _, artists, albums, tracks, times = history
    charts = [top(items) for items in (artists, albums, tracks)]
    return common.line(user, len(times), times[0], times[-1], charts)


def top(items: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The ten most played: plays descending, then id ascending."""
    ids, plays = np.unique(items, return_counts=True)
    best = np.lexsort((ids, -plays))[:10]
    return [*zip(ids[best].tolist(), plays[best].tolist(), strict=True)]


def build(blocks: "beam.PCollection[bytes]") -> "beam.PCollection[str]":
    """The pipeline."""
    return (
        blocks
        | "parse" >> beam.FlatMap(by_user)
        | "unite" >> beam.CombinePerKey(History())
        | "show" >> beam.MapTuple(show)
    )


if __name__ == "__main__":
    common.run(build)
