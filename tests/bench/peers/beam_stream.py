"""Profiles of a stream with Beam as everybody writes it: one element per event, a CombinePerKey per user, every 2 s.

`python -m tests.bench.peers.beam_stream KAFKA TOPIC EVENTS OUT` prints the seconds from the first element until the
profiles that were written count all events. Each message is an element, read from a partition by a splittable DoFn; a
user's listens are a set, so that repeats do not count; a profile is what a page shows, the count, first and last listen
and three charts of ten, and is put into LMDB. It has no histories in the store, no charts per month or year, nothing
that is trending, no rejects and no deletions, and its set is lost with the runner.
"""

import heapq
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import apache_beam as beam
import lmdb
import orjson
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import trigger
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.timestamp import Duration
from confluent_kafka import Consumer, TopicPartition

from pipelines.runners import prism

K = 10
FIRE_SECONDS = 2
AT_ONCE = 10_000
"""Messages that are read before a bundle ends."""

WAIT_SECONDS = 0.1
STORE_BYTES = 1 << 34


class Listen(NamedTuple):
    """A listening event of a user."""

    artist: int
    album: int
    track: int
    time: int


begun: list[float] = []
counts: dict[int, int] = {}
consumers: dict[int, tuple[Any, int]] = {}
"""The consumer of each partition, and where it is."""


class _Tracker(OffsetRestrictionTracker):
    def is_bounded(self) -> bool:
        return False

    def try_split(self, fraction_of_remainder: float) -> Any:
        return super().try_split(0) if fraction_of_remainder == 0 else None


class ReadMessages(beam.DoFn, RestrictionProvider):
    """From partitions to messages, (key, value)."""

    def __init__(self, kafka: str, topic: str) -> None:
        self.kafka, self.topic = kafka, topic

    def initial_restriction(self, partition: int) -> OffsetRange:
        return OffsetRange(0, 2**63 - 1)

    def create_tracker(self, restriction: OffsetRange) -> _Tracker:
        return _Tracker(restriction)

    def restriction_size(self, partition: int, restriction: OffsetRange) -> float:
        return 1.0

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        partition: int,
        finalizer: Any = beam.DoFn.BundleFinalizerParam,
        tracker: Any = beam.DoFn.RestrictionParam(),  # noqa: B008
    ) -> Iterator[tuple[bytes, bytes]]:
        finalizer.register(_nothing)  # Prism finalizes every bundle
        start = tracker.current_restriction().start
        consumer, position = consumers.pop(partition, None) or (self._consumer(), None)
        if position != start:
            consumer.assign([TopicPartition(self.topic, partition, start)])
        for message in consumer.consume(AT_ONCE, WAIT_SECONDS):
            if not tracker.try_claim(message.offset()):
                break
            if not begun:
                begun.append(time.perf_counter())
            start = message.offset() + 1
            yield message.key(), message.value()
        consumers[partition] = consumer, start
        tracker.defer_remainder(Duration(seconds=0))

    def _consumer(self) -> Any:
        return Consumer({"bootstrap.servers": self.kafka, "group.id": "usual", "enable.auto.commit": False})


def _nothing() -> None:
    """The end of a bundle."""


class _Asks(beam.DoFn):
    """Prism finalizes the stage before a splittable DoFn too, and the worker fails if nobody there asks for it."""

    def process(self, element: int, finalizer: Any = beam.DoFn.BundleFinalizerParam) -> Iterator[int]:
        finalizer.register(_nothing)
        yield element


def parse(message: tuple[bytes, bytes]) -> tuple[int, Listen]:
    """The user and the listen in a message."""
    event = orjson.loads(message[1])
    return event["userId"], Listen(event["artistId"], event["albumId"], event["trackId"], event["timestamp"])


class ProfileFn(beam.CombineFn):
    """The profile of a user, from the set of their listens."""

    def create_accumulator(self) -> set[Listen]:
        return set()

    def add_input(self, listens: set[Listen], listen: Listen) -> set[Listen]:
        listens.add(listen)
        return listens

    def merge_accumulators(self, accumulators: Iterable[set[Listen]]) -> set[Listen]:
        return set[Listen]().union(*accumulators)

    def extract_output(self, listens: set[Listen]) -> dict[str, Any]:
        times = [listen.time for listen in listens]
        profile = {"count": len(listens), "first": min(times), "last": max(times)}
        return profile | {kind: _chart(getattr(listen, kind) for listen in listens) for kind in Listen._fields[:3]}


def _chart(items: Iterable[int]) -> list[tuple[int, int]]:
    return heapq.nsmallest(K, Counter(items).items(), key=lambda entry: (-entry[1], entry[0]))


@cache
def opened(path: str) -> Any:
    """The environment in a folder, which a process opens once."""
    return lmdb.open(path, map_size=STORE_BYTES)


class Write(beam.DoFn):
    """Puts profiles into LMDB, those of a bundle in one transaction."""

    def __init__(self, path: str) -> None:
        self.path = path

    def setup(self) -> None:
        self.store = opened(self.path)

    def start_bundle(self) -> None:
        self.profiles: dict[int, dict[str, Any]] = {}

    def process(self, profile: tuple[int, dict[str, Any]]) -> None:
        self.profiles[profile[0]] = profile[1]

    def finish_bundle(self) -> None:
        with self.store.begin(write=True) as transaction:
            for user, profile in self.profiles.items():
                transaction.put(user.to_bytes(8, "big"), orjson.dumps(profile))
        for user, profile in self.profiles.items():
            counts[user] = max(counts.get(user, 0), profile["count"])


def main(kafka: str, topic: str, wanted: int, out: str) -> None:
    """Runs until all events are counted."""
    options = PipelineOptions(["--streaming"])
    with prism.running(options) as runner:
        pipeline = beam.Pipeline(runner=runner, options=options)
        _ = (
            pipeline
            | beam.Create([*range(partitions_of(kafka, topic))], reshuffle=False)
            | beam.Reshuffle()
            | beam.ParDo(_Asks())
            | beam.ParDo(ReadMessages(kafka, topic)).with_output_types(tuple[bytes, bytes])
            | beam.Map(parse).with_output_types(tuple[int, Any])
            | beam.WindowInto(
                GlobalWindows(),
                trigger=trigger.Repeatedly(trigger.AfterProcessingTime(FIRE_SECONDS)),
                accumulation_mode=trigger.AccumulationMode.ACCUMULATING,
            )
            | beam.CombinePerKey(ProfileFn())
            | beam.ParDo(Write(out))
        )
        result = pipeline.run()
        running = threading.Thread(target=result.wait_until_finish, daemon=True)
        running.start()
        while sum(counts.copy().values()) < wanted:
            if not running.is_alive():
                raise RuntimeError("the pipeline has ended")
            time.sleep(0.05)
        print(time.perf_counter() - begun[0], flush=True)
        result.cancel()


def partitions_of(kafka: str, topic: str) -> int:
    """How many partitions a topic has."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "usual"})
    try:
        return len(consumer.list_topics(topic).topics[topic].partitions)
    finally:
        consumer.close()


if __name__ == "__main__":
    from tests.bench.peers import beam_stream  # what is in `__main__` is pickled by value, the counts too

    beam_stream.main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
