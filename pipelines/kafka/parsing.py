"""Compiled reading of listening events from the values of messages: many values at a time, to columns.

What these functions do not read they leave to the codec of the format, which reads it or says what is wrong with it.
"""

import numpy as np
from numba import int64, uint8, uint64

from schemas.events import NAMES
from store import varint
from store.compiled import jit

FIELDS = (*(name.encode() for name in NAMES), b"deleted")
"""In the order of the columns."""

_NUMBERS = len(FIELDS) - 1
_ALL_NUMBERS = (1 << _NUMBERS) - 1
_MOST_DIGITS = 18

_LENGTHS = np.array([len(field) for field in FIELDS])
_NAMES = np.array([list(field.ljust(_LENGTHS.max())) for field in FIELDS], np.uint8)

_QUOTE, _COLON, _COMMA, _OPEN, _CLOSE, _ZERO = (uint8(ord(c)) for c in '":,{}0')
_SPACE, _LINE_FEED, _TAB, _RETURN = (uint8(ord(c)) for c in " \n\t\r")
_TRUE = np.frombuffer(b"true", np.uint8)
_FALSE = np.frombuffer(b"false", np.uint8)


@jit
def _skip(data, i, end):  # type: ignore[no-untyped-def]
    """The index of the next byte that is no white space of JSON."""
    while i < end and (data[i] == _SPACE or data[i] == _LINE_FEED or data[i] == _TAB or data[i] == _RETURN):
        i += 1
    return i


@jit
def _is(data, i, end, word):  # type: ignore[no-untyped-def]
    """Whether `word` is at `data[i:end]`."""
    if end - i < len(word):
        return False
    for j in range(len(word)):  # noqa: SIM110
        if data[i + j] != word[j]:
            return False
    return True


@jit
def _name(data, i, end):  # type: ignore[no-untyped-def]
    """The number of the field whose name and quote are at `data[i:end]`; -1 if it is none of ours."""
    for field in range(len(_LENGTHS)):
        size = _LENGTHS[field]
        if i + size < end and data[i + size] == _QUOTE and _is(data, i, end, _NAMES[field, :size]):
            return field
    return -1


@jit
def _value(data, i, end, is_number):  # type: ignore[no-untyped-def]
    """The number or truth value at `data[i:end]`, and the index after it; -1 if it is not read here."""
    if not is_number:
        if _is(data, i, end, _TRUE):
            return int64(1), i + 4
        return int64(0), i + 5 if _is(data, i, end, _FALSE) else -1
    start = i
    value = int64(0)
    while i < end and data[i] >= _ZERO and data[i] <= _ZERO + 9:
        value = value * 10 + int64(data[i] - _ZERO)
        i += 1
        if i - start > _MOST_DIGITS:
            return int64(0), -1
    if i == start or (data[start] == _ZERO and i > start + 1):
        return int64(0), -1
    return value, i


@jit
def _json_value(data, i, end, columns, row):  # type: ignore[no-untyped-def]
    """Reads the object at `data[i:end]` into a row of the columns; whether it could."""
    columns[_NUMBERS, row] = 0
    seen = 0
    i = _skip(data, i, end)
    separator = _OPEN
    while i < end and data[i] == separator:
        i = _skip(data, i + 1, end)
        if i >= end or data[i] != _QUOTE:
            return False
        field = _name(data, i + 1, end)
        if field < 0 or seen >> field & 1:
            return False
        seen |= 1 << field
        i = _skip(data, i + 2 + _LENGTHS[field], end)
        if i >= end or data[i] != _COLON:
            return False
        value, i = _value(data, _skip(data, i + 1, end), end, field < _NUMBERS)
        if i < 0:
            return False
        columns[field, row] = value
        i = _skip(data, i, end)
        separator = _COMMA
    whole = i < end and data[i] == _CLOSE and _skip(data, i + 1, end) == end
    return whole and seen & _ALL_NUMBERS == _ALL_NUMBERS


@jit
def read_json(data, starts, columns, read):  # type: ignore[no-untyped-def]
    """Reads values in JSON.

    Args:
        data: uint8[], the values one after the other.
        starts: int64[values + 1], where each begins.
        columns: int64[6, values]: receives the fields, a row for each value.
        read: bool[values]: receives whether a value could be read.
    """
    for row in range(len(starts) - 1):
        read[row] = _json_value(data, starts[row], starts[row + 1], columns, row)


@jit
def _long(data, i, end):  # type: ignore[no-untyped-def]
    """The long at `data[i:end]`, not negative, and the index after it; -1 if it is not read here."""
    stop = min(end, i + varint.LONGEST)
    j = i
    while j < stop and data[j] >= 128:
        j += 1
    if j >= stop or j - i >= varint.LONGEST - 1 or data[i] & 1:
        return int64(0), -1
    value, i = varint.get(data, i)
    return int64(value >> uint64(1)), i


@jit
def _avro_value(data, i, end, columns, row):  # type: ignore[no-untyped-def]
    for field in range(_NUMBERS):
        columns[field, row], i = _long(data, i, end)
        if i < 0:
            return False
    columns[_NUMBERS, row] = 0
    if i == end:
        return True
    columns[_NUMBERS, row] = data[i]
    return i + 1 == end and data[i] <= 1


@jit
def read_avro(data, starts, header, columns, read):  # type: ignore[no-untyped-def]
    """Reads values in Avro after a `header` (uint8[]), which may be empty. The rest is as with `read_json`."""
    for row in range(len(starts) - 1):
        i, end = starts[row], starts[row + 1]
        read[row] = _is(data, i, end, header) and _avro_value(data, i + len(header), end, columns, row)
