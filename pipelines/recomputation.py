"""The job that derives rows again: users of a store, some at a time, each row in one atomic step."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.batch import counts_of
from pipelines.commands import progress
from pipelines.commands.arguments import runner
from pipelines.commands.summary import Summary
from pipelines.failures import PipelineError, plain_errors
from pipelines.files.parts import METRICS
from pipelines.trending import newest
from schemas.topics import CATALOGUE
from schemas.wire import avro
from store import Row, Store, layout, open_store, settings
from store.profiles import definitions, union
from store.profiles.definitions import defaults

MOST_EVENTS, MOST_USERS = 200_000, 2_000
"""Of the rows that are derived in one step, which holds up other writers of an LMDB store."""


@dataclass(frozen=True)
class Recomputation:
    """What is to be done.

    Attributes:
        topics: which to derive.
        users: of whom; None for all, after which the store has the topics as they are defined now.
        k: length of the charts; None for that of the store.
    """

    store: str
    topics: Collection[str]
    users: frozenset[int] | None = None
    k: int | None = None


@dataclass(frozen=True)
class Chunk:
    """Users whose rows are derived in one step, and how many events they have."""

    keys: Sequence[bytes]
    events: int


def run(job: Recomputation, options: PipelineOptions) -> Summary:
    """Runs the job to its end.

    Raises:
        PipelineError: the store or an option is not as it must be.
    """
    start = time.monotonic()
    with plain_errors():
        store = open_store(job.store)
        if not settings.holds_histories(store):
            raise PipelineError(f"store {job.store} has no histories to derive anything from: load some first")
        begun = _begin(store, job)
        chunks = [*chunks_of(store, job.users)]
        chosen, _ = runner(options)
        with progress.shown(sum(chunk.events for chunk in chunks)):
            pipeline = beam.Pipeline(runner=chosen, options=options)
            build(pipeline, job.store, chunks)
            result = pipeline.run()
            result.wait_until_finish()
        if job.users is None:
            definitions.finish(store, begun)
            newest.write(store)
    return Summary(counts_of(result), time.monotonic() - start)


def build(pipeline: beam.Pipeline, store: str, chunks: Sequence[Chunk]) -> None:
    """The pipeline: users, some at a time, and their rows derived again."""
    _ = pipeline | "Users" >> beam.Create(chunks) | beam.Reshuffle() | "Derive" >> beam.ParDo(DeriveRows(store))


def _begin(store: Store, job: Recomputation) -> definitions.Definitions:
    """Notes what rows are about to be given; of some users they are given what the store has."""
    found = definitions.read(store)
    if job.users is None:
        return definitions.start(store, defaults(job.k or found.k), job.topics)
    if job.k not in (None, found.k):
        raise PipelineError("--k is for all users: leave --users out, or --k")
    return found


def chunks_of(store: Store, users: Collection[int] | None) -> Iterator[Chunk]:
    """The users of a store, or some of them, in chunks."""
    wanted = None if users is None else {layout.row_key(user) for user in users}
    keys, events = [], 0
    for key, row in store.scan(layout.USERS, families=["profile"]):
        if wanted is None or key in wanted:
            keys.append(key)
            events += _count(row)
            if events > MOST_EVENTS or len(keys) == MOST_USERS:
                yield Chunk(keys, events)
                keys, events = [], 0
    if keys:
        yield Chunk(keys, events)


def _count(row: Row) -> int:
    topic = CATALOGUE["counts"]
    return sum(avro.decode(topic.value, cell.value) for cell in row if cell.qualifier == topic.place.column)


class DeriveRows(beam.DoFn):
    """Derives the rows of a Chunk again."""

    def __init__(self, store: str) -> None:
        self.url = store

    def setup(self) -> None:
        self.store = open_store(self.url)

    def process(self, chunk: Chunk) -> None:
        union.recompute(self.store, chunk.keys)
        Metrics.counter(METRICS, "users").inc(len(chunk.keys))
        Metrics.counter(METRICS, "events").inc(chunk.events)
        progress.advance(2 * chunk.events, chunk.events)
