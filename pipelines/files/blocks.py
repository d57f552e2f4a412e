"""Text files in blocks of whole lines, from any of Beam's filesystems: plain ones by byte ranges, .gz and .bz2 whole.

A line belongs to the range in which its first byte lies. A line longer than the caller's limit is cut there, and the
rest of it is skipped, so that memory is bounded by the block, whatever the file holds.
"""

import bz2
import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems
from numpy.typing import NDArray

from pipelines.failures import PipelineError
from pipelines.files.event_lines import LF, PADDING, find

BLOCK = 16 << 20
"""Bytes of text which are read and parsed at a time."""

_DECOMPRESS: dict[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open}


@dataclass(frozen=True)
class Range:
    """A part of a file: the lines which begin in the bytes `start:end`.

    Attributes:
        kind: what the file holds: "events", "artists", "albums" or "tracks".
        file: the file's number within the input.
        size: of the file, in bytes.
    """

    kind: str
    file: int
    path: str
    start: int
    end: int
    size: int

    @property
    def compressed(self) -> bool:
        return self.path.endswith(tuple(_DECOMPRESS))


class Block(NamedTuple):
    """Whole lines: `text[start:end]`, with an LF at the end of each.

    `offset` orders the blocks of a file; it is 0 for the one with the first line, and only for that.
    """

    text: NDArray[np.uint8]
    start: int
    end: int
    offset: int


def match(kind: str, patterns: Sequence[str], first_file: int = 0) -> list[Range]:
    """The byte ranges of the files that match, numbered from `first_file`.

    Raises:
        PipelineError: a pattern matches no file, or all files are empty.
    """
    sizes: dict[str, int] = {}
    for pattern in patterns:
        found = _match(pattern)
        if not found:
            raise PipelineError(f"no file matches {pattern!r}: check --{kind}")
        sizes.update(found)
    if not any(sizes.values()):
        raise PipelineError(f"nothing to read: {', '.join(sizes)} {'is' if len(sizes) == 1 else 'are'} empty")
    return [
        part
        for file, (path, size) in enumerate(sorted(sizes.items()))
        for part in _split(kind, first_file + file, path, size)
    ]


def _match(pattern: str) -> dict[str, int]:
    try:
        return {found.path: found.size_in_bytes for found in FileSystems.match([pattern])[0].metadata_list}
    except (BeamIOError, ValueError, OSError) as error:
        raise PipelineError(f"cannot look for {pattern!r}: {error}") from error


def exists(pattern: str) -> bool:
    """Whether a file matches."""
    return bool(_match(pattern))


def _split(kind: str, file: int, path: str, size: int) -> Iterator[Range]:
    whole = Range(kind, file, path, 0, size, size)
    if whole.compressed:
        yield whole
        return
    for start in range(0, size, BLOCK):
        yield Range(kind, file, path, start, min(start + BLOCK, size), size)


def buffer_for(longest: int) -> NDArray[np.uint8]:
    """A buffer for a block whose lines are at most `longest` bytes long."""
    return np.empty(BLOCK + longest + PADDING + 2, np.uint8)


def blocks(part: Range, longest: int, buffer: Callable[[], NDArray[np.uint8]]) -> Iterator[Block]:
    """The lines of a range in blocks.

    Args:
        longest: bytes of the longest line; longer ones arrive cut, but longer than this.
        buffer: gives a buffer as `buffer_for` makes it, which belongs to the block.

    Raises:
        PipelineError: the file cannot be read, or its compressed data is damaged or incomplete.
    """
    try:
        with FileSystems.open(part.path, "application/octet-stream", CompressionTypes.UNCOMPRESSED) as file:
            suffix = "." + part.path.rpartition(".")[2]
            if suffix in _DECOMPRESS:
                yield from _stream(_DECOMPRESS[suffix](file), longest, buffer)
            else:
                yield from _range(file, part, longest, buffer())
    except (OSError, EOFError, BeamIOError) as error:
        raise PipelineError(f"cannot read {part.path}: {error}") from error


def _range(file: Any, part: Range, longest: int, text: NDArray[np.uint8]) -> Iterable[Block]:
    before = max(part.start - 1, 0)
    file.seek(before)
    wanted = min(part.end + longest, part.size) - before
    got = _fill(file, text, 0, wanted)
    if got < wanted:
        raise PipelineError(f"{part.path} became shorter while it was read: run again when it is complete")
    size = part.end - before
    start = find(text, LF, 0, size) + 1 if part.start else 0
    if start >= size:
        return []
    text[got] = LF
    return [Block(text, start, find(text, LF, size - 1, got) + 1, part.start)]


def _stream(file: Any, longest: int, buffer: Callable[[], NDArray[np.uint8]]) -> Iterator[Block]:
    text, kept, offset, skipping = buffer(), 0, 0, False
    while (got := _fill(file, text, kept, kept + BLOCK)) > kept:
        start = find(text, LF, 0, got) + 1 if skipping else 0
        if start > got:
            offset, kept = offset + got, 0
            continue
        end = _last_line_end(text, start, got)
        skipping = got - end > longest
        following = buffer()
        if skipping:
            end += longest + 2
            text[end - 1] = LF
            kept = 0
        else:
            kept = got - end
            following[:kept] = text[end:got]
        if end > start:
            yield Block(text, start, end, offset)
        text, offset = following, offset + got - kept
    if kept:
        text[kept] = LF
        yield Block(text, 0, kept + 1, offset)


def _last_line_end(text: NDArray[np.uint8], start: int, end: int) -> int:
    """The index after the last LF in `text[start:end]`, or `start`."""
    step = 1 << 16
    for high in range(end, start, -step):
        low = max(high - step, start)
        found = np.flatnonzero(text[low:high] == LF)
        if len(found):
            return int(low + found[-1] + 1)
    return start


def _fill(file: Any, text: NDArray[np.uint8], start: int, end: int) -> int:
    """Reads into `text[start:end]` until it is full or the file ends; the index reached."""
    view = memoryview(text)  # type: ignore[arg-type]
    read_into = getattr(file, "readinto", None)
    while start < end:
        if read_into is not None:
            got = read_into(view[start:end])
        else:
            data = file.read(end - start)
            got = len(data)
            view[start : start + got] = data
        if not got:
            break
        start += got
    return start
