"""Whatever a registry returns and a message holds: it is read, or told, and nothing else."""

import base64
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from fastavro.utils import generate_one
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

from schemas.wire.messages import Codec, codec
from schemas.wire.record_fields import MessageError
from schemas.wire.registry import MockRegistry, Reference, RegistryError, Schema, registry
from tests.parts.registry import serving_schemas

FIELDS = ("userId", "artistId", "albumId", "trackId", "timestamp")
EVENT = {**dict(zip(FIELDS, range(1, 6), strict=True)), "deleted": False}
LONG = dict.fromkeys(FIELDS, "long")


def events(schemas: MockRegistry) -> Codec:
    return codec("confluent", "listeningevents", "ListeningEvent", schemas)


def record(types: Mapping[str, Any], name: str = "ListeningEvent") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": n, "type": t} for n, t in types.items()]}


def written(schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    schemaless_writer(out, parse_schema(schema), value)
    return out.getvalue()


def decoded(schema: Schema | Any, body: bytes) -> dict[str, Any]:
    """What is read of a value that a schema wrote."""
    schemas = MockRegistry()
    given = schema if isinstance(schema, Schema) else Schema(json.dumps(schema))
    return events(schemas).decode(b"\0" + schemas.register("s", given).to_bytes(4, "big") + body)


@pytest.mark.parametrize(
    ("types", "value"),
    [
        (dict(reversed(LONG.items())), EVENT),
        (LONG | {"more": {"type": "map", "values": "double"}}, EVENT | {"more": {"a": 1.5}}),
        (dict.fromkeys(LONG, "int"), EVENT),
        ({name: ["null", "long"] for name in LONG}, EVENT),
        (LONG | {"deleted": ["null", "boolean"]}, EVENT | {"deleted": None}),
    ],
)
def test_other_layouts_are_read(types: dict[str, Any], value: dict[str, Any]) -> None:
    schema = record(types, "com.example.Listen")
    assert decoded(schema, written(schema, value)) == EVENT


@pytest.mark.parametrize("local", ["", "local-"])
@pytest.mark.parametrize(("unit", "parts"), [("millis", 10**3), ("micros", 10**6), ("nanos", 10**9)])
@pytest.mark.parametrize("optional", [False, True])
def test_logical_times_are_seconds(local: str, unit: str, parts: int, optional: bool) -> None:
    kind: Any = {"type": "long", "logicalType": f"{local}timestamp-{unit}"}
    schema = record(LONG | {"timestamp": ["null", kind] if optional else kind})
    plain = record(LONG | {"timestamp": ["null", "long"] if optional else "long"})
    time = 1_400_000_000
    body = written(plain, EVENT | {"timestamp": time * parts + parts - 1})
    assert decoded(schema, body) == EVENT | {"timestamp": time}


@pytest.mark.parametrize(
    ("types", "value", "reason"),
    [
        (LONG | {"userId": "string"}, {"userId": "5"}, "userId is a string, wanted a long"),
        (LONG | {"trackId": "double"}, {"trackId": 5.0}, "trackId is a double, wanted a long"),
        (LONG | {"albumId": "boolean"}, {"albumId": True}, "albumId is a boolean, wanted a long"),
        (LONG | {"artistId": ["null", "long"]}, {"artistId": None}, "artistId is null, wanted a long"),
        (LONG | {"deleted": "long"}, {"deleted": 0}, "deleted is a long, wanted a boolean"),
        (dict.fromkeys(FIELDS[1:], "long"), {}, "no field userId, wanted a long"),
        (
            LONG | {"timestamp": {"type": "int", "logicalType": "date"}},
            {},
            "timestamp is a date, wanted a long of seconds",
        ),
    ],
)
def test_reasons_name_the_field_and_both_types(types: dict[str, Any], value: dict[str, Any], reason: str) -> None:
    schema = record(types)
    plain = record({n: t["type"] if isinstance(t, dict) else t for n, t in types.items()})
    with pytest.raises(MessageError, match=reason):
        decoded(schema, written(plain, EVENT | value))


NESTED = {"type": "record", "name": "N", "fields": [{"name": "n", "type": ["null", "N"]}]}
NOTHING = {"type": "array", "items": {"type": "record", "name": "E", "fields": [{"name": "n", "type": "null"}]}}


@pytest.mark.parametrize(
    ("schema", "body", "reason"),
    [
        (Schema('{"type":"string","avro.java.string":"String"}'), b"\x02a", "the value is a string, wanted a record"),
        (Schema('"nobody"'), b"", "schema 1: its schema is no Avro schema"),
        (Schema("no JSON"), b"", "schema 1: its schema is no Avro schema"),
        (Schema("null"), b"", "schema 1: its schema is no Avro schema"),
        (Schema("[" * 100_000), b"", "schema 1: its schema is no Avro schema"),
        (NESTED, b"\x02" * 500_000 + b"\0", "a record N that holds itself"),
        (NOTHING, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "an array of items without bytes"),
        (Schema("x", "THRIFT"), b"", "schema 1: it is of the kind THRIFT"),
        (Schema("syntax", "PROTOBUF"), b"\0", "schema 1: no schema of Protobuf"),
        (Schema("{}", "JSON"), b"[" * 200_000, "no JSON"),
        (Schema(json.dumps(record(LONG)), references=(Reference("A", "a", 1),)), b"", "no version 1 of a"),
    ],
)
def test_what_is_not_read_is_told(schema: Any, body: bytes, reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        decoded(schema, body)


def test_a_json_schema_is_read_as_json() -> None:
    assert decoded(Schema('{"type": "object"}', "JSON"), json.dumps(EVENT).encode()) == EVENT


def test_references_are_resolved() -> None:
    """Over HTTP, and a reference of a reference."""
    schemas = MockRegistry()
    inner = {"type": "record", "name": "org.Inner", "fields": [{"name": "x", "type": "long"}]}
    outer = {"type": "record", "name": "org.Outer", "fields": [{"name": "in", "type": "org.Inner"}]}
    whole = record(LONG | {"outer": "org.Outer", "inner": "org.Inner"})
    schemas.register("in/ner", Schema(json.dumps(inner)))
    one = Reference("org.Inner", "in/ner", 1)
    schemas.register("outer", Schema(json.dumps(outer), references=(one,)))
    references = (Reference("org.Outer", "outer", 1), one)
    number = schemas.register("events-value", Schema(json.dumps(whole), references=references))
    value = b"\0" + number.to_bytes(4, "big") + bytes(2 * n for n in range(1, 6)) + b"\x0e\x0e"
    with serving_schemas(schemas=schemas) as url:
        assert codec("confluent", "events", "ListeningEvent", registry(url)).decode(value) == EVENT


def test_references_in_a_circle_end() -> None:
    schemas = MockRegistry()
    here = Reference("A", "a", 1)
    schemas.register("a", Schema(json.dumps(record({"a": "A"}, "A")), references=(here,)))
    with pytest.raises(MessageError, match="name each other"):
        events(schemas).decode(b"\0\0\0\0\x01")


PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
LOGICAL = ["date", "time-millis", "timestamp-millis", "timestamp-micros", "decimal", "uuid", "duration", "mine"]
NAMES = [*FIELDS, "deleted", "id", "name", "x", "y"]


def any_type(random: Random, deep: int) -> Any:
    """A type in Avro, or what is not quite one."""
    name = f"T{random.randrange(5)}"

    def part() -> Any:
        return any_type(random, deep - 1)

    makers: list[Any] = [
        lambda: random.choice(PRIMITIVES),
        lambda: random.choice([name, "ListeningEvent", "array", None, 5, {}]),
        lambda: {"type": "fixed", "name": name, "size": random.choice([0, 1, 16, 1 << 40])},
        lambda: {"type": "enum", "name": name, "symbols": ["A", "B"]},
        lambda: [part() for _ in range(random.randrange(4))],
        lambda: {"type": "array", "items": part()},
        lambda: {"type": "map", "values": part()},
        lambda: record({n: part() for n in random.sample(NAMES, random.randrange(6))}, name),
        lambda: {"type": part(), "logicalType": random.choice(LOGICAL)},
    ]
    weights = [6, 1, 1, 1, 2, 1, 1, 2, 2]
    return random.choices(makers if deep else makers[:4], weights if deep else weights[:4])[0]()


def any_schema(random: Random) -> Any:
    """Anything, or an event with some fields of any type."""
    if random.random() < 0.3:
        return any_type(random, 4)
    return record(LONG | {n: any_type(random, 2) for n in random.sample(NAMES, random.randrange(3))})


def test_any_schema_reads_a_message_or_tells_why_not() -> None:
    random, read = Random(2), 0
    for _ in range(1000):
        schema, data = any_schema(random), random.randbytes(random.randrange(40))
        with suppress(Exception):  # a schema that is none writes nothing
            data = written(schema, generate_one(schema))
            data = written(schema, generate_one(schema) | EVENT)
        kind = random.choice(["AVRO"] * 8 + ["JSON", "PROTOBUF", "NEW"])
        try:
            read += decoded(Schema(json.dumps(schema), kind), data).keys() == EVENT.keys()
        except MessageError:
            continue
    assert 50 < read < 950


def mutated(random: Random, value: bytes) -> bytes:
    """A value with some bytes changed, left out or put in, or cut."""
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(value) + 1)
        value = value[:at] + random.randbytes(random.randrange(4)) + value[at + random.randrange(4) :]
    return value[: random.randrange(len(value) + 1)] if random.random() < 0.2 else value


def proto(message: str, fields: Mapping[str, int], **more: Any) -> Any:
    """The description of a file with a message, the last of two, whose fields have types."""
    file = descriptor_pb2.FileDescriptorProto(name="other.proto", package="org", syntax="proto3", **more)
    file.message_type.add(name="First")
    made = file.message_type.add(name=message)
    for number, (name, kind) in enumerate(fields.items(), 1):
        field = made.field.add(name=name, number=number, type=kind, label=1)
        if kind == 11:
            field.type_name = ".google.protobuf.Timestamp"
    return file


def proto_body(file: Any, **values: Any) -> bytes:
    """The second message of the file, and before it the way to it."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("org.Listen"))
    data: bytes = b"\x02\x02" + made(**values).SerializeToString()
    return data


def serialized(file: Any, *references: Reference) -> Schema:
    return Schema(base64.b64encode(file.SerializeToString()).decode(), "PROTOBUF", references)


INT64, STRING, MESSAGE = 3, 9, 11
SNAKE = ("user_id", "artist_id", "album_id", "track_id")


def test_protobuf_of_others() -> None:
    file = proto("Listen", {**dict.fromkeys(SNAKE, INT64), "timestamp": MESSAGE, "more": STRING})
    file.dependency.append("google/protobuf/timestamp.proto")
    body = proto_body(file, **dict(zip(SNAKE, range(1, 5), strict=True)), timestamp={"seconds": 5, "nanos": 7})
    assert decoded(serialized(file), body) == EVENT


@pytest.mark.parametrize(
    ("fields", "values", "reason"),
    [
        (dict.fromkeys(SNAKE, INT64), {}, "no field timestamp, wanted a long"),
        (dict.fromkeys(SNAKE, STRING), {"user_id": "a"}, "userId is a string, wanted a long"),
        (dict.fromkeys(SNAKE, INT64), {"user_id": -5}, "userId is -5, wanted"),
    ],
)
def test_protobuf_that_is_no_event_is_told(fields: dict[str, int], values: dict[str, Any], reason: str) -> None:
    file = proto("Listen", fields)
    with pytest.raises(MessageError, match=reason):
        decoded(serialized(file), proto_body(file, **values))


@pytest.mark.parametrize("body", [b"", b"\x08", b"\x02\x09", b"\xff" * 20, b"\x01", b"\x02\x02\xff"])
def test_protobuf_without_a_message_is_told(body: bytes) -> None:
    with pytest.raises(MessageError, match=r"Protobuf|no message"):
        decoded(serialized(proto("Listen", dict.fromkeys(SNAKE, INT64))), body)


@pytest.mark.parametrize("kind", ["json", "avro", "confluent", "protobuf"])
def test_mutated_messages_are_read_or_told(kind: str) -> None:
    random, read = Random(1), 0
    made = codec(kind, "listeningevents", "ListeningEvent", registry("mock://mutated"))
    value = made.encode(EVENT | {"timestamp": 1_400_000_000})
    for _ in range(2500):
        try:
            read += made.decode(mutated(random, value)).keys() == EVENT.keys()
        except MessageError:
            continue
    assert 0 < read < 2500


def test_a_registry_that_wants_to_know_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_schemas(wanted={"authorization": "Basic bWU6c2VjcmV0"}) as url:
        with pytest.raises(RegistryError, match="401 .*set SCHEMA_REGISTRY_USER"):
            registry(url).schema(1)
        monkeypatch.setenv("SCHEMA_REGISTRY_USER", "me")
        monkeypatch.setenv("SCHEMA_REGISTRY_PASSWORD", "secret")
        assert registry(url).schema(1) is None
    with serving_schemas(wanted={"authorization": "Bearer abc"}) as url:
        monkeypatch.setenv("SCHEMA_REGISTRY_TOKEN", "abc")
        assert registry(url).schema(1) is None
