"""Profiles of a stream with Beam as everybody writes it: one element per event, a CombinePerKey per user, every 2 s.

`python -m tests.bench.peers.beam_stream KAFKA TOPIC EVENTS OUT` prints the seconds from the first element until the
profiles that were written count all events. It computes what a profile shows, the count, first and last listen and
three charts of ten; no histories, no charts per month or year; and it does not look for repeats.
"""

import heapq
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import orjson
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import trigger
from apache_beam.transforms.window import GlobalWindows

from pipelines import prism
from pipelines.kafka.client import Cluster
from pipelines.kafka.decoding import Events, Format
from pipelines.kafka.source import EVENTS, ReadKafka

K = 10
FIRE_SECONDS = 2

Profile = tuple[int, int, int, list[Counter[int]]]

first: list[float] = []
counts: dict[int, int] = {}


def each(events: Events) -> Iterator[tuple[int, tuple[int, ...]]]:
    """One element per event: the user, and artist, album, track and time."""
    if not first:
        first.append(time.perf_counter())
    for user, *rest in events.columns.T.tolist():
        yield user, tuple(rest)


class Single(beam.DoFn):
    """Takes batches apart: the source is the same as ours, which spares this side the decoding."""

    def process(self, events: Events) -> Iterator[tuple[int, tuple[int, ...]]]:
        yield from each(events)


class ProfileFn(beam.CombineFn):
    """The profile of a user."""

    def create_accumulator(self) -> Profile:
        return 0, 2**63 - 1, 0, [Counter(), Counter(), Counter()]

    def add_input(self, accumulator: Profile, event: tuple[int, ...]) -> Profile:
        count, earliest, latest, plays = accumulator
        for counter, item in zip(plays, event, strict=False):
            counter[item] += 1
        return count + 1, min(earliest, event[3]), max(latest, event[3]), plays

    def merge_accumulators(self, accumulators: Iterable[Profile]) -> Profile:
        total = self.create_accumulator()
        for count, earliest, latest, plays in accumulators:
            merged = [a + b for a, b in zip(total[3], plays, strict=True)]
            total = total[0] + count, min(total[1], earliest), max(total[2], latest), merged
        return total

    def extract_output(self, accumulator: Profile) -> tuple[Any, ...]:
        count, earliest, latest, plays = accumulator
        best = [heapq.nsmallest(K, counter.items(), key=lambda item: (-item[1], item[0])) for counter in plays]
        return count, earliest, latest, best


class Write(beam.DoFn):
    """Writes each profile as a line."""

    def __init__(self, path: str) -> None:
        self.path = path

    def setup(self) -> None:
        self.out = Path(self.path).open("ab")  # noqa: SIM115

    def process(self, profile: tuple[int, tuple[Any, ...]]) -> None:
        self.out.write(orjson.dumps(profile) + b"\n")
        counts[profile[0]] = max(counts.get(profile[0], 0), profile[1][0])

    def finish_bundle(self) -> None:
        self.out.flush()


def main(kafka: str, topic: str, wanted: int, out: str) -> None:
    """Runs until all events are counted."""
    options = PipelineOptions(["--streaming"])
    with prism.running(options) as runner:
        pipeline = beam.Pipeline(runner=runner, options=options)
        batches = (pipeline | ReadKafka(Cluster(kafka, "beam-as-usual"), {topic: None}, Format()))[EVENTS]
        _ = (
            batches
            | beam.ParDo(Single()).with_output_types(tuple[int, Any])
            | beam.WindowInto(
                GlobalWindows(),
                trigger=trigger.Repeatedly(trigger.AfterProcessingTime(FIRE_SECONDS)),
                accumulation_mode=trigger.AccumulationMode.ACCUMULATING,
            )
            | beam.CombinePerKey(ProfileFn())
            | beam.ParDo(Write(out))
        )
        result = pipeline.run()
        threading.Thread(target=result.wait_until_finish, daemon=True).start()
        while sum(counts.copy().values()) < wanted:
            time.sleep(0.05)
        print(time.perf_counter() - first[0], flush=True)
        result.cancel()


if __name__ == "__main__":
    from tests.bench.peers import beam_stream  # what is in `__main__` is pickled by value, the counts too

    beam_stream.main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
