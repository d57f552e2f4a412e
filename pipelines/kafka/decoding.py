"""From the messages of a partition to columns of listening events, or to names of items; and what is neither."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipelines.failures import PipelineError
from pipelines.kafka.event_times import impossible, latest_of, tombstone_seconds
from pipelines.kafka.parsing import FIELDS, read_avro, read_json
from pipelines.runners import outages
from schemas.events import TIME
from schemas.wire.message_keys import USUAL, KeyCodec, key_codec
from schemas.wire.messages import Codec, codec
from schemas.wire.record_fields import MessageError
from schemas.wire.registry import Registry, RegistryAwayError, RegistryError, registry
from store.histories.event_set import Columns

MOST_UNREADABLE = 0.95

_NUMBERS = len(FIELDS) - 1

_T = TypeVar("_T")


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
    """How the messages of a topic are written.

    Attributes:
        kind: of the values, one of `schemas.wire.messages.FORMATS`.
        registry: URL of the schema registry, for values or keys that need it.
        key: of the keys, one of `schemas.wire.message_keys.KEY_FORMATS`; None for what is usual with the values.
        latest: the last second at which somebody may have listened, or NOW; None for any.
        max_unreadable: share of a partition's first messages; with more the stream ends, and commits nothing.
    """

    kind: str = "json"
    registry: str | None = None
    key: str | None = None
    latest: int | str | None = None
    max_unreadable: float = MOST_UNREADABLE

    def codec(self, topic: str, type_name: str) -> Codec:
        return codec(self.kind, topic, type_name, self._schemas())

    def keys(self, topic: str) -> KeyCodec:
        return key_codec(self.key or USUAL[self.kind], topic, self._schemas())

    def check(self) -> None:
        """Asks the registry something, if there is one: whether it takes us. One that is away is waited for.

        Raises:
            PipelineError: its URL has no form that is known, or it refuses.
        """
        if self.registry is None:
            return
        try:
            found = registry(self.registry)
            outages.patient(lambda: found.schema(1), f"messages in {self.kind}", RegistryAwayError)
        except RegistryError as error:
            raise PipelineError(str(error)) from error

    def _schemas(self) -> Registry | None:
        return registry(self.registry) if self.registry else None


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
    _keys: KeyCodec = field(init=False)

    def __post_init__(self) -> None:
        self._codec = self.format.codec(self.topic, "ListeningEvent")
        self._keys = self.format.keys(self.topic)

    def decode(self, messages: Sequence[Message]) -> tuple[Events, list[Reject]]:
        rejects: list[Reject] = []
        values = [message.value() for message in messages]
        erased = self._tombstones([m for m, v in zip(messages, values, strict=True) if v is None], rejects)
        accepted = _accepted(messages)
        if None in values:
            messages = [m for m, v in zip(messages, values, strict=True) if v is not None]
        columns = self._columns(messages, [value for value in values if value is not None], rejects)
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
                columns[:, row] = list(_waiting(self.topic, self._codec.decode, values[row]).values())
                read[row] = True
            except MessageError as error:
                rejects.append(Reject(messages[row], str(error)))
        self._refuse_times(messages, columns, read, rejects)
        return columns[:, read]

    def _refuse_times(
        self, messages: Sequence[Message], columns: Columns, read: NDArray[np.bool_], rejects: list[Reject]
    ) -> None:
        """Rejects events after the latest time, if there is one."""
        latest = latest_of(self.format.latest)
        for row in [] if latest is None else np.flatnonzero(read & (columns[TIME] > latest)).tolist():
            read[row] = False
            rejects.append(Reject(messages[row], impossible(int(columns[TIME, row]))))

    def _tombstones(self, messages: Sequence[Message], rejects: list[Reject]) -> NDArray[np.int64]:
        found = []
        for message in messages:
            try:
                found.append((_waiting(self.topic, self._keys.decode, message.key()), tombstone_seconds(message)))
            except MessageError as error:
                rejects.append(Reject(message, str(error)))
        return np.array(found, np.int64).reshape(-1, 2).T


def _accepted(messages: Sequence[Message]) -> float:
    """When Kafka accepted the oldest of some messages, in seconds; now, where they have no time."""
    return min((millis / 1000 for message in messages if (millis := message.timestamp()[1]) > 0), default=time.time())


def _waiting(topic: str, decode: Callable[[Any], _T], data: Any) -> _T:
    """What is decoded; a registry that does not answer is waited for."""
    return outages.patient(lambda: decode(data), f"messages of topic {topic}", RegistryError)


@dataclass
class NameDecoder:
    """Decodes items; of several messages about one item the last counts."""

    format: Format
    topic: str
    table: str
    _codec: Codec = field(init=False)
    _keys: KeyCodec = field(init=False)

    def __post_init__(self) -> None:
        self._codec = self.format.codec(self.topic, "Item")
        self._keys = self.format.keys(self.topic)

    def decode(self, messages: Sequence[Message]) -> tuple[Names, list[Reject]]:
        names: dict[int, str | None] = {}
        rejects = []
        for message in messages:
            try:
                value = message.value()
                if value is None:
                    names[_waiting(self.topic, self._keys.decode, message.key())] = None
                else:
                    item = _waiting(self.topic, self._codec.decode, value)
                    names[item["id"]] = item["name"]
            except MessageError as error:
                rejects.append(Reject(message, str(error)))
        return Names(self.table, names), rejects
