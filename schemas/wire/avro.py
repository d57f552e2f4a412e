"""Avro schemas of the topics' values, and their binary form.

Stored values are plain Avro binary without a header: the catalogue says which schema reads them.
"""

import io
from functools import cache
from typing import Any

from fastavro import schemaless_reader, schemaless_writer
from fastavro.schema import load_schema, parse_schema

from schemas import FOLDER
from schemas.metrics import VALUES, WINDOW_RECORDS, Combine


@cache
def schema(name: str) -> Any:
    """The parsed schema of a type: `long`, a record `Charts`, or an array of records `Charts[]`.

    Raises:
        KeyError: there is no such type.
    """
    if name == "long":
        return "long"
    if name.endswith("[]"):
        return {"type": "array", "items": schema(name.removesuffix("[]"))}
    if name in _WINDOWS:
        return _window(name, *_WINDOWS[name])
    path = FOLDER / f"{name}.avsc"
    if not path.is_file():
        known = ", ".join(sorted([*_WINDOWS, *(file.stem for file in FOLDER.glob("*.avsc"))]))
        raise KeyError(f"no Avro schema {name}; there are long, {known} and arrays of them, like Item[]")
    return load_schema(str(path))


def _window(name: str, combine: Combine, value: str) -> Any:
    """The record of a window's value: its first second, and what the combiner gives."""
    fields = [{"name": "start", "type": "long"}, {"name": value, "type": schema(VALUES[combine])}]
    return parse_schema({"type": "record", "name": name, "fields": fields})


_WINDOWS = {name: (combine, value) for combine, (name, value) in WINDOW_RECORDS.items()}


def text(name: str) -> str:
    """The schema of a record as its file has it."""
    return (FOLDER / f"{name}.avsc").read_text()


def encode(name: str, value: Any) -> bytes:
    """The Avro binary form of a value of the type `name`."""
    out = io.BytesIO()
    schemaless_writer(out, schema(name), value)
    return out.getvalue()


def decode(name: str, data: bytes) -> Any:
    """The value of the type `name` that `data` encodes."""
    return schemaless_reader(io.BytesIO(data), schema(name), None)
