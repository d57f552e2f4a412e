"""Values that others wrote in Avro, with schemas of their own: what is asked of a schema before it reads anything.

fastavro decodes in C: a record that holds itself can be nested until the stack ends, and the process with it, and an
array of items without bytes can claim to have any number of them. Such schemas are refused. Logical types are read as
the numbers they are, for a date of Python cannot hold each of them; those of times are then made seconds.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from fastavro import parse_schema, schemaless_reader

from schemas.wire.record_fields import MessageError

Reader = Callable[[bytes], Any]
"""The value in some bytes; raises MessageError."""

TIMES = {
    f"{local}timestamp-{unit}": parts
    for local in ("", "local-")
    for unit, parts in (("millis", 10**3), ("micros", 10**6), ("nanos", 10**9))
}
"""How many units of a logical type make a second."""

_TIME = "timestamp"
"""The field that is a time."""

_SIZES = {"null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}


def reader(text: str, references: Sequence[str] = ()) -> Reader:
    """What reads the values of a schema.

    Args:
        references: the schemas which it names, each after those that it names itself.

    Raises:
        MessageError: the schema is none, or is not safe to read with.
    """
    try:
        named: dict[str, Any] = {}
        for reference in references:
            parse_schema(_plain(orjson.loads(reference)), named_schemas=named)
        given = orjson.loads(text)
        schema = parse_schema(_plain(given), named_schemas=named)
    except Exception as error:  # fastavro raises whatever a schema that is none leads to
        raise MessageError(f"its schema is no Avro schema ({type(error).__name__}: {error})") from None
    _least(schema, named, ())
    time = _unit(given)
    return lambda data: _in_seconds(read(data, schema), time)


def read(data: bytes, schema: Any) -> Any:
    """The value in some bytes, all of which it takes.

    Raises:
        MessageError: they hold none of this schema.
    """
    found, rest = read_first(data, schema)
    if rest:
        raise MessageError("bytes after the end of the value")
    return found


def read_first(data: bytes, schema: Any) -> tuple[Any, int]:
    """The value at the begin of some bytes, and how many come after it. Raises MessageError."""
    stream = io.BytesIO(data)
    try:
        found = schemaless_reader(stream, schema, None)
    except Exception as error:  # fastavro raises whatever reading rubbish leads to
        raise MessageError(f"no Avro of this schema ({type(error).__name__})") from None
    return found, len(data) - stream.tell()


def _plain(schema: Any) -> Any:
    """A schema without logical types."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if isinstance(schema, dict):
        return {name: _plain(part) for name, part in schema.items() if name != "logicalType"}
    return schema


def _least(schema: Any, named: Mapping[str, Any], within: tuple[str, ...]) -> int:
    """The fewest bytes that a value takes; MessageError if the schema is not safe to read with."""
    if isinstance(schema, list):
        return min((1 + _least(branch, named, within) for branch in schema), default=1)
    if isinstance(schema, str):
        return _SIZES[schema] if schema in _SIZES else _least(named[schema], named, within)
    kind = schema["type"]
    if kind in ("record", "error"):
        if schema["name"] in within:
            raise MessageError(f"its schema has a record {schema['name']} that holds itself, which is not read")
        return sum(_least(field["type"], named, (*within, schema["name"])) for field in schema["fields"])
    if kind in ("array", "map"):
        if not _least(schema["items" if kind == "array" else "values"], named, within) and kind == "array":
            raise MessageError("its schema has an array of items without bytes, which is not read")
        return 1
    if kind == "fixed":
        return int(schema["size"])
    return 1 if kind == "enum" else _least(kind, named, within)


def _unit(schema: Any) -> int | str:
    """How many units of the field `timestamp` make a second, or which logical type of another kind it has."""
    fields = schema.get("fields", ()) if isinstance(schema, dict) else ()
    types = [field["type"] for field in fields if field["name"] == _TIME]
    branches = [branch for given in types for branch in (given if isinstance(given, list) else [given])]
    logical = [branch["logicalType"] for branch in branches if isinstance(branch, dict) and "logicalType" in branch]
    return next((TIMES.get(name, str(name)) for name in logical), 1)


def _in_seconds(found: Any, unit: int | str) -> Any:
    """The record with its time in seconds."""
    time = found.get(_TIME) if isinstance(found, dict) else None
    if unit == 1 or not isinstance(time, int):
        return found
    if isinstance(unit, str):
        raise MessageError(f"{_TIME} is a {unit}, wanted a long of seconds, or one of {', '.join(TIMES)}")
    return {**found, _TIME: time // unit}
