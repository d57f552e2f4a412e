"""From the parts of shards to rows in the store."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.metrics import Metrics

from pipelines.commands import progress
from pipelines.files.parts import METRICS, THREADS, Part
from store import Store, open_store


class Merger(Protocol):
    """What becomes of the parts of a shard."""

    def unite(self, parts: list[Part]) -> list[Part]:
        """The parts as few as can be, for the way to the worker that merges the shard."""

    def compute(self, parts: list[Part]) -> Any:
        """What is written; runs beside other shards."""

    def write(self, store: Store, computed: Any) -> dict[str, int]:
        """Writes to the store, and tells the counts of what it wrote, by name of the metric."""


@dataclass(eq=False)
class Merge(beam.PTransform):
    """Writes (shard, Part) to the store. What is written is counted in metrics.

    Attributes:
        checked: the number of lines read, as a side input: it is there when the input was found good.
        compact: unite parts before they travel. Not where only their places do.
    """

    merger: Merger
    store: str
    checked: beam.pvalue.AsSingleton
    compact: bool

    def expand(self, parts: beam.PCollection[tuple[int, Part]]) -> beam.PCollection[None]:
        return (
            parts
            | beam.CombinePerKey(Parts(self.merger, self.compact))
            | beam.ParDo(_MergeShards(self.merger, self.store), self.checked)
        )


class Parts(beam.CombineFn):
    """Collects the parts of a shard. A part is a set as columns, so parts can be united at any time, in any order."""

    def __init__(self, merger: Merger, compact: bool) -> None:
        self.merger = merger
        self.compacts = compact

    def create_accumulator(self) -> list[Part]:
        return []

    def add_input(self, accumulator: list[Part], part: Part) -> list[Part]:
        accumulator.append(part)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[list[Part]]) -> list[Part]:
        return [part for accumulator in accumulators for part in accumulator]

    def compact(self, accumulator: list[Part]) -> list[Part]:
        return self.merger.unite(accumulator) if self.compacts and len(accumulator) > 1 else accumulator

    def extract_output(self, accumulator: list[Part]) -> list[Part]:
        return accumulator


class _MergeShards(beam.DoFn):
    """Computes shards in a small pool, and writes them one after the other."""

    def __init__(self, merger: Merger, store: str) -> None:
        self.merger = merger
        self.url = store

    def setup(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS)
        self.store = open_store(self.url)

    def teardown(self) -> None:
        self.pool.shutdown()

    def start_bundle(self) -> None:
        self.running: deque[tuple[int, Future[Any]]] = deque()

    def process(self, shard: tuple[int, list[Part]], lines: int) -> None:
        self.lines = lines
        parts = [Part(*part) for part in shard[1]]
        self.running.append((sum(part.rows for part in parts), self.pool.submit(self.merger.compute, parts)))
        while len(self.running) > THREADS:
            self._finish()

    def finish_bundle(self) -> None:
        while self.running:
            self._finish()

    def _finish(self) -> None:
        rows, computed = self.running.popleft()
        for name, count in self.merger.write(self.store, computed.result()).items():
            Metrics.counter(METRICS, name).inc(count)
        progress.written(rows / self.lines)
