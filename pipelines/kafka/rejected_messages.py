"""Messages that cannot be read: they go to a topic of their own, with the reason and the place where they lay."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pipelines.kafka.client import SECONDS, Cluster, Partition, patient
from pipelines.kafka.decoding import Reject
from pipelines.kafka.figures import FIGURES

SUFFIX = ".rejects"
"""Of the topic that receives the rejected messages of another."""


class RejectWriter:
    """Sends rejected messages to the topic of rejects, as they are; why, and where and when they were, are headers."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._producer: Any = None
        self._ready: set[str] = set()

    def write(self, partition: Partition, rejects: Sequence[Reject]) -> None:
        """Sends and counts messages; they are in the topic of rejects when it returns. An outage is waited for."""
        topic = partition.topic + SUFFIX
        if topic not in self._ready:
            patient(partial(_create, self.cluster, topic), str(self.cluster))
            self._ready.add(topic)
        patient(partial(self._send, topic, partition, rejects), str(self.cluster))
        FIGURES.rejected(partition, len(rejects))

    def _send(self, topic: str, partition: Partition, rejects: Sequence[Reject]) -> None:
        from confluent_kafka import KafkaException, Producer

        if self._producer is None:
            self._producer = Producer(self.cluster.client(acks="all"))
        failed: list[Any] = []
        for reject in rejects:
            self._producer.produce(
                topic,
                reject.message.value(),
                reject.message.key(),
                headers=_headers(partition, reject),
                on_delivery=lambda error, _: failed.append(error) if error is not None else None,
            )
        self._producer.flush()
        if failed:
            raise KafkaException(failed[0])


def _headers(partition: Partition, reject: Reject) -> list[tuple[str, bytes]]:
    headers = {
        "reason": reject.reason,
        "topic": partition.topic,
        "partition": partition.number,
        "offset": reject.message.offset(),
        "timestamp": reject.message.timestamp()[1],
    }
    return [(name, str(value).encode()) for name, value in headers.items()]


def _create(cluster: Cluster, topic: str) -> None:
    """Makes the topic, if it does not exist."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import NewTopic

    admin = cluster.admin()  # it has to be there until the answer is
    try:
        admin.create_topics([NewTopic(topic, 1)], operation_timeout=SECONDS, request_timeout=SECONDS)[topic].result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
