"""What a stream writes: each batch is united with what the store holds, in the stage that read it.

A store that is away is waited for, within the bundle: its offsets are not committed before it is over.
"""

import logging
from functools import partial

import apache_beam as beam
import numpy as np
from apache_beam.metrics import Metrics

from pipelines.files.parts import METRICS
from pipelines.kafka.decoding import Events, Names
from pipelines.kafka.event_times import ahead
from pipelines.kafka.figures import FIGURES
from pipelines.runners import outages
from store import StoreError, item_names, open_store
from store.histories.deletions import NONE, Deletions, joined, taken_back
from store.histories.event_set import Columns, unite
from store.profiles import union

MOST_EVENTS = 200_000
"""Events that a bundle gathers before it writes them; it has a batch of each of its partitions."""

_SAID = outages.Seldom()

_log = logging.getLogger(__name__)


class WriteEvents(beam.DoFn):
    """Unites listening events, and deletions, with the histories in a store: those of a bundle in one write."""

    def __init__(self, store: str) -> None:
        self.url = store

    def setup(self) -> None:
        self.store = open_store(self.url)

    def start_bundle(self) -> None:
        self.waiting: list[Events] = []

    def process(self, events: Events) -> None:
        self.waiting.append(events)
        if sum(batch.columns.shape[1] for batch in self.waiting) >= MOST_EVENTS:
            self._write()

    def finish_bundle(self) -> None:
        self._write()

    def _write(self) -> None:
        if not self.waiting:
            return
        added, gone = zip(*map(parted, self.waiting), strict=True)
        write = partial(union.write, self.store, unite(np.concatenate(added, axis=1)), joined(gone))
        outages.patient(write, f"store {self.url}", StoreError)
        for batch in self.waiting:
            _tell_impossible(batch.columns)
            FIGURES.written(batch.columns.shape[1], batch.accepted)
        self.waiting = []


def _tell_impossible(columns: Columns) -> None:
    """Counts events whose times cannot be, and says so now and then."""
    late = ahead(columns)
    if not late:
        return
    FIGURES.impossible(late)
    if _SAID.due():
        _log.warning(
            "%s events are more than a day ahead of the clock, such as one at %d: are these milliseconds? "
            "They count; --latest now rejects them",
            f"{late:,}",
            columns[-1].max(),
        )


def parted(events: Events) -> tuple[Columns, Deletions]:
    """The events that add listens, and the deletions."""
    if not events.deleted.any():
        return events.columns, Deletions(NONE.taken, events.erased)
    taken = taken_back(events.columns[:, events.deleted])
    return events.columns[:, ~events.deleted], Deletions(taken, events.erased)


class WriteNames(beam.DoFn):
    """Writes the latest names of items."""

    def __init__(self, store: str) -> None:
        self.url = store

    def setup(self) -> None:
        self.store = open_store(self.url)

    def process(self, batch: Names) -> None:
        write = partial(item_names.write_live, self.store, batch.table, batch.names)
        outages.patient(write, f"store {self.url}", StoreError)
        Metrics.counter(METRICS, batch.table).inc(len(batch.names))
