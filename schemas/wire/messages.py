"""The topics' messages in Kafka: a key of 8 bytes, and a value in one of three formats.

| format | value |
|---|---|
| `json` | a JSON object; fields with a default may be left out |
| `avro` | Avro binary, without a header; fields with a default may be left out at the end |
| `confluent` | Avro binary after a byte 0 and the number of its writer's schema in a registry, 4 bytes big-endian |

The last is the wire format of Confluent's schema registry, which subjects are named after by topic: `<topic>-value`.
A message without a value is a tombstone.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from fastavro import parse_schema, schemaless_reader

from schemas.wire import avro
from schemas.wire.registry import Registry

KEY_BYTES = 8
MOST = 2**63 - 1
"""The largest number in a message; none is negative."""

FORMATS = ("json", "avro", "confluent")

TOPICS: Mapping[str, str] = {
    "listeningevents": "ListeningEvent",
    "artists": "Item",
    "albums": "Item",
    "tracks": "Item",
}
"""The topics that are streamed, and the types of their values."""

MAGIC = 0
"""The first byte of a value in Confluent's wire format."""

_HEADER = 5


class MessageError(Exception):
    """A message cannot be read; says why."""


def key_of(number: int) -> bytes:
    """The key of a message about a user or an item: the id as 8 bytes, big-endian."""
    return number.to_bytes(KEY_BYTES, "big")


def number_of(key: bytes | None) -> int:
    """The id in a key; MessageError if it holds none."""
    if key is None or len(key) != KEY_BYTES:
        raise MessageError(f"the key has {len(key or b'')} bytes instead of {KEY_BYTES}")
    number = int.from_bytes(key, "big")
    if number > MOST:
        raise MessageError("the key is a number of more than 63 bits")
    return number


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
        registry: of schemas, needed for `confluent`.
    """
    if kind == "json":
        return JsonCodec(type_name)
    if kind == "avro":
        return AvroCodec(type_name)
    if registry is None:
        raise ValueError("format confluent needs a schema registry")
    return ConfluentCodec(topic, type_name, registry)


@dataclass(frozen=True)
class JsonCodec:
    """Values as JSON objects."""

    type_name: str

    def encode(self, value: Mapping[str, Any]) -> bytes:
        return orjson.dumps(dict(value))

    def decode(self, data: bytes) -> dict[str, Any]:
        try:
            found = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise MessageError(f"no JSON: {error}") from None
        if not isinstance(found, dict):
            raise MessageError("no JSON object")
        return checked(self.type_name, found)


@dataclass(frozen=True)
class AvroCodec:
    """Values as Avro binary."""

    type_name: str

    def encode(self, value: Mapping[str, Any]) -> bytes:
        return avro.encode(self.type_name, value)

    def decode(self, data: bytes) -> dict[str, Any]:
        # Without a header nothing says which schema wrote it: the one before the fields with defaults, or ours.
        for schema in _layouts(self.type_name):
            found, rest = _read(data, schema, schema)
            if not rest:
                return checked(self.type_name, found)
        raise MessageError("bytes after the end of the value")


class ConfluentCodec:
    """Values in the wire format of Confluent's schema registry.

    Attributes:
        header: how values begin that are laid out like ours; empty until one was read.
    """

    def __init__(self, topic: str, type_name: str, registry: Registry) -> None:
        self.type_name = type_name
        self.header = b""
        self._subject = f"{topic}-value"
        self._registry = registry
        self._written: bytes | None = None
        self._schemas: dict[int, Any] = {}

    def encode(self, value: Mapping[str, Any]) -> bytes:
        if self._written is None:
            number = self._registry.register(self._subject, avro.text(self.type_name))
            self._written = bytes([MAGIC]) + number.to_bytes(_HEADER - 1, "big")
        return self._written + avro.encode(self.type_name, value)

    def decode(self, data: bytes) -> dict[str, Any]:
        if len(data) < _HEADER or data[0] != MAGIC:
            raise MessageError("not in Confluent's wire format: it begins with a byte 0 and 4 bytes")
        found, rest = _read(data[_HEADER:], self._schema(data), avro.schema(self.type_name))
        if rest:
            raise MessageError("bytes after the end of the value")
        return checked(self.type_name, found)

    def _schema(self, data: bytes) -> Any:
        number = int.from_bytes(data[1:_HEADER], "big")
        if number not in self._schemas:
            text = self._registry.schema(number)
            if text is None:
                raise MessageError(f"the registry has no schema {number}")
            self._schemas[number] = parse_schema(orjson.loads(text))
            if _layout(self._schemas[number]) in (_layout(ours) for ours in _layouts(self.type_name)):
                self.header = data[:_HEADER]
        return self._schemas[number]


def checked(type_name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a type, from what was read; MessageError if one is missing or has no value of its type."""
    value = {}
    for field in avro.schema(type_name)["fields"]:
        name = field["name"]
        if name not in found and "default" not in field:
            raise MessageError(f"no field {name}")
        value[name] = found.get(name, field.get("default"))
        _check(name, field["type"], value[name])
    return value


_PYTHON = {"long": int, "string": str, "boolean": bool}


def _check(name: str, type_name: str, value: Any) -> None:
    if type(value) is not _PYTHON[type_name]:
        raise MessageError(f"{name} is no {type_name}")
    if isinstance(value, int) and not 0 <= value <= MOST:
        raise MessageError(f"{name} is negative or has more than 63 bits")


def _layouts(type_name: str) -> tuple[Any, Any]:
    """The schema of a type without the fields that have defaults, and with them."""
    schema = avro.schema(type_name)
    return {**schema, "fields": [field for field in schema["fields"] if "default" not in field]}, schema


def _layout(schema: Any) -> list[tuple[Any, Any]]:
    return [(field["name"], field["type"]) for field in schema["fields"]] if isinstance(schema, dict) else []


def _read(data: bytes, writer: Any, reader: Any) -> tuple[dict[str, Any], int]:
    """A value written with the schema `writer`, and the number of bytes after it."""
    stream = io.BytesIO(data)
    try:
        found = schemaless_reader(stream, writer, reader)
    except Exception as error:  # fastavro raises whatever reading rubbish leads to
        raise MessageError(f"no Avro of this schema ({type(error).__name__})") from None
    return found, len(data) - stream.tell()
