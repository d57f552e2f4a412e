"""Connections to Kafka: readers of partitions, which remember where they are, and the offsets of a group.

confluent_kafka is imported where it is used: what a DoFn refers to is pickled, and its classes cannot be.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pipelines.runners import outages

_T = TypeVar("_T")

SECONDS = 5.0
"""How long a request may take before it is repeated."""

PREFETCHED_KILOBYTES = 16 << 10
"""Of messages which a reader keeps ready."""

_log = logging.getLogger(__name__)


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


class Bounds(NamedTuple):
    """The offsets of a partition's first message and after its last one."""

    first: int
    end: int


@dataclass(frozen=True)
class Cluster:
    """A Kafka cluster, as one group of consumers sees it.

    Attributes:
        address: HOST:PORT of a broker, or several between commas.
        group: whose offsets are committed.
    """

    address: str
    group: str

    def __str__(self) -> str:
        return f"Kafka at {self.address}"

    def consumer(self, **settings: Any) -> Any:
        """A new consumer."""
        from confluent_kafka import Consumer

        return Consumer(
            {
                "bootstrap.servers": self.address,
                "group.id": self.group,
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "queued.max.messages.kbytes": PREFETCHED_KILOBYTES,
                "reconnect.backoff.max.ms": 1000,
                "log_level": 2,
                **settings,
            }
        )

    def topics(self) -> frozenset[str]:
        """The names of all topics; waits until the broker answers."""
        with closing(self.consumer()) as consumer:
            return frozenset(patient(lambda: consumer.list_topics(timeout=SECONDS), str(self)).topics)

    def partitions(self, topics: Sequence[str]) -> list[Partition]:
        """The partitions of topics; waits until the broker answers and the topics exist."""
        with closing(self.consumer()) as consumer:
            return [
                partition
                for topic in topics
                for partition in patient(partial(_partitions, consumer, topic), f"{self}, topic {topic}")
            ]

    def start(self, partition: Partition) -> int:
        """The offset at which to go on reading: the one that was committed, or the first."""
        with closing(self.consumer()) as consumer:
            committed = patient(partial(_committed, consumer, partition), str(self))
            bounds = patient(partial(bounds_of, consumer, partition), str(self))
        return bounds.first if committed is None else within(partition, committed, bounds)


def _partitions(consumer: Any, topic: str) -> list[Partition]:
    found = consumer.list_topics(topic, timeout=SECONDS).topics[topic]
    _raise(found.error)
    return [Partition(topic, number) for number in sorted(found.partitions)]


def _committed(consumer: Any, partition: Partition) -> int | None:
    from confluent_kafka import TopicPartition

    (found,) = consumer.committed([TopicPartition(*partition)], timeout=SECONDS)
    _raise(found.error)
    return int(found.offset) if found.offset >= 0 else None


def bounds_of(consumer: Any, partition: Partition) -> Bounds:
    """The offsets which a partition has, asked from the broker."""
    from confluent_kafka import KafkaException, TopicPartition

    try:
        return Bounds(*consumer.get_watermark_offsets(TopicPartition(*partition), timeout=SECONDS))
    except KafkaException:
        # A consumer that once heard of no leader believes so for minutes, unless it is told to look again.
        consumer.list_topics(partition.topic, timeout=SECONDS)
        raise


def partitions_at_present(consumer: Any, topics: Collection[str], seconds: float) -> frozenset[Partition]:
    """The partitions of those topics that exist; raises KafkaAwayError if the broker does not tell in time."""
    found = _asked(lambda: consumer.list_topics(timeout=seconds)).topics
    return frozenset(
        Partition(topic, number) for topic in topics if topic in found for number in found[topic].partitions
    )


def _raise(error: Any) -> None:
    from confluent_kafka import KafkaException

    if error is not None:
        raise KafkaException(error)


def within(partition: Partition, offset: int, bounds: Bounds) -> int:
    """The offset, or, if the partition does not have it, the first one that it has; says so."""
    if bounds.first <= offset <= bounds.end:
        return offset
    if offset < bounds.first:
        lost = f"{bounds.first - offset:,} messages were deleted from it before they were read"
    else:
        lost = f"it ends at {bounds.end}, before offset {offset}, so it was made anew"
    _log.warning("topic %s, partition %d: %s; going on at its beginning", *partition, lost)
    return bounds.first


def patient(ask: Callable[[], _T], what: str) -> _T:
    """What `ask` gives, as soon as Kafka gives it: an outage is waited for, with log lines."""
    return outages.patient(partial(_asked, ask), what, KafkaAwayError)


class KafkaAwayError(Exception):
    """Kafka did not do what it was asked; says why."""


def _asked(ask: Callable[[], _T]) -> _T:
    from confluent_kafka import KafkaException

    try:
        return ask()
    except KafkaException as error:
        raise KafkaAwayError(error.args[0].str()) from error
