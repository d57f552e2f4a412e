"""Reading the topic of rejects again: what lies in it now, with another format, into the store.

What is read stays there, and may be read any number of times: a history is a set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipelines.commands.arguments import EARLIEST
from pipelines.failures import PipelineError
from pipelines.kafka.client import Cluster, bounds_of, patient
from pipelines.kafka.decoding import EventDecoder, Format, Message
from pipelines.kafka.readers import Reader
from pipelines.kafka.rejected_messages import SUFFIX
from pipelines.kafka.sinks import WriteEvents

AT_ONCE = 10_000
"""Messages that are united with the store together."""

_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Rejected:
    """A message of a topic of rejects, with the time that it had where it was rejected."""

    message: Message

    def key(self) -> bytes | None:
        return self.message.key()

    def value(self) -> bytes | None:
        return self.message.value()

    def offset(self) -> int:
        return self.message.offset()

    def timestamp(self) -> tuple[int, int]:
        headers: Any = getattr(self.message, "headers", lambda: None)() or ()
        kind, _ = self.message.timestamp()
        # A rejected tombstone without its time erases nothing: up to when is not known.
        return kind, int(dict(headers).get("timestamp", b"-1"))


def read_again(cluster: Cluster, topic: str, form: Format, store: str) -> tuple[int, int]:
    """Reads the rejects of a topic of listening events; how many are in the store now, and how many still not read.

    Raises:
        PipelineError: the topic has no rejects.
    """
    name = topic + SUFFIX
    if name not in cluster.topics():
        raise PipelineError(f"{cluster} has no topic {name}: nothing of {topic} was rejected")
    decoder, writer = EventDecoder(form, topic), WriteEvents(store)
    writer.setup()
    written = left = 0
    for messages in _batches(cluster, name):
        events, rejects = decoder.decode(messages)
        writer.start_bundle()
        writer.process(events)
        writer.finish_bundle()
        written, left = written + len(messages) - len(rejects), left + len(rejects)
    return written, left


def _batches(cluster: Cluster, topic: str) -> Iterator[list[Rejected]]:
    """All messages that a topic has by now."""
    for partition in cluster.partitions([topic]):
        reader = Reader(cluster, partition, cluster.start(partition, begin=EARLIEST))
        try:
            end = patient(partial(bounds_of, reader.consumer, partition), str(cluster)).end
            while reader.position < end:
                messages = reader.read(AT_ONCE, _WAIT_SECONDS)
                if messages:
                    yield [Rejected(message) for message in messages]
        finally:
            reader.close()
