"""Compiled parsing of listening events: text to columns, eight bytes at a time.

A line is valid if it holds five numbers of 1 to 19 digits, each below 2**63, between tabs, and ends with LF or CR LF.
Digits are recognised and converted eight at a time within a 64-bit register (SWAR; see Daniel Lemire, "Quickly parsing
eight digits", 2018).
"""

from typing import Any

from llvmlite import ir
from numba import int64, types, uint8, uint64
from numba.extending import intrinsic

from store.compiled import inlined, jit

COLUMNS = 5
PADDING = 32
"""Bytes which must be readable after the text."""

TAB, LF, CR, ZERO = 9, 10, 13, 48
MOST_DIGITS = 19


@intrinsic
def _load_8(typingctx: Any, array: Any, index: Any) -> Any:
    """The 8 bytes at `array[index:]` as a little-endian number, aligned or not."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer())
        return builder.load(pointer, align=1)

    return types.uint64(array, types.int64), codegen


@intrinsic
def _trailing_zeros(typingctx: Any, value: Any) -> Any:
    """The number of zero bits below the lowest one; 64 for 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), codegen


_EACH_01 = uint64(0x0101010101010101)
_EACH_06 = uint64(0x0606060606060606)
_EACH_0F = uint64(0x0F0F0F0F0F0F0F0F)
_EACH_10 = uint64(0x1010101010101010)
_EACH_30 = uint64(0x3030303030303030)
_EACH_F0 = uint64(0xF0F0F0F0F0F0F0F0)
_PAIRS = uint64(0x00FF00FF00FF00FF)
_QUADS = uint64(0x0000FFFF0000FFFF)


@inlined
def _number(text, i):  # type: ignore[no-untyped-def]
    """The number at `text[i:]`, the index after it, and whether it is well formed (0) or not."""
    chunk = _load_8(text, i)
    # ASCII digits have the bit 0x10, tabs and line ends do not: the first byte without it ends the number.
    bits = _trailing_zeros(~chunk & _EACH_10) & uint64(0x78)
    if bits == 0:
        return int64(0), i, uint64(1)
    unused = uint64(64) - bits
    digits = chunk ^ _EACH_30
    wrong = ((digits | (digits + _EACH_06)) & _EACH_F0) << unused
    value = (chunk << unused) & _EACH_0F
    value = (value * uint64(10 * 256 + 1)) >> uint64(8)
    value = ((value & _PAIRS) * uint64(100 * 65536 + 1)) >> uint64(16)
    value = ((value & _QUADS) * uint64(10000 * 4294967296 + 1)) >> uint64(32)
    i += int64(bits >> uint64(3))
    if bits < 64:
        return int64(value), i, wrong
    count = 8
    digit = uint8(text[i] - ZERO)
    while digit < 10:
        count += 1
        if count > MOST_DIGITS:
            return int64(0), i, uint64(1)
        value = value * uint64(10) + uint64(digit)
        i += 1
        digit = uint8(text[i] - ZERO)
    return int64(value), i, wrong | (value >> uint64(63))


@jit
def parse_events(text, position, end, columns, row, bad, line):  # type: ignore[no-untyped-def]
    """Parses lines until the text ends or the table of bad lines is full.

    Args:
        text: uint8[], whole lines in `position:end`, with PADDING readable bytes after `end`.
        columns: int64[5, rows]: user, artist, album, track, timestamp; filled from `row`.
        bad: int64[most, 3]: receives number of the line, start and end of each bad line.
        line: number of the line at `position`.

    Returns:
        The position, row and line reached, the number of bad lines, and whether any value has more than 32 bits.
    """
    wide = uint64(0)
    n_bad = int64(0)
    i = position
    while i < end and n_bad < len(bad):
        start = i
        wrong, values = uint64(0), uint64(0)
        for column in range(COLUMNS):
            value, i, unreadable = _number(text, i)
            columns[column, row] = value
            values |= uint64(value)
            if column == COLUMNS - 1 and text[i] == CR:
                i += 1
            wrong |= unreadable | uint64(text[i] ^ (LF if column == COLUMNS - 1 else TAB))
            i += 1
        if wrong == 0:
            wide |= values
            row += 1
        else:
            i = start
            while text[i] != LF:
                i += 1
            bad[n_bad, 0], bad[n_bad, 1], bad[n_bad, 2] = line, start, i
            n_bad += 1
            i += 1
        line += 1
    return i, row, line, n_bad, (wide >> uint64(32)) != 0


@jit
def find(text, byte, start, end):  # type: ignore[no-untyped-def]
    """The index of the first `byte` in `text[start:end]`, or `end`."""
    for i in range(start, end):
        if text[i] == byte:
            return i
    return end


def most_rows(size: int) -> int:
    """How many valid lines fit into `size` bytes: a line has at least five digits, four tabs and an LF."""
    return size // (2 * COLUMNS) + 1


def why_bad(line: bytes, columns: int = COLUMNS) -> str:
    """The reason why a line (without its LF) is not so many numbers."""
    text = line.removesuffix(b"\r")
    fields = text.split(b"\t")
    if not text:
        return "empty line"
    if len(text) > columns * (MOST_DIGITS + 1):
        return f"longer than {columns * (MOST_DIGITS + 1)} bytes"
    if b"\0" in text:
        return "NUL byte"
    if len(fields) != columns:
        return f"{len(fields)} columns instead of {columns}"
    for field in fields:
        if field[:1] == b"-" and field[1:].isdigit():
            return "negative number"
        if not field.isdigit():
            return "not a number"
    return "number of more than 63 bits"
