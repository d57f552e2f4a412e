"""Reading files in blocks and parsing the blocks side by side: from byte ranges to parts of shards.

The runner's thread reads; a small pool parses, in compiled code which does not hold Python's lock. The buffers are used
again and again, because fresh memory costs more than the parsing.
"""

import os
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

import apache_beam as beam
import numpy as np
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue
from numpy.typing import NDArray

from pipelines.commands import progress
from pipelines.files.blocks import Block, Range, blocks, buffer_for
from pipelines.files.rejected_lines import Report
from pipelines.files.spill import Shuffle

THREADS = min(len(os.sched_getaffinity(0)), 8)
METRICS = "profile"
"""Namespace of the metrics."""

PARTS, REPORTS = "parts", "reports"
"""Tags of the outputs."""


class Part(NamedTuple):
    """The rows of a shard from one block: `order` says where they come from, `data` is the handle of their array."""

    order: tuple[int, int]
    rows: int
    wide: bool
    data: Any
    kind: str


class Parsed(NamedTuple):
    """What a block holds: its lines, the rows taken from them, the rejected ones, and the parts of shards."""

    lines: int
    rows: int
    rejected: int
    notes: bytes
    parts: list[tuple[int, int, bool, NDArray[Any]]]


class Parser(Protocol):
    """Parses blocks of one format; used by several threads at once, each with its own workspace."""

    longest: int

    def workspace(self) -> Any:
        """Memory which `parse` uses."""

    def parse(self, block: Block, part: Range, workspace: Any) -> Parsed:
        """The content of a block; its parts are (shard, rows, wide, array)."""


Scratch: TypeAlias = tuple[NDArray[np.uint8], Any]
"""A buffer for a block, and the workspace of its parser: they are used again and again."""


class _Task(NamedTuple):
    part: Range
    block: Block
    scratch: Scratch
    parsed: Future[Parsed]


@dataclass(eq=False)
class Read(beam.PTransform):
    """From ranges to `parts`, (shard, Part), and `reports`, Report.

    Attributes:
        parsers: by kind of file.
    """

    parsers: Mapping[str, Parser]
    shuffle: Shuffle

    def expand(self, ranges: beam.PCollection[Range]) -> Any:
        return (
            ranges
            | beam.Reshuffle()
            | beam.ParDo(_ReadBlocks(self.parsers, self.shuffle)).with_outputs(REPORTS, main=PARTS)
        )


class _ReadBlocks(beam.DoFn):
    def __init__(self, parsers: Mapping[str, Parser], shuffle: Shuffle) -> None:
        self.parsers = parsers
        self.shuffle = shuffle

    def setup(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS)
        self.scratches: defaultdict[Parser, list[Scratch]] = defaultdict(list)
        self.lines = Metrics.counter(METRICS, "lines")
        self.rejected = Metrics.counter(METRICS, "rejected")

    def teardown(self) -> None:
        self.pool.shutdown()

    def start_bundle(self) -> None:
        self.running: deque[_Task] = deque()

    def process(self, part: Range) -> Iterator[Any]:
        parser = self.parsers[part.kind]
        free, taken = self.scratches[parser], list[Scratch]()

        def buffer() -> NDArray[np.uint8]:
            taken.append(free.pop() if free else (buffer_for(parser.longest), parser.workspace()))
            return taken[-1][0]

        for block in blocks(part, parser.longest, buffer):
            scratch = next(s for s in taken if s[0] is block.text)
            taken[:] = [s for s in taken if s is not scratch]
            task = self.pool.submit(parser.parse, block, part, scratch[1])
            self.running.append(_Task(part, block, scratch, task))
            while len(self.running) > THREADS:
                yield from self._finish(self.running.popleft())
        free += taken
        progress.advance(part.size if part.compressed else part.end - part.start)

    def finish_bundle(self) -> Iterator[Any]:
        window = GlobalWindow()
        while self.running:
            for output in self._finish(self.running.popleft()):
                value = output.value if isinstance(output, beam.pvalue.TaggedOutput) else output
                windowed = WindowedValue(value, window.max_timestamp(), [window])
                yield beam.pvalue.TaggedOutput(REPORTS, windowed) if value is not output else windowed

    def _finish(self, task: _Task) -> Iterator[Any]:
        parsed = task.parsed.result()
        part = task.part
        self.scratches[self.parsers[part.kind]].append(task.scratch)
        self.lines.inc(parsed.lines)
        self.rejected.inc(parsed.rejected)
        progress.advance(0, parsed.rows if part.kind == "events" else 0)
        notes = self.shuffle.put([np.frombuffer(parsed.notes, np.uint8)])[0] if parsed.notes else None
        yield beam.pvalue.TaggedOutput(
            REPORTS, Report(part.kind, part.file, task.block.offset, part.path, parsed.lines, parsed.rejected, notes)
        )
        order = (part.file, task.block.offset)
        handles = self.shuffle.put([array for _, _, _, array in parsed.parts])
        for (shard, rows, wide, _), handle in zip(parsed.parts, handles, strict=True):
            yield shard, Part(order, rows, wide, handle, part.kind)
