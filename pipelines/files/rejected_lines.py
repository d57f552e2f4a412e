"""Lines that cannot be used: kept with their file, line number and reason; too many of them stop the job.

A block knows the numbers of its lines only from its own start. The numbers within the file are known once all blocks
of the file are counted, when the rejects are written.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from pipelines.failures import PipelineError
from pipelines.files.blocks import Block
from pipelines.files.spill import Shuffle

MOST_TEXT = 200
"""Bytes of a rejected line which are kept."""

HEADER = ("file", "line", "reason", "text")
"""Columns of the file of rejects."""

_log = logging.getLogger(__name__)


class Report(NamedTuple):
    """What was found in one block: `notes` is a handle of lines `number in the block, reason, text`, or None."""

    kind: str
    file: int
    offset: int
    path: str
    lines: int
    rejected: int
    notes: Any


class Notes:
    """What is noted about the lines of a block.

    Attributes:
        rejected: how many lines cannot be used; a header is noted, but not counted.
    """

    def __init__(self, block: Block, columns: int, why_bad: Callable[[bytes], str]) -> None:
        self.rejected = 0
        self._with_first_line = block.offset == 0
        self._columns = columns
        self._why_bad = why_bad
        self._lines: list[bytes] = []

    def reject(self, line: int, text: bytes) -> None:
        """Notes a line which cannot be used: its number in the block, from 1, and its bytes without the LF."""
        header = self._with_first_line and line == 1 and is_header(text, self._columns)
        self.add(line, "header line" if header else self._why_bad(text), text)
        self.rejected += not header

    def add(self, line: int, reason: str, text: bytes) -> None:
        """Notes something about a line. Tabs and what is no printable text are escaped."""
        shown = text[:MOST_TEXT].decode("utf-8", "backslashreplace").encode("unicode_escape")
        self._lines.append(b"%d\t%s\t%s\n" % (line, reason.encode(), shown))

    def __bytes__(self) -> bytes:
        return b"".join(self._lines)


def is_header(text: bytes, columns: int) -> bool:
    """Whether the first line of a file names columns: the right number, and none of them begins like a number."""
    fields = text.split(b"\t")
    return len(fields) == columns and not any(field[:1].isdigit() or field[:1] in (b"-", b"") for field in fields)


@dataclass(eq=False)
class WriteRejects(beam.PTransform):
    """From the reports of all blocks to one element, the number of lines read, after the rejects are written to a file.

    Attributes:
        path: of the file, on any of Beam's filesystems.
        most: share of the lines of a kind of file which may be rejected, 0 to 1.
        shuffle: where the notes are.

    Raises:
        PipelineError: more lines than that were rejected, or the file cannot be written.
    """

    path: str
    most: float
    shuffle: Shuffle

    def expand(self, reports: beam.PCollection[Report]) -> beam.PCollection[int]:
        return (
            reports
            | "AllReports" >> beam.Map(lambda report: (None, report))
            | "Together" >> beam.GroupByKey()
            | "Write" >> beam.MapTuple(self._write)
        )

    def _write(self, _: None, reports: Iterable[tuple[Any, ...]]) -> int:
        ordered = sorted((Report(*report) for report in reports), key=lambda r: (r.file, r.offset))
        if any(report.notes is not None for report in ordered):
            self._write_file(ordered)
        check(ordered, self.most, self.path)
        return sum(report.lines for report in ordered)

    def _write_file(self, reports: list[Report]) -> None:
        try:
            with FileSystems.create(self.path, "text/plain") as out:
                out.write("\t".join(HEADER).encode() + b"\n")
                for path, line, rest in _numbered(reports, self.shuffle):
                    out.write(f"{path}\t{line}\t".encode() + rest + b"\n")
        except (OSError, BeamIOError) as error:
            raise PipelineError(f"cannot write rejected lines to {self.path}: {error}: see --rejects") from error


def _numbered(reports: list[Report], shuffle: Shuffle) -> Iterator[tuple[str, int, bytes]]:
    file, before = -1, 0
    for report in reports:
        if report.file != file:
            file, before = report.file, 0
        if report.notes is not None:
            for text in np.asarray(shuffle.get(report.notes)).tobytes().splitlines():
                line, _, rest = text.partition(b"\t")
                yield report.path, before + int(line), rest
        before += report.lines


def check(reports: Iterable[Report], most: float, path: str) -> None:
    """Raises PipelineError if more than the share `most` of the lines of a kind were rejected."""
    lines: dict[str, int] = {}
    rejected: dict[str, int] = {}
    for report in reports:
        lines[report.kind] = lines.get(report.kind, 0) + report.lines
        rejected[report.kind] = rejected.get(report.kind, 0) + report.rejected
    for kind, count in rejected.items():
        if count > most * lines[kind]:
            raise PipelineError(
                f"{count:,} of {lines[kind]:,} lines of {kind} were rejected, more than {most:.2%}: nothing "
                f"was written to the store; see the lines and reasons in {path}, or allow more with --max_rejected"
            )
        if count:
            _log.warning("%s of %s lines of %s were rejected: see %s", f"{count:,}", f"{lines[kind]:,}", kind, path)
