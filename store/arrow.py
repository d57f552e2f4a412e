"""Values of topics as columns of Arrow, whose types follow from the Avro types in the catalogue.

A record with one field is shown as that field: a chart is the list of its items.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from schemas.topics import Topic
from schemas.wire import avro

_PLAIN: Mapping[str, pa.DataType] = {"long": pa.int64(), "string": pa.string()}


def field(topic: Topic) -> pa.Field:
    """The column of a topic's values."""
    return pa.field(topic.name, _type(avro.schema(topic.value)))


def fields(record: str) -> list[pa.Field]:
    """The columns of an Avro record: one for each field that every value has."""
    return [pa.field(of["name"], _type(of["type"])) for of in avro.schema(record)["fields"] if "default" not in of]


def shown(record_or_type: str, value: Any) -> Any:
    """A decoded value of an Avro type, as Arrow takes it."""
    return _shown(avro.schema(record_or_type), value)


def is_record(name: str) -> bool:
    """Whether an Avro type has columns of its own: whether it is a record of several fields."""
    schema = avro.schema(name)
    return isinstance(schema, dict) and len(schema.get("fields", ())) > 1


def _type(schema: Any) -> pa.DataType:
    if isinstance(schema, str):
        return _PLAIN[schema]
    if schema["type"] == "array":
        return pa.list_(_type(schema["items"]))
    of = schema["fields"]
    return _type(of[0]["type"]) if len(of) == 1 else pa.struct([(f["name"], _type(f["type"])) for f in of])


def _shown(schema: Any, value: Any) -> Any:
    if isinstance(schema, str):
        return value
    if schema["type"] == "array":
        return [_shown(schema["items"], item) for item in value]
    of = {field["name"]: field["type"] for field in schema["fields"]}
    if len(of) == 1:
        ((name, inner),) = of.items()
        return _shown(inner, value[name])
    return {name: _shown(inner, value[name]) for name, inner in of.items() if name in value}
