"""Avro schemas of the topics' values, and their binary form.

Stored values are plain Avro binary without a header: the catalogue says which schema reads them.
"""

import io
from functools import cache
from pathlib import Path
from typing import Any

from fastavro import schemaless_reader, schemaless_writer
from fastavro.schema import load_schema

FOLDER = Path(__file__).parents[1]


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
    path = FOLDER / f"{name}.avsc"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.avsc")))
        raise KeyError(f"no Avro schema {name}; there are long, {known} and arrays of them, like Item[]")
    return load_schema(str(path))


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
