"""The fields that a message must have: from whatever a format reads to a value of a topic's type, or a reason."""

from collections.abc import Mapping
from typing import Any

from schemas.wire import avro

MOST = 2**63 - 1
"""The largest number in a message; none is negative."""

_PYTHON = {"long": int, "string": str, "boolean": bool}
_AVRO = {
    bool: "boolean",
    int: "long",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "array",
    dict: "record",
    type(None): "null",
}


class MessageError(Exception):
    """A message cannot be read; says why."""


def checked(type_name: str, found: Any) -> dict[str, Any]:
    """The fields of a type, from the record that was read. Defaults stand for fields that are missing or null.

    Raises:
        MessageError: it is no record, or a field is missing or has no value of its type.
    """
    if not isinstance(found, Mapping):
        raise MessageError(f"the value is {described(found)}, wanted a record {type_name}")
    value = {}
    for field in avro.schema(type_name)["fields"]:
        name, given = field["name"], found.get(field["name"])
        if given is None and "default" in field:
            given = field["default"]
        elif name not in found:
            raise MessageError(f"no field {name}, wanted a {field['type']}")
        value[name] = _of_type(name, field["type"], given)
    return value


def _of_type(name: str, type_name: str, value: Any) -> Any:
    if type_name == "string" and type(value) is bytes:  # as Avro promotes them
        value = _text(name, value)
    if type(value) is not _PYTHON[type_name]:
        raise MessageError(f"{name} is {described(value)}, wanted a {type_name}")
    if isinstance(value, int) and not 0 <= value <= MOST:
        raise MessageError(f"{name} is {value}, wanted a long that is not negative and has at most 63 bits")
    return value


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise MessageError(f"{name} is bytes that are no UTF-8, wanted a string") from None


def described(value: Any) -> str:
    """The type of a value that was read, in words."""
    name = _AVRO.get(type(value), type(value).__name__)
    return name if name in ("bytes", "null") else f"an {name}" if name == "array" else f"a {name}"
