"""Where the listens come from: first those which the store has, then those which are streamed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.transforms.window import TimestampedValue

from pipelines.kafka.decoding import Events
from pipelines.kafka.sinks import parted
from pipelines.runners import outages
from pipelines.trending import stored_events
from pipelines.trending.chart_writer import ChartsWriter
from pipelines.trending.levels import Rows
from pipelines.trending.recent_set import rows_of
from pipelines.trending.transform import Trending
from pipelines.trending.triggers import DAY
from schemas.events import TIME
from store import Store, StoreError, open_store

LONGEST_AGO = 30 * DAY
"""A stream leaves out windows which began earlier before its start, if it is not asked for them."""


@dataclass(eq=False)
class WriteTrending(beam.PTransform):
    """Writes the charts of windows of time, from events of Kafka.

    Attributes:
        since: first second from which the store, and then the events, have all listens.
    """

    store: str
    since: int

    def expand(self, events: beam.PCollection[Events]) -> beam.PCollection[None]:
        read = beam.FlatMap(_stored, self.store, self.since).with_output_types(Rows)
        stored = events.pipeline | beam.Impulse() | "Stored" >> read
        streamed = events | "Streamed" >> beam.Map(_streamed).with_output_types(Rows)
        return (stored, streamed) | beam.Flatten() | Trending(ChartsWriter(self.store), self.since)


def since(store: Store, asked: int | None) -> int:
    """The first second of the windows that a stream which starts now writes.

    Args:
        asked: how far to go back at most; None for LONGEST_AGO.

    Raises:
        StoreError: the store cannot be read.
    """
    most = int(time.time()) - LONGEST_AGO if asked is None else asked
    return max(most, stored_events.activity(store).since or 0)


def _stored(_: bytes, url: str, since: int) -> Iterator[TimestampedValue[Rows]]:
    rows = outages.patient(lambda: _read(url, since), f"store {url}", StoreError)
    return (TimestampedValue(part, int(part[TIME].min())) for part in rows if part.shape[1])


def _read(url: str, since: int) -> list[Rows]:
    store = open_store(url)
    return [*stored_events.read(store, stored_events.activity(store), since)]


def _streamed(events: Events) -> Rows:
    added, gone = parted(events)
    return rows_of(added, gone.taken, gone.erased)
