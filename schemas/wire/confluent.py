"""The wire format of Confluent's schema registry: a byte 0, the number of the writer's schema, and what it wrote.

The number is 4 bytes, big-endian. A schema may be of Avro, of JSON or of Protobuf; whatever a registry has under a
number, and whatever a message holds, is a matter of that message alone.
"""

import time
from collections.abc import Iterator
from typing import Any

import orjson

from schemas.wire import avro_writers, protobuf
from schemas.wire.record_fields import MessageError
from schemas.wire.registry import AVRO, JSON, PROTOBUF, Reference, Registry, Schema

MAGIC = 0
"""The first byte of a value in this format."""

HEADER = 5
"""Bytes before what the schema wrote."""

MOST_REFERENCES = 100
"""Of a schema, those of its references among them."""

UNKNOWN_SECONDS, MOST_UNKNOWN = 5.0, 10_000
"""How long numbers that the registry does not have are not asked for again, and how many of them at most."""


def header_of(number: int) -> bytes:
    """How values begin that the schema of a number wrote."""
    return bytes([MAGIC]) + number.to_bytes(HEADER - 1, "big")


class Schemas:
    """The schemas of a registry, as readers of what they wrote."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._readers: dict[int, avro_writers.Reader] = {}
        self._unknown: dict[int, float] = {}

    def read(self, data: bytes) -> Any:
        """The value in some bytes of this format.

        Raises:
            MessageError: there is none that can be read.
            RegistryError: the registry does not answer.
        """
        if len(data) < HEADER or data[0] != MAGIC:
            raise MessageError("not in Confluent's wire format: it begins with a byte 0 and 4 bytes")
        return self._reader(int.from_bytes(data[1:HEADER], "big"))(data[HEADER:])

    def schema(self, number: int) -> Schema:
        """The schema of a number; MessageError if there is none."""
        if time.monotonic() < self._unknown.get(number, 0.0):
            raise MessageError(f"the registry has no schema {number}")
        found = self._registry.schema(number)
        if found is None:
            if len(self._unknown) >= MOST_UNKNOWN:
                self._unknown.clear()
            self._unknown[number] = time.monotonic() + UNKNOWN_SECONDS
            raise MessageError(f"the registry has no schema {number}")
        return found

    def _reader(self, number: int) -> avro_writers.Reader:
        if number not in self._readers:
            schema = self.schema(number)
            try:
                self._readers[number] = self._reader_of(number, schema)
            except MessageError as error:
                self._readers[number] = _unreadable(f"schema {number}: {error}")
        return self._readers[number]

    def _reader_of(self, number: int, schema: Schema) -> avro_writers.Reader:
        if schema.kind == AVRO:
            return avro_writers.reader(schema.text, [text for _, text in self._references(schema, None)])
        if schema.kind == JSON:
            return read_json
        if schema.kind == PROTOBUF:
            own = self._registry.schema(number, protobuf.FORM) or schema
            return protobuf.reader(own.text, dict(self._references(schema, protobuf.FORM)))
        raise MessageError(f"it is of the kind {schema.kind}, which is not read")

    def _references(self, schema: Schema, form: str | None) -> Iterator[tuple[str, str]]:
        """The names and texts of the schemas which one names, each after those that it names itself."""
        yield from self._resolve(schema, form, {}, ())

    def _resolve(
        self, schema: Schema, form: str | None, seen: dict[Reference, None], within: tuple[Reference, ...]
    ) -> Iterator[tuple[str, str]]:
        for reference in schema.references:
            if reference in seen:
                continue
            if reference in within or len(seen) + len(within) > MOST_REFERENCES:
                raise MessageError("its references name each other, or are too many")
            found = self._registry.version(reference.subject, reference.version, form)
            if found is None:
                raise MessageError(f"the registry has no version {reference.version} of {reference.subject}")
            yield from self._resolve(found, form, seen, (*within, reference))
            seen[reference] = None
            yield reference.name, found.text


def read_json(data: bytes) -> Any:
    """The value in JSON; MessageError if it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MessageError(f"no JSON: {error}") from None


def _unreadable(reason: str) -> avro_writers.Reader:
    def read(_: bytes) -> Any:
        raise MessageError(reason)

    return read
