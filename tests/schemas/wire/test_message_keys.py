"""Keys in every form, and what is none: a tombstone that is guessed wrongly erases somebody else for ever."""

import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire import avro
from schemas.wire.message_keys import KEY_FORMATS, key_codec, key_of
from schemas.wire.record_fields import MessageError
from schemas.wire.registry import MockRegistry, Schema, registry

NUMBERS = st.integers(0, 2**63 - 1) | st.integers(0, 2**20)
TEXT_USER = int.from_bytes(b"12345678", "big")


def keys(form: str, schemas: MockRegistry | None = None) -> Any:
    return key_codec(form, "listeningevents", schemas or registry("mock://keys"))


def confluent(schema: str, body: bytes) -> tuple[Any, bytes]:
    """A codec, and a key that a schema wrote."""
    schemas = MockRegistry()
    number = schemas.register("listeningevents-key", Schema(schema))
    return keys("confluent", schemas), b"\0" + number.to_bytes(4, "big") + body


@pytest.mark.parametrize("form", KEY_FORMATS)
@given(number=NUMBERS)
def test_keys_come_back(form: str, number: int) -> None:
    number = number % 2**31 if form == "int" else number
    assert keys(form).decode(keys(form).encode(number)) == number


@given(number=NUMBERS)
def test_the_forms_are_what_others_write(number: int) -> None:
    assert key_of(number) == struct.pack(">q", number) or key_of(number).isdigit()
    assert keys("text").encode(number) == str(number).encode()
    assert keys("int").encode(number % 2**31) == struct.pack(">i", number % 2**31)


def test_a_confluent_key_of_8_bytes_is_no_long() -> None:
    """Read by its length it would be another user, and erased for ever."""
    codec, key = confluent('"long"', bytes.fromhex("c0cf24"))
    assert key == bytes.fromhex("0000000001c0cf24")
    assert codec.decode(key) == 300_000


@pytest.mark.parametrize(
    ("schema", "body", "number"),
    [
        ('"int"', avro.encode("long", 300_000), 300_000),
        ('"string"', b"\x0c300000", 300_000),
        ('{"type": "string", "avro.java.string": "String"}', b"\x0c300000", 300_000),
        ('["null", "long"]', b"\x02" + avro.encode("long", 7), 7),
        ('{"type": "record", "name": "Key", "fields": [{"name": "userId", "type": "long"}]}', b"\x0e", 7),
    ],
)
def test_keys_of_other_schemas(schema: str, body: bytes, number: int) -> None:
    codec, key = confluent(schema, body)
    assert codec.decode(key) == number


@pytest.mark.parametrize("form", ["long", "text", "confluent"])
@pytest.mark.parametrize("number", [0, 7, 300_000, 12_345_678, 2**63 - 1])
def test_digits_are_text(form: str, number: int) -> None:
    assert keys(form).decode(str(number).encode()) == number


def test_a_user_whose_key_would_be_digits_is_not_mistaken() -> None:
    assert keys("long").decode(b"12345678") == 12_345_678
    assert keys("long").decode(key_of(TEXT_USER)) == TEXT_USER


@pytest.mark.parametrize(
    ("form", "key"),
    [
        *((form, key) for form in KEY_FORMATS for key in (None, b"", b"\xff", b"-5", b" 12345 ", b"\xff" * 8)),
        *((form, b"00300000") for form in ("long", "text", "confluent")),
        *((form, b"9223372036854775808") for form in KEY_FORMATS),
        *((form, b"9" * 5000) for form in KEY_FORMATS),
        ("long", struct.pack(">i", 5)),
        ("int", struct.pack(">q", 5)),
        ("int", struct.pack(">i", -5)),
        ("text", struct.pack(">q", 5)),
        ("text", "٣٠".encode()),
        ("confluent", struct.pack(">q", 300_000)),
        ("confluent", b"\0\0\0\xff\xff\x02"),
    ],
)
def test_what_is_no_key_is_told(form: str, key: bytes | None) -> None:
    with pytest.raises(MessageError, match="the key"):
        keys(form).decode(key)


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ('"long"', b"\xc0\xcf\x24\x00"),
        ('"long"', b"\x01"),
        ('"double"', struct.pack("<d", 5.0)),
        ('"boolean"', b"\x01"),
        ('"string"', b"\x06a12"),
        ("{}", b"\x02"),
    ],
)
def test_what_a_schema_makes_of_no_number_is_told(schema: str, body: bytes) -> None:
    codec, key = confluent(schema, body)
    with pytest.raises(MessageError, match="the key"):
        codec.decode(key)


@given(key=st.binary(max_size=12), form=st.sampled_from(KEY_FORMATS))
def test_any_bytes_are_a_number_or_told(key: bytes, form: str) -> None:
    with suppress(MessageError):
        assert 0 <= keys(form).decode(key) < 2**63


def test_confluent_keys_need_a_registry() -> None:
    with pytest.raises(ValueError, match="need a schema registry"):
        key_codec("confluent", "listeningevents")
