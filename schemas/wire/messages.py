"""The values of messages in Kafka topics, in one of four formats.

| format | value |
|---|---|
| `json` | a JSON object; fields with a default may be left out |
| `avro` | Avro binary, without a header; fields with a default may be left out at the end |
| `confluent` | after a header with the number of its writer's schema in a registry; written in Avro |
| `protobuf` | the same, written in Protobuf |

The last two are the wire format of Confluent's schema registry (`schemas/wire/confluent.py`), whose subjects are named
after topics: `<topic>-value`. Both read what the registry says of each message: Avro, JSON or Protobuf. A message
without a value is a tombstone. Keys are in `schemas/wire/message_keys.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from schemas.wire import avro, protobuf
from schemas.wire.avro_writers import read_first
from schemas.wire.confluent import HEADER, Schemas, header_of, read_json
from schemas.wire.record_fields import MessageError, checked
from schemas.wire.registry import AVRO, PROTOBUF, Registry, Schema

FORMATS = ("json", "avro", "confluent", "protobuf")

REGISTERED = ("confluent", "protobuf")
"""The formats whose schemas lie in a registry."""

TOPICS: Mapping[str, str] = {
    "listeningevents": "ListeningEvent",
    "artists": "Item",
    "albums": "Item",
    "tracks": "Item",
}
"""The topics that are streamed, and the types of their values."""


class Codec(Protocol):
    """Writes and reads the values of a topic."""

    def encode(self, value: Mapping[str, Any]) -> bytes:
        """The form of a value in a message."""

    def decode(self, data: bytes) -> dict[str, Any]:
        """The value in a message, with defaults filled in; MessageError if there is none."""


def codec(kind: str, topic: str, type_name: str, registry: Registry | None = None) -> Codec:
    """The codec of a topic.

    Args:
        kind: one of FORMATS.
        type_name: the type of the topic's values, such as `ListeningEvent`.
        registry: of schemas, needed for REGISTERED.
    """
    if kind == "json":
        return JsonCodec(type_name)
    if kind == "avro":
        return AvroCodec(type_name)
    if registry is None:
        raise ValueError(f"format {kind} needs a schema registry")
    return RegisteredCodec(kind, topic, type_name, registry)


@dataclass(frozen=True)
class JsonCodec:
    """Values as JSON objects."""

    type_name: str

    def encode(self, value: Mapping[str, Any]) -> bytes:
        return orjson.dumps(dict(value))

    def decode(self, data: bytes) -> dict[str, Any]:
        return checked(self.type_name, read_json(data))


@dataclass(frozen=True)
class AvroCodec:
    """Values as Avro binary."""

    type_name: str

    def encode(self, value: Mapping[str, Any]) -> bytes:
        return avro.encode(self.type_name, value)

    def decode(self, data: bytes) -> dict[str, Any]:
        # Without a header nothing says which schema wrote it: the one before the fields with defaults, or ours.
        for schema in _layouts(self.type_name):
            found, rest = read_first(data, schema)
            if not rest:
                return checked(self.type_name, found)
        raise MessageError("bytes after the end of the value")


class RegisteredCodec:
    """Values in the wire format of Confluent's schema registry.

    Attributes:
        header: how values begin that are laid out like ours in Avro; empty until one was read.
    """

    def __init__(self, kind: str, topic: str, type_name: str, registry: Registry) -> None:
        self.type_name = type_name
        self.header = b""
        self._protobuf = kind == "protobuf"
        self._subject = f"{topic}-value"
        self._registry = registry
        self._schemas = Schemas(registry)
        self._written: bytes | None = None
        self._seen: set[bytes] = set()

    def encode(self, value: Mapping[str, Any]) -> bytes:
        if self._written is None:
            self._written = header_of(self._registry.register(self._subject, self._own()))
        body = protobuf.encode if self._protobuf else avro.encode
        return self._written + body(self.type_name, value)

    def decode(self, data: bytes) -> dict[str, Any]:
        value = checked(self.type_name, self._schemas.read(data))
        if data[:HEADER] not in self._seen:
            self._note(data[:HEADER])
        return value

    def _own(self) -> Schema:
        if self._protobuf:
            return Schema(protobuf.text(self.type_name), PROTOBUF)
        return Schema(avro.text(self.type_name))

    def _note(self, header: bytes) -> None:
        """Notes the header, if what comes after it is laid out like ours."""
        self._seen.add(header)
        schema = self._schemas.schema(int.from_bytes(header[1:], "big"))
        if schema.kind == AVRO and _layout(orjson.loads(schema.text)) in map(_layout, _layouts(self.type_name)):
            self.header = header


def _layouts(type_name: str) -> tuple[Any, Any]:
    """The schema of a type without the fields that have defaults, and with them."""
    schema = avro.schema(type_name)
    return {**schema, "fields": [field for field in schema["fields"] if "default" not in field]}, schema


def _layout(schema: Any) -> list[tuple[Any, Any]]:
    """The names and types of the fields of a record, in their order."""
    fields = schema.get("fields", ()) if isinstance(schema, dict) else ()
    return [(field["name"], field["type"]) for field in fields]
