"""Step 2: an element is a batch of lines, and one combiner does all the work on a user's events."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import apache_beam as beam

from tests.docs.steps import common

Event = tuple[int, ...]
History = dict[tuple[int, int], tuple[int, int]]
"""The artist and the album by time and track."""


def by_user(block: bytes) -> Iterator[tuple[int, list[Event]]]:
    """The events in a block of lines: one element for each user in it."""
    events: dict[int, list[Event]] = defaultdict(list)
    for line in block.splitlines():
        user, *event = map(int, line.split(b"\t"))
        events[user].append(tuple(event))
    yield from events.items()


class Profile(beam.CombineFn):
    """From a user's events to what is shown of them. The accumulator is the set of the events."""

    def create_accumulator(self) -> History:
        return {}

    def add_input(self, history: History, events: list[Event]) -> History:
        for artist, album, track, time in events:
            found = history.get((time, track), (artist, album))
            history[time, track] = min(found, (artist, album))
        return history

    def merge_accumulators(self, histories: Iterable[History]) -> History:
        merged: History = {}
        for history in histories:
            for (time, track), (artist, album) in history.items():
                self.add_input(merged, [(artist, album, track, time)])
        return merged

    def extract_output(self, history: History) -> tuple[int, int, int, list[list[tuple[int, int]]]]:
        times = [time for time, _ in history]
        artists, albums = zip(*history.values(), strict=True)
        tracks = [track for _, track in history]
        return len(times), min(times), max(times), [top(items) for items in (artists, albums, tracks)]


def top(items: Iterable[int]) -> list[tuple[int, int]]:
    """The ten most played: plays descending, then id ascending."""
    return sorted(Counter(items).items(), key=lambda found: (-found[1], found[0]))[:10]


def build(blocks: "beam.PCollection[bytes]") -> "beam.PCollection[str]":
    """The pipeline."""
    return (
        blocks
        | "parse" >> beam.FlatMap(by_user)
        | "profile" >> beam.CombinePerKey(Profile())
        | "show" >> beam.MapTuple(lambda user, profile: common.line(user, *profile))
    )


if __name__ == "__main__":
    common.run(build)
