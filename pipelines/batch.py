"""The job which all commands run: events, and names, from files into the store."""

import logging
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apache_beam as beam
from apache_beam.metrics import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.combiners import Merge
from pipelines.commands import progress
from pipelines.commands.arguments import runner
from pipelines.failures import PipelineError, plain_errors
from pipelines.files.blocks import Range, match
from pipelines.files.event_parser import ALL, EventParser, Selection
from pipelines.files.items import ItemMerger
from pipelines.files.name_lines import NameParser
from pipelines.files.parts import METRICS, PARTS, REPORTS, Read
from pipelines.files.rejected_lines import WriteRejects
from pipelines.files.spill import InElements, Shuffle, SpillFile
from pipelines.files.user_rows import UserMerger
from pipelines.trending import newest
from store import open_store, settings

SHARD_BYTES = 8 << 20
"""Bytes of text which make a shard, so that a shard fits well into memory."""

FEWEST_SHARDS, MOST_SHARDS = 8, 256

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes:
        events: patterns of the files of events.
        names: patterns of the files of names, by kind.
        deletions: patterns of the files of listens taken back, and of erasures, by kind.
        k: length of the charts.
        whole: write histories and windows too.
        shards: of users; None to choose by the size of the input.
    """

    events: Sequence[str]
    names: Mapping[str, Sequence[str]]
    store: str
    rejects: str
    max_rejected: float
    k: int
    whole: bool = True
    selection: Selection = ALL
    shards: int | None = None
    deletions: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """What was done: the counts of the metrics, and how long it took, in seconds."""

    counts: Mapping[str, int]
    seconds: float


def run(job: Job, options: PipelineOptions) -> Summary:
    """Runs the job to its end.

    Raises:
        PipelineError: the input, the store or an option is not as it must be.
    """
    start = time.monotonic()
    with plain_errors():
        events = match("events", job.events)
        events += _match_all(job.deletions, events[-1].file + 1)
        names = _match_all(job.names, events[-1].file + 1)
        chosen, local = runner(options)
        store = open_store(job.store, create=True)
        settings.check(store, job.k, whole=job.whole)
        announce = not settings.is_new(store)
        with _shuffle(job.store, local) as shuffle, progress.shown(sum(r.end - r.start for r in [*events, *names])):
            pipeline = beam.Pipeline(runner=chosen, options=options)
            build(pipeline, job, events, names, shuffle, announce=announce)
            result = pipeline.run()
            result.wait_until_finish()
        if job.whole:
            newest.write(store)
            settings.note_load(store)
    counts: Counter[str] = Counter()
    for counter in result.metrics().query(MetricsFilter().with_namespace(METRICS))["counters"]:
        counts[counter.key.metric.name] += counter.result
    if not counts.get("events") and job.selection == ALL:
        raise PipelineError(f"no listening event in {', '.join(job.events)}")
    return Summary(counts, time.monotonic() - start)


def build(
    pipeline: beam.Pipeline, job: Job, events: list[Range], names: list[Range], shuffle: Shuffle, *, announce: bool
) -> None:
    """The pipeline: read and parse, set rejects aside, shuffle by shard, unite, compute rows, write.

    Args:
        announce: tell of changed rows in the change feed. Of a first load nobody needs to hear.
    """
    compact = isinstance(shuffle, InElements)
    users = UserMerger(shuffle, job.k, job.whole, announce)
    shards = job.shards or shards_for(events)
    listens = (
        pipeline
        | "Events" >> beam.Create(events, reshuffle=False)
        | "ReadEvents" >> Read(EventParser(shards, job.selection), shuffle)
    )
    reports = [listens[REPORTS]]
    if names:
        items = (
            pipeline
            | "Names" >> beam.Create(names, reshuffle=False)
            | "ReadNames" >> Read(NameParser(shards_for(names)), shuffle)
        )
        reports.append(items[REPORTS])
    checked = beam.pvalue.AsSingleton(
        tuple(reports)
        | "Reports" >> beam.Flatten()
        | "Rejects" >> WriteRejects(job.rejects, job.max_rejected, shuffle)
        | "Prepare" >> beam.Map(_prepare, job)
    )
    _ = listens[PARTS] | "Users" >> Merge(users, job.store, checked, compact)
    if names:
        _ = items[PARTS] | "Items" >> Merge(ItemMerger(shuffle), job.store, checked, compact)


def _prepare(lines: int, job: Job) -> int:
    """Readies the store, now that the input is known to be good."""
    settings.prepare(open_store(job.store), job.k, whole=job.whole)
    return lines


def shards_for(ranges: list[Range]) -> int:
    """As many shards as keep one small, whatever the size of the input."""
    size = sum(r.end - r.start for r in ranges)
    return min(max(size // SHARD_BYTES, FEWEST_SHARDS), MOST_SHARDS)


def _match_all(patterns: Mapping[str, Sequence[str]], file: int) -> list[Range]:
    ranges: list[Range] = []
    for kind, of_kind in patterns.items():
        found = match(kind, of_kind, file)
        file = found[-1].file + 1
        ranges += found
    return ranges


@contextmanager
def _shuffle(store: str, local: bool) -> Iterator[Shuffle]:
    """On one machine a spill file beside the store, where there must be room anyway; else in the elements."""
    if not local:
        yield InElements()
        return
    folder = Path(store.removeprefix("lmdb:")).parent if store.startswith("lmdb:") else Path(tempfile.gettempdir())
    with SpillFile(folder) as shuffle:
        yield shuffle
