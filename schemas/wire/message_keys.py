"""The keys of messages: the number of a user or an item, in one of a few forms, which the topic has throughout.

| form | key |
|---|---|
| `long` | 8 bytes, big-endian |
| `int` | 4 bytes, big-endian |
| `text` | decimal digits |
| `confluent` | in the wire format of Confluent's schema registry: an int, long or string of digits, or a record of it |

A key without a value erases a user for ever, so none is guessed by its length: what is not in the topic's form is an
error. Only a key that is digits through and through counts as text in each form but `int`: 8 digits are no long, for
that would be a user beyond 3 × 10^18, and Confluent's format begins with a byte 0.
"""

from typing import Any, Protocol

from schemas.wire import avro
from schemas.wire.confluent import HEADER, Schemas, header_of
from schemas.wire.record_fields import MOST, MessageError, described
from schemas.wire.registry import Registry, Schema

LONG_BYTES, INT_BYTES = 8, 4

KEY_FORMATS = ("long", "int", "text", "confluent")

USUAL = {"json": "long", "avro": "long", "confluent": "confluent", "protobuf": "confluent"}
"""The form of the keys where nothing else is said, by the format of the values."""

_DIGITS = frozenset(b"0123456789")
_MOST_DIGITS = len(str(MOST))


class KeyCodec(Protocol):
    """Writes and reads the keys of a topic."""

    def encode(self, number: int) -> bytes:
        """The key of a message about a user or an item."""

    def decode(self, key: bytes | None) -> int:
        """The number in a key; MessageError if it holds none."""


def key_of(number: int) -> bytes:
    """The key of a message about a user or an item in the form `long`."""
    return NumberKeys(LONG_BYTES).encode(number)


def key_codec(form: str, topic: str, registry: Registry | None = None) -> KeyCodec:
    """The codec of the keys of a topic.

    Args:
        form: one of KEY_FORMATS.
        registry: of schemas, needed for `confluent`.
    """
    if form == "confluent":
        if registry is None:
            raise ValueError("keys in the format confluent need a schema registry")
        return ConfluentKeys(topic, registry)
    return TextKeys() if form == "text" else NumberKeys(LONG_BYTES if form == "long" else INT_BYTES)


class TextKeys:
    """Keys of decimal digits."""

    def encode(self, number: int) -> bytes:
        return str(number).encode()

    def decode(self, key: bytes | None) -> int:
        if not _is_text(key):
            raise MessageError(f"the key is {_shown(key)}, wanted decimal digits")
        return of_digits(key)


class NumberKeys:
    """Keys of a number of bytes, big-endian."""

    def __init__(self, size: int) -> None:
        self._size = size

    def encode(self, number: int) -> bytes:
        key = number.to_bytes(self._size, "big")
        return str(number).encode() if self._size == LONG_BYTES and _is_text(key) else key

    def decode(self, key: bytes | None) -> int:
        if self._size == LONG_BYTES and _is_text(key):
            return of_digits(key)
        if key is None or len(key) != self._size:
            raise MessageError(f"the key is {_shown(key)}, wanted {self._size} bytes")
        return _within(int.from_bytes(key, "big", signed=True))


class ConfluentKeys:
    """Keys in the wire format of Confluent's schema registry."""

    def __init__(self, topic: str, registry: Registry) -> None:
        self._subject, self._registry, self._schemas = f"{topic}-key", registry, Schemas(registry)
        self._header: bytes | None = None

    def encode(self, number: int) -> bytes:
        if self._header is None:
            self._header = header_of(self._registry.register(self._subject, Schema('"long"')))
        return self._header + avro.encode("long", number)

    def decode(self, key: bytes | None) -> int:
        if _is_text(key):
            return of_digits(key)
        if key is None or len(key) < HEADER:
            raise MessageError(f"the key is {_shown(key)}, wanted Confluent's wire format")
        try:
            return _number(self._schemas.read(key))
        except MessageError as error:
            raise MessageError(f"the key: {error}") from None


def _number(found: Any) -> int:
    """The number in a value that was read: a number, digits, or a record with nothing but such a one."""
    if isinstance(found, dict) and len(found) == 1:
        (found,) = found.values()
    if isinstance(found, str) and _is_text(found.encode()):
        return of_digits(found.encode())
    if type(found) is not int:
        raise MessageError(f"it is {described(found)}, wanted a long")
    return _within(found)


def of_digits(key: bytes | None) -> int:
    """The number that decimal digits say; MessageError if it is padded, or of more than 63 bits."""
    digits = key or b""
    if len(digits) > _MOST_DIGITS or (digits.startswith(b"0") and digits != b"0"):
        raise MessageError(f"the key is {_shown(digits)}, wanted a number of at most 63 bits, without zeros before it")
    return _within(int(digits))


def _within(number: int) -> int:
    if not 0 <= number <= MOST:
        raise MessageError(f"the key is {number}, wanted a number that is not negative and has at most 63 bits")
    return number


def _is_text(key: bytes | None) -> bool:
    return bool(key) and _DIGITS.issuperset(key or b"")


def _shown(key: bytes | None) -> str:
    if key is None:
        return "missing"
    return f"{len(key)} bytes, {key[:16].hex(' ')}{' …' if len(key) > 16 else ''}" if key else "empty"
