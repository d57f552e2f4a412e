"""Names of artists, albums and tracks from files.

A line is `id TAB name`, for albums and tracks followed by `TAB id of the artist`. A name in quotes with all inner
quotes doubled is unquoted as in CSV; any other name is taken as it is. What is not UTF-8 is replaced by U+FFFD and
noted.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from data.format import KINDS, is_id
from pipelines.files.blocks import BLOCK, Block, Range
from pipelines.files.event_lines import CR, LF, MOST_DIGITS, TAB, ZERO
from pipelines.files.parts import Parsed
from pipelines.files.rejected_lines import Notes
from store.compiled import jit

FIELDS = {"artists": 2, "albums": 3, "tracks": 3}

QUOTE = 34
_LOCALITY = 14  # neighbouring ids go to one shard, which writes them one after the other
_SHORTEST_LINE = 3
LONGEST_LINE = 65_535
_BAD_AT_ONCE = 1 << 14


class Names(NamedTuple):
    """Names as columns: ids (int64[n]), ends of the names in the text (int64[n]), the text (uint8[]) as UTF-8."""

    ids: NDArray[np.int64]
    ends: NDArray[np.int64]
    text: NDArray[np.uint8]


@jit
def _id(text, start, end):  # type: ignore[no-untyped-def]
    """The id in `text[start:end]`, or -1."""
    if start == end or end - start > MOST_DIGITS:
        return -1
    value = uint64(0)
    for i in range(start, end):
        if text[i] < ZERO or text[i] > ZERO + 9:
            return -1
        value = value * uint64(10) + uint64(text[i] - ZERO)
    return np.int64(value)  # 19 digits above 2**63 become negative


@jit
def _copy_name(text, start, end, out, p):  # type: ignore[no-untyped-def]
    """Copies a name, unquoted if it is quoted as in CSV; the index after it."""
    first = p
    if end - start >= 2 and text[start] == QUOTE and text[end - 1] == QUOTE:
        i = start + 1
        doubled = True
        while i < end - 1 and doubled:
            if text[i] == QUOTE:
                i += 1
                doubled = i < end - 1 and text[i] == QUOTE
            out[p] = text[i]
            p += 1
            i += 1
        if doubled:
            return p
    p = first
    for i in range(start, end):
        out[p] = text[i]
        p += 1
    return p


@jit
def _parse_names(text, position, end, fields, ids, ends, out, row, bad, line):  # type: ignore[no-untyped-def]
    """Parses lines until the text ends or `bad` is full; the position, row, line and number of bad lines reached."""
    n_bad = 0
    p = ends[row - 1] if row else 0
    while position < end and n_bad < len(bad):
        start = position
        first = last = -1
        while text[position] != LF:
            if text[position] == TAB:
                last = position
                if first < 0:
                    first = position
            position += 1
        stop = position - 1 if position > start and text[position - 1] == CR else position
        item = _id(text, start, first) if first >= 0 else -1
        name_end = stop
        if fields == 3:
            name_end = last
            if last <= first or _id(text, last + 1, stop) < 0:
                item = -1
        if item < 0 or position - start > LONGEST_LINE:
            bad[n_bad, 0], bad[n_bad, 1], bad[n_bad, 2] = line, start, stop
            n_bad += 1
        else:
            p = _copy_name(text, first + 1, name_end, out, p)
            ids[row], ends[row] = item, p
            row += 1
        position += 1
        line += 1
    return position, row, line, n_bad


@jit
def _add_up_sizes(ids, ends, sizes):  # type: ignore[no-untyped-def]
    """Adds rows and bytes of text of each shard to `sizes`: int64[2, shards]."""
    shards = sizes.shape[1]
    before = 0
    for i in range(len(ids)):
        shard = (ids[i] >> _LOCALITY) % shards
        sizes[0, shard] += 1
        sizes[1, shard] += ends[i] - before
        before = ends[i]


@jit
def _scatter(ids, ends, text, starts, place, ids_out, ends_out, text_out):  # type: ignore[no-untyped-def]
    """Copies names to their shards: rows from starts[0, shard], text from starts[1, shard], where `place` begins."""
    shards = starts.shape[1] - 1
    before = 0
    for i in range(len(ids)):
        shard = (ids[i] >> _LOCALITY) % shards
        for j in range(before, ends[i]):
            text_out[place[1, shard]] = text[j]
            place[1, shard] += 1
        before = ends[i]
        ids_out[place[0, shard]] = ids[i]
        ends_out[place[0, shard]] = place[1, shard] - starts[1, shard]
        place[0, shard] += 1


def scatter(names: Names, shards: int) -> list[tuple[int, Names]]:
    """The names of each shard that has some, in their order."""
    sizes = np.zeros((2, shards), np.int64)
    _add_up_sizes(names.ids, names.ends, sizes)
    starts = np.zeros((2, shards + 1), np.int64)
    np.cumsum(sizes, axis=1, out=starts[:, 1:])
    n = len(names.ids)
    out = Names(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(starts[1, -1], np.uint8))
    _scatter(*names, starts, starts.copy(), *out)
    rows, text = starts.tolist()
    return [
        (s, Names(out.ids[rows[s] : rows[s + 1]], out.ends[rows[s] : rows[s + 1]], out.text[text[s] : text[s + 1]]))
        for s in range(shards)
        if sizes[0, s]
    ]


def packed(names: Names) -> NDArray[np.uint8]:
    """Names as one array."""
    return np.concatenate([names.ids.view(np.uint8), names.ends.view(np.uint8), names.text])


def unpacked(data: NDArray[np.uint8], rows: int) -> Names:
    """The names in an array that `packed` made of `rows` names."""
    return Names(data[: 8 * rows].view(np.int64), data[8 * rows : 16 * rows].view(np.int64), data[16 * rows :])


class _Workspace(NamedTuple):
    ids: NDArray[np.int64]
    ends: NDArray[np.int64]
    text: NDArray[np.uint8]
    bad: NDArray[np.int64]


def _workspace(size: int) -> _Workspace:
    """Room for the names in `size` bytes of lines."""
    rows = size // _SHORTEST_LINE + 1
    bad = np.empty((_BAD_AT_ONCE, 3), np.int64)
    return _Workspace(np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(size, np.uint8), bad)


@dataclass(frozen=True)
class NameParser:
    """Parses blocks of names into parts of shards of items.

    Attributes:
        shards: of each kind.
        first: the number of the first one.
    """

    shards: int
    first: int = 0
    longest: int = LONGEST_LINE

    def workspace(self) -> Any:
        return _workspace(BLOCK + self.longest + 2)

    def parse(self, block: Block, part: Range, workspace: Any) -> Parsed:
        fields = FIELDS[part.kind]
        notes = Notes(block, fields, partial(why_bad, fields=fields))
        try:
            block.text[block.start : block.end].tobytes().decode()
        except UnicodeDecodeError:
            block = _repaired(block, notes)
            workspace = _workspace(block.end)
        names, lines = _names_of(block, fields, workspace, notes)
        first = self.first + KINDS.index(part.kind) * self.shards
        parts = [(first + s, len(n.ids), False, packed(n)) for s, n in scatter(names, self.shards)]
        return Parsed(lines, len(names.ids), notes.rejected, bytes(notes), parts)


def _names_of(block: Block, fields: int, work: _Workspace, notes: Notes) -> tuple[Names, int]:
    """The names in a block, and the number of its lines; the rejected ones are noted."""
    position, row, line = block.start, 0, 1
    while position < block.end:
        position, row, line, n_bad = _parse_names(
            block.text, position, block.end, fields, *work[:3], row, work.bad, line
        )
        for number, start, end in work.bad[:n_bad].tolist():
            notes.reject(number, block.text[start:end].tobytes())
    size = work.ends[row - 1] if row else 0
    return Names(work.ids[:row], work.ends[:row], work.text[:size]), line - 1


def _repaired(block: Block, notes: Notes) -> Block:
    """A block of valid UTF-8: what is not is replaced by U+FFFD, and the line is noted."""
    lines = block.text[block.start : block.end].tobytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        repaired = line.decode("utf-8", "replace").encode()
        if repaired != line:
            notes.add(number, "not UTF-8: read with U+FFFD in place of what is not", line)
            lines[number - 1] = repaired
    text = np.frombuffer(b"\n".join(lines), np.uint8)
    return Block(text, 0, len(text), block.offset)


def why_bad(line: bytes, fields: int) -> str:
    """The reason why a line is no item."""
    columns = line.split(b"\t")
    if not line:
        return "empty line"
    if len(line) > LONGEST_LINE:
        return f"longer than {LONGEST_LINE} bytes"
    if len(columns) < fields:
        return f"{len(columns)} columns instead of {fields}"
    wrong = "the id" if not is_id(columns[0]) else "the id of the artist"
    return f"{wrong} is not a number of up to 63 bits"
