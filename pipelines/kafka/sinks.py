"""What a stream writes: each batch is united with what the store holds, in the stage that read it.

A store that is away is waited for, within the bundle: its offsets are not committed before it is over.
"""

import logging
from functools import partial

import apache_beam as beam
from apache_beam.metrics import Metrics

from pipelines.files.parts import METRICS
from pipelines.kafka.decoding import Events, Names
from pipelines.kafka.event_times import ahead
from pipelines.kafka.figures import FIGURES
from pipelines.runners import outages
from store import StoreError, item_names, open_store
from store.histories.deletions import NONE, Deletions, taken_back
from store.histories.event_set import Columns, unite
from store.profiles import union

_SAID = outages.Seldom()

_log = logging.getLogger(__name__)


class WriteEvents(beam.DoFn):
    """Unites listening events, and deletions, with the histories in a store."""

    def __init__(self, store: str) -> None:
        self.url = store

    def setup(self) -> None:
        self.store = open_store(self.url)

    def process(self, events: Events) -> None:
        added, gone = parted(events)
        write = partial(union.write, self.store, unite(added), gone)
        outages.patient(write, f"store {self.url}", StoreError)
        _tell_impossible(events.columns)
        FIGURES.written(events.columns.shape[1], events.accepted)


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
