"""Reading Kafka through Java's KafkaIO, for runners on which Python's splittable DoFns lose what they read, as Flink.

Its offsets lie in the runner's checkpoints. What it gives are single messages; they become columns here, a bundle's of
a partition at a time.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.io.kafka import ReadFromKafka
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from pipelines.kafka.client import Cluster, Partition
from pipelines.kafka.decoding import Events, Format
from pipelines.kafka.rejected_messages import RejectWriter
from pipelines.kafka.source import EVENTS, NAMES, decoder_of
from schemas.wire import kafka_properties


@dataclass(frozen=True)
class Record:
    """A message, in the form of those of confluent_kafka."""

    row: Any

    def key(self) -> bytes | None:
        return self.row.key  # type: ignore[no-any-return]

    def value(self) -> bytes | None:
        return self.row.value  # type: ignore[no-any-return]

    def offset(self) -> int:
        return int(self.row.offset)

    def timestamp(self) -> tuple[int, int]:
        return int(self.row.timestampTypeId), int(self.row.timestamp)


@dataclass(eq=False)
class ReadKafkaExternally(beam.PTransform):
    """From a pipeline to `events` and `names`, as `ReadKafka` does.

    Attributes:
        topics: the table of the names in each topic of items; None for topics of listening events.
        format: of the values.
        expansion: HOST:PORT of Beam's expansion service with KafkaIO.
    """

    cluster: Cluster
    topics: Mapping[str, str | None]
    format: Format
    expansion: str

    def expand(self, pipeline: Any) -> dict[str, Any]:
        # Apart from each other: a partition which never had a message would hold back the watermark of all that is
        # read with it, and topics of names often have some.
        events = {topic: table for topic, table in self.topics.items() if table is None}
        names = {topic: table for topic, table in self.topics.items() if table is not None}
        return {
            EVENTS: self._read(pipeline, EVENTS, events, ReadFromKafka.create_time_policy),
            NAMES: self._read(pipeline, NAMES, names, ReadFromKafka.processing_time_policy),
        }

    def _read(self, pipeline: Any, what: str, topics: Mapping[str, str | None], policy: str) -> Any:
        """What is in topics, decoded, with the watermark of a policy."""
        if not topics:
            return pipeline | f"No {what}" >> beam.Create([])
        consumer = {
            **kafka_properties.java(kafka_properties.read(self.cluster.properties)),
            "bootstrap.servers": self.cluster.address,
            "group.id": self.cluster.group,
            "auto.offset.reset": "earliest",
        }
        read = ReadFromKafka(
            consumer, [*topics], timestamp_policy=policy, with_metadata=True, expansion_service=self.expansion
        )
        gather = beam.ParDo(_Gather(self.cluster, topics, self.format))
        return pipeline | f"Read {what}" >> read | f"Columns of {what}" >> gather


class _Gather(beam.DoFn):
    """Decodes the messages of a bundle."""

    def __init__(self, cluster: Cluster, topics: Mapping[str, str | None], form: Format) -> None:
        self.cluster, self.topics, self.format = cluster, topics, form

    def setup(self) -> None:
        self.decoders = {topic: decoder_of(self.format, topic, table) for topic, table in self.topics.items()}
        self.rejects = RejectWriter(self.cluster)

    def start_bundle(self) -> None:
        self.records: dict[Partition, list[Record]] = {}

    def process(self, row: Any) -> None:
        self.records.setdefault(Partition(row.topic, row.partition), []).append(Record(row))

    def finish_bundle(self) -> Iterator[Any]:
        for partition, records in self.records.items():
            decoded, rejects = self.decoders[partition.topic].decode(records)
            if rejects:
                self.rejects.write(partition, rejects)
            at = decoded.earliest if isinstance(decoded, Events) else time.time()
            yield WindowedValue(decoded, Timestamp(int(at)), [GlobalWindow()])
