"""From the messages of a partition to columns of listening events, or to names of items; and what is neither."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.kafka.parsing import FIELDS, read_avro, read_json
from schemas.wire.messages import Codec, MessageError, codec, number_of
from schemas.wire.registry import registry
from store.histories.event_set import Columns

_NUMBERS = len(FIELDS) - 1


class Message(Protocol):
    """What is used of confluent_kafka's messages."""

    def key(self) -> bytes | None: ...
    def value(self) -> bytes | None: ...
    def offset(self) -> int: ...
    def timestamp(self) -> tuple[int, int]: ...


class Reject(NamedTuple):
    """A message that cannot be read, and the reason."""

    message: Message
    reason: str


@dataclass(frozen=True)
class Events:
    """The listening events in some messages of one partition.

    Attributes:
        columns: user, artist, album, track, timestamp (seconds): int64[5, n], in the order of the partition.
        deleted: bool[n], whether the event takes the listen back which has its identity.
        erased: users whose tombstones were read, and the tombstones' times in seconds: int64[2, tombstones].
        accepted: when Kafka accepted the oldest of the messages, in seconds since the epoch.
    """

    columns: Columns
    deleted: NDArray[np.bool_]
    erased: NDArray[np.int64]
    accepted: float

    @property
    def earliest(self) -> float:
        """The earliest time of an event or a tombstone, in seconds since the epoch."""
        return float(
            min((times.min() for times in (self.columns[-1], self.erased[1]) if len(times)), default=self.accepted)
        )

    @property
    def latest(self) -> float | None:
        """The latest time of an event, in seconds since the epoch; None if there is none."""
        return float(self.columns[-1].max()) if self.columns.shape[1] else None


@dataclass(frozen=True)
class Names:
    """The latest names in some messages of one partition of a topic of items: by id; None for a tombstone."""

    table: str
    names: dict[int, str | None]


@dataclass(frozen=True)
class Format:
    """How the values of a topic are written.

    Attributes:
        kind: one of `schemas.wire.messages.FORMATS`.
        registry: URL of the schema registry, for `confluent`.
    """

    kind: str = "json"
    registry: str | None = None

    def codec(self, topic: str, type_name: str) -> Codec:
        return codec(self.kind, topic, type_name, registry(self.registry) if self.registry else None)


class Decoder(Protocol):
    """Decodes the messages of a topic."""

    def decode(self, messages: Sequence[Message]) -> tuple[Any, list[Reject]]:
        """What the messages say, and those that cannot be read."""


@dataclass
class EventDecoder:
    """Decodes listening events."""

    format: Format
    topic: str
    _codec: Codec = field(init=False)

    def __post_init__(self) -> None:
        self._codec = self.format.codec(self.topic, "ListeningEvent")

    def decode(self, messages: Sequence[Message]) -> tuple[Events, list[Reject]]:
        rejects: list[Reject] = []
        values = [message.value() for message in messages]
        erased = _tombstones([m for m, v in zip(messages, values, strict=True) if v is None], rejects)
        if None in values:
            messages = [m for m, v in zip(messages, values, strict=True) if v is not None]
        columns = self._columns(messages, [value for value in values if value is not None], rejects)
        accepted = min((message.timestamp()[1] for message in messages), default=0) / 1000
        return Events(columns[:_NUMBERS], columns[_NUMBERS].astype(np.bool_), erased, accepted), rejects

    def _columns(self, messages: Sequence[Message], values: Sequence[bytes], rejects: list[Reject]) -> Columns:
        """The fields of the events that can be read: int64[6, events]."""
        starts = np.zeros(len(values) + 1, np.int64)
        np.cumsum([len(value) for value in values], out=starts[1:])
        data = np.frombuffer(b"".join(values), np.uint8)
        columns, read = np.empty((len(FIELDS), len(values)), np.int64), np.zeros(len(values), np.bool_)
        if self.format.kind == "json":
            read_json(data, starts, columns, read)
        elif (header := getattr(self._codec, "header", b"")) or self.format.kind == "avro":
            read_avro(data, starts, np.frombuffer(header, np.uint8), columns, read)
        for row in np.flatnonzero(~read).tolist():
            try:
                columns[:, row] = list(self._codec.decode(values[row]).values())
                read[row] = True
            except MessageError as error:
                rejects.append(Reject(messages[row], str(error)))
        return columns[:, read] if rejects else columns


def _tombstones(messages: Sequence[Message], rejects: list[Reject]) -> NDArray[np.int64]:
    found = []
    for message in messages:
        try:
            found.append((number_of(message.key()), message.timestamp()[1] // 1000))
        except MessageError as error:
            rejects.append(Reject(message, str(error)))
    return np.array(found, np.int64).reshape(-1, 2).T


@dataclass
class NameDecoder:
    """Decodes items; of several messages about one item the last counts."""

    format: Format
    topic: str
    table: str
    _codec: Codec = field(init=False)

    def __post_init__(self) -> None:
        self._codec = self.format.codec(self.topic, "Item")

    def decode(self, messages: Sequence[Message]) -> tuple[Names, list[Reject]]:
        names: dict[int, str | None] = {}
        rejects = []
        for message in messages:
            try:
                value = message.value()
                if value is None:
                    names[number_of(message.key())] = None
                else:
                    item = self._codec.decode(value)
                    names[item["id"]] = item["name"]
            except MessageError as error:
                rejects.append(Reject(message, str(error)))
        return Names(self.table, names), rejects
