"""Connections to Kafka: readers of partitions, which remember where they are, and the offsets of a group.

confluent_kafka is imported where it is used: what a DoFn refers to is pickled, and its classes cannot be.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pipelines.commands.arguments import EARLIEST, LATEST
from pipelines.failures import PipelineError
from pipelines.runners import outages
from schemas.wire import kafka_properties
from schemas.wire.kafka_properties import PropertiesError

_T = TypeVar("_T")

SECONDS = 5.0
"""How long a request may take before it is repeated."""

PREFETCHED_KILOBYTES = 16 << 10
"""Of messages which a reader keeps ready."""

_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
"""What a broker says that does not know the ids of topics."""

_log = logging.getLogger(__name__)


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


class Place(NamedTuple):
    """An offset, and the id of the topic that has it, if it is known."""

    offset: int
    topic_id: str | None


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
        properties: the file of --kafka_config, if there is one.
    """

    address: str
    group: str
    properties: str | None = None

    def __str__(self) -> str:
        return f"Kafka at {self.address}"

    def check(self) -> None:
        """Looks at the properties, and asks nobody.

        Raises:
            PipelineError: they cannot be used.
        """
        from confluent_kafka import KafkaException

        try:
            self.consumer().close()
        except PropertiesError as error:
            raise PipelineError(str(error)) from error
        except KafkaException as error:
            raise PipelineError(f"--kafka_config {self.properties}: {error.args[0].str()}") from error

    def client(self, **settings: Any) -> dict[str, Any]:
        """What a client of the cluster is made with."""
        given = kafka_properties.read(self.properties)
        return {**given, "bootstrap.servers": self.address, "log_level": 2, **settings}

    def consumer(self, **settings: Any) -> Any:
        """A new consumer."""
        from confluent_kafka import Consumer

        return Consumer(
            self.client(
                **{
                    "group.id": self.group,
                    "enable.auto.commit": False,
                    "auto.offset.reset": "error",
                    "enable.partition.eof": True,
                    "queued.max.messages.kbytes": PREFETCHED_KILOBYTES,
                    "reconnect.backoff.max.ms": 1000,
                    **settings,
                }
            )
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

    def topic_ids(self, topics: Collection[str]) -> dict[str, str]:
        """The ids of topics, which those made anew do not share; of those that exist, where the broker tells them."""
        return patient(partial(topic_ids, self.admin(), topics), str(self))

    def admin(self) -> Any:
        """A new client that asks for topics and makes some."""
        from confluent_kafka.admin import AdminClient

        return AdminClient(self.client())

    def start(self, partition: Partition, topic_id: str | None = None, begin: int | str = EARLIEST) -> int:
        """The offset at which to go on reading: the one that was committed, or the first.

        Args:
            topic_id: of the topic as it is now. One that was committed for a topic of another id does not count.
            begin: where to begin if nothing was committed: EARLIEST, LATEST, or a time in seconds. It is committed.
        """
        with closing(self.consumer()) as consumer:
            committed = patient(partial(_committed, consumer, partition), str(self))
            bounds = patient(partial(bounds_of, consumer, partition), str(self))
            if committed is None and begin != EARLIEST:
                place = Place(patient(partial(_offset_at, consumer, partition, begin), str(self)), topic_id)
                patient(partial(commit, consumer, {partition: place}), str(self))
                return place.offset
        if committed is None:
            return bounds.first
        if None not in (topic_id, committed.topic_id) and topic_id != committed.topic_id:
            _log.warning("topic %s, partition %d: the topic was made anew; reading it from its beginning", *partition)
            return bounds.first
        return within(partition, committed.offset, bounds)


def _partitions(consumer: Any, topic: str) -> list[Partition]:
    found = consumer.list_topics(topic, timeout=SECONDS).topics[topic]
    _raise(found.error)
    return [Partition(topic, number) for number in sorted(found.partitions)]


def _committed(consumer: Any, partition: Partition) -> Place | None:
    from confluent_kafka import TopicPartition

    (found,) = consumer.committed([TopicPartition(*partition)], timeout=SECONDS)
    _raise(found.error)
    return Place(int(found.offset), found.metadata or None) if found.offset >= 0 else None


def _offset_at(consumer: Any, partition: Partition, begin: int | str) -> int:
    """The offset of the first message of a time, in seconds, or that of the end."""
    from confluent_kafka import TopicPartition

    if begin == LATEST:
        return bounds_of(consumer, partition).end
    (found,) = consumer.offsets_for_times([TopicPartition(*partition, int(begin) * 1000)], timeout=SECONDS)
    _raise(found.error)
    return int(found.offset) if found.offset >= 0 else bounds_of(consumer, partition).end


def commit(consumer: Any, places: Mapping[Partition, Place]) -> None:
    """Commits offsets for the consumer's group, with the ids of their topics; KafkaException if they are not taken."""
    from confluent_kafka import TopicPartition

    offsets = [TopicPartition(*partition, offset, topic_id or "") for partition, (offset, topic_id) in places.items()]
    for done in consumer.commit(offsets=offsets, asynchronous=False):
        _raise(done.error)


def topic_ids(admin: Any, topics: Collection[str], seconds: float = SECONDS) -> dict[str, str]:
    """The ids of the topics that exist. Raises KafkaException if the broker does not answer."""
    from confluent_kafka import KafkaError, KafkaException, TopicCollection

    found = {}
    asked = admin.describe_topics(TopicCollection([*topics]), request_timeout=seconds) if topics else {}
    for topic, answer in asked.items():
        try:
            known = str(answer.result().topic_id)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        else:
            if known != _NO_ID:
                found[topic] = known
    return found


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


def ids_at_present(admin: Any, topics: Collection[str], seconds: float) -> dict[str, str]:
    """The ids of topics; raises KafkaAwayError if the broker does not tell in time."""
    return _asked(lambda: topic_ids(admin, topics, seconds))


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
        lost = f"it ends at {bounds.end}, before offset {offset}, so it was made anew, or lost what it had"
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
