"""Values in Protobuf, as Confluent's serializers write them: which message of the schema it is, and then the message.

The registry gives a schema in the form `serialized`: the FileDescriptorProto of its source, in base64. Of a message its
fields are read by their names in JSON, `userId` of a field `user_id`; a `google.protobuf.Timestamp` is its seconds.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2, wrappers_pb2
from google.protobuf.message import DecodeError, Message

from schemas.wire import avro
from schemas.wire.avro_writers import Reader
from schemas.wire.record_fields import MessageError

FORM = "serialized"
"""In which a registry is asked for schemas of Protobuf."""

_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {"long": ("int64", _FIELD.TYPE_INT64), "string": ("string", _FIELD.TYPE_STRING)}
_TYPES["boolean"] = ("bool", _FIELD.TYPE_BOOL)
_KNOWN = (timestamp_pb2.DESCRIPTOR, wrappers_pb2.DESCRIPTOR)
_FIRST = b"\0"
"""Which message of the schema it is: the first one, as it is written for short."""

_MOST_NESTED = 100


def text(type_name: str) -> str:
    """The source of the schema of a type, as it is registered."""
    fields = avro.schema(type_name)["fields"]
    lines = [f"  {_TYPES[field['type']][0]} {field['name']} = {i};" for i, field in enumerate(fields, 1)]
    return "\n".join(['syntax = "proto3";', f"message {type_name} {{", *lines, "}", ""])


def encode(type_name: str, value: Mapping[str, Any]) -> bytes:
    """A value of a type, after which message of its schema it is."""
    body: bytes = _class(type_name)(**value).SerializeToString()
    return _FIRST + body


def reader(serialized: str, references: Mapping[str, str]) -> Reader:
    """What reads the messages of a schema.

    Args:
        serialized: the schema as the registry gives it in FORM; or, of one of ours, its source.
        references: the schemas which it imports by these names, each after those that it imports itself.

    Raises:
        MessageError: it is no such schema.
    """
    for type_name in ("ListeningEvent", "Item"):
        if serialized == text(type_name):
            return lambda data: _read(data, {(0,): _class(type_name)})
    try:
        messages = dict(_messages(serialized, references))
    except Exception as error:  # Protobuf raises whatever a schema that is none leads to
        raise MessageError(f"no schema of Protobuf in the form {FORM} ({type(error).__name__}: {error})") from None
    return lambda data: _read(data, messages)


@cache
def _class(type_name: str) -> Any:
    """The class of the messages of a type of ours."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{type_name}.proto", syntax="proto3")
    made = file.message_type.add(name=type_name)
    for number, field in enumerate(avro.schema(type_name)["fields"], 1):
        made.field.add(name=field["name"], number=number, type=_TYPES[field["type"]][1], label=_FIELD.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(type_name))


def _messages(serialized: str, references: Mapping[str, str]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The classes of the messages of a schema, by the way to them, with those that it imports in one pool."""
    pool = descriptor_pool.DescriptorPool()
    for known in _KNOWN:
        pool.AddSerializedFile(known.serialized_pb)
    for name, given in references.items():
        if name not in {known.name for known in _KNOWN}:
            pool.Add(_parsed(given, name))
    own = _parsed(serialized, "")
    pool.Add(own)
    for path, name in _paths(own.message_type, (), own.package):
        yield path, message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def _paths(messages: Iterable[Any], within: tuple[int, ...], prefix: str) -> Iterator[tuple[tuple[int, ...], str]]:
    """The ways to messages and to those in them, and their names."""
    for index, message in enumerate(messages):
        name = f"{prefix}.{message.name}".removeprefix(".")
        yield (*within, index), name
        yield from _paths(message.nested_type, (*within, index), name)


def _parsed(serialized: str, name: str) -> Any:
    file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(serialized, validate=True))
    file.name = name or file.name or "schema.proto"
    return file


def _read(data: bytes, messages: Mapping[tuple[int, ...], Any]) -> dict[str, Any]:
    path, rest = _path(data)
    if path not in messages:
        raise MessageError(f"its schema has no message {list(path)}")
    try:
        return dict(_values(messages[path].FromString(rest)))
    except DecodeError as error:
        raise MessageError(f"no Protobuf ({error})") from None


def _values(message: Message) -> Iterator[tuple[str, Any]]:
    """The fields with a single value, by their names in JSON."""
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated or (field.has_presence and not message.HasField(field.name)):
            continue
        value = getattr(message, field.name)
        if isinstance(value, Message):
            known = message.DESCRIPTOR.fields_by_name[field.name].message_type.full_name
            value = _plain(known, value)
        elif field.enum_type is not None:
            value = str(value) if field.enum_type.values_by_number.get(value) is None else _enum(field, value)
        yield field.json_name, value


def _enum(field: Any, number: int) -> str:
    return str(field.enum_type.values_by_number[number].name)


def _plain(name: str, value: Any) -> Any:
    """The value of a well-known message: the seconds of a timestamp, what is wrapped; others are a record."""
    if name == "google.protobuf.Timestamp":
        return value.seconds
    if name.startswith("google.protobuf.") and name.endswith("Value") and "value" in value.DESCRIPTOR.fields_by_name:
        return value.value
    return {}


def _path(data: bytes) -> tuple[tuple[int, ...], bytes]:
    """Which message of the schema comes, and its bytes."""
    count, rest = _varint(data)
    if not 0 <= count <= _MOST_NESTED:
        raise MessageError("no way to a message of Protobuf's schema before it")
    path = []
    for _ in range(count):
        index, rest = _varint(rest)
        path.append(index)
    return tuple(path) or (0,), rest


def _varint(data: bytes) -> tuple[int, bytes]:
    """A number in zigzag at the begin of some bytes, and those after it."""
    number = 0
    for at, byte in enumerate(data[:10]):
        number |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), data[at + 1 :]
    raise MessageError("no way to a message of Protobuf's schema before it")
