"""From the parts of shards to rows in the store."""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.metrics import Metrics

from pipelines.combiners import UnionFn
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
        mergers: by kind of the parts of a shard.
        checked: the number of lines read, as a side input: it is there when the input was found good.
        compact: unite parts before they travel. Not where only their places do.
    """

    mergers: Mapping[str, Merger]
    store: str
    checked: beam.pvalue.AsSingleton
    compact: bool

    def expand(self, parts: beam.PCollection[tuple[int, Part]]) -> beam.PCollection[None]:
        return (
            parts
            | "Unite" >> beam.CombinePerKey(UnionFn(self._unite if self.compact else None))
            | "Write" >> beam.ParDo(_MergeShards(self.mergers, self.store), self.checked)
        )

    def _unite(self, parts: list[Part]) -> list[Part]:
        return self.mergers[parts[0].kind].unite(parts)


class _MergeShards(beam.DoFn):
    """Computes shards in a small pool, and writes them one after the other, names of items between those of users."""

    def __init__(self, mergers: Mapping[str, Merger], store: str) -> None:
        self.mergers = mergers
        self.url = store

    def setup(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS)
        self.store = open_store(self.url)

    def teardown(self) -> None:
        self.pool.shutdown()

    def start_bundle(self) -> None:
        self.running: deque[tuple[int, Merger, Future[Any]]] = deque()

    def process(self, shard: tuple[int, list[Part]], lines: int) -> None:
        self.lines = lines
        parts = [Part(*part) for part in shard[1]]
        merger = self.mergers[parts[0].kind]
        self.running.append((sum(part.rows for part in parts), merger, self.pool.submit(merger.compute, parts)))
        while len(self.running) > THREADS:
            self._finish()

    def finish_bundle(self) -> None:
        while self.running:
            self._finish()

    def _finish(self) -> None:
        rows, merger, computed = self.running.popleft()
        for name, count in merger.write(self.store, computed.result()).items():
            Metrics.counter(METRICS, name).inc(count)
        progress.written(rows / self.lines)
