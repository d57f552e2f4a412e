"""The topics of a broker, and what lies in them."""

import time
from collections.abc import Sequence
from functools import partial

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from tests.parts.prism import wait_until

SECONDS = 60.0
ATTEMPT_SECONDS = 5.0


def messages(kafka: str, topics: Sequence[str]) -> list[Message]:
    """All messages of some topics, partition by partition in their order."""
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": "tests", "enable.auto.commit": False, "enable.partition.eof": True}
    )
    known = consumer.list_topics(timeout=SECONDS).topics
    left = {(topic, partition) for topic in topics for partition in known[topic].partitions}
    consumer.assign([TopicPartition(*partition, 0) for partition in left])
    found, deadline = [], time.monotonic() + SECONDS
    while left:
        assert time.monotonic() < deadline, f"the topics do not end: {left}"
        for message in consumer.consume(10_000, 0.1):
            error = message.error()
            if error is None:
                found.append(message)
            else:
                assert error.code() == KafkaError._PARTITION_EOF, error
                left.discard((message.topic(), message.partition()))
    consumer.close()
    return found


def create(kafka: str, *topics: str, partitions: int = 4) -> None:
    """Makes topics, as soon as the broker is ready to hold them."""
    for topic in topics:
        wait_until(partial(_created, kafka, NewTopic(topic, partitions)), SECONDS)


def _created(kafka: str, topic: NewTopic) -> bool:
    admin = AdminClient({"bootstrap.servers": kafka})  # a new one, for it looks for a controller once
    try:
        admin.create_topics([topic], request_timeout=ATTEMPT_SECONDS)[topic.topic].result()
    except KafkaException as error:
        if error.args[0].code() not in (KafkaError.INVALID_REPLICATION_FACTOR, KafkaError._TIMED_OUT):
            raise
        return False
    return True


def add_partitions(kafka: str, topic: str, partitions: int) -> None:
    """Lets a topic have so many partitions, which must be more than it has."""
    admin = AdminClient({"bootstrap.servers": kafka})
    for added in admin.create_partitions([NewPartitions(topic, partitions)]).values():
        added.result(SECONDS)


def delete_all(kafka: str) -> None:
    """Deletes all topics but those of the broker itself."""
    admin = AdminClient({"bootstrap.servers": kafka})
    deadline = time.monotonic() + SECONDS
    while topics := [topic for topic in admin.list_topics(timeout=SECONDS).topics if not topic.startswith("__")]:
        assert time.monotonic() < deadline, f"still there: {topics}"
        for deleted in admin.delete_topics(topics).values():
            deleted.exception(SECONDS)
