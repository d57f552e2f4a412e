"""The job which all commands run: events, and names, from files into the store."""

import logging
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.metrics import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions

from console.program import command_line
from data.format import KINDS
from pipelines.commands import progress
from pipelines.commands.arguments import runner
from pipelines.commands.summary import Summary
from pipelines.failures import PipelineError, plain_errors
from pipelines.files.blocks import Range, match
from pipelines.files.event_parser import ALL, DELETED, ERASED, EVENTS, EventParser, Selection
from pipelines.files.items import ItemMerger
from pipelines.files.merge_shards import Merge
from pipelines.files.name_lines import NameParser
from pipelines.files.parts import METRICS, PARTS, REPORTS, Read
from pipelines.files.rejected_lines import WriteRejects
from pipelines.files.spill import InElements, Shuffle, SpillFile
from pipelines.files.user_rows import UserMerger
from pipelines.trending import newest
from store import Store, open_store, settings
from store.profiles import definitions
from store.profiles.definitions import Definitions

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
        k: length of the charts of a new store; None for that of the store, or else the usual one.
        whole: write histories and windows too.
        shards: of users; None to choose by the size of the input.
    """

    events: Sequence[str]
    names: Mapping[str, Sequence[str]]
    store: str
    rejects: str
    max_rejected: float
    k: int | None = None
    whole: bool = True
    selection: Selection = ALL
    shards: int | None = None
    deletions: Mapping[str, Sequence[str]] = field(default_factory=dict)


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
        settings.check(store, whole=job.whole)
        wanted = definitions.fitting(store, job.k, whole=job.whole)
        announce = not settings.is_new(store)
        with _shuffle(job.store, local) as shuffle, progress.shown(sum(r.end - r.start for r in [*events, *names])):
            pipeline = beam.Pipeline(runner=chosen, options=options)
            build(pipeline, job, events, names, shuffle, wanted, announce=announce)
            result = pipeline.run()
            result.wait_until_finish()
        if job.whole:
            newest.write(store)
            settings.note_load(store)
            tell_missing(store)
    counts = counts_of(result)
    if not counts.get("events") and job.selection == ALL:
        raise PipelineError(f"no listening event in {', '.join(job.events)}")
    return Summary(counts, time.monotonic() - start)


def tell_missing(store: Store) -> None:
    """Says which topics a store does not have yet, if so, and how it gets them."""
    remark = definitions.remark(store, command_line("pipelines.recompute", "--store", store.url))
    if remark:
        _log.warning("%s", remark)


def counts_of(result: Any) -> Counter[str]:
    """The counts of the metrics of a pipeline that has come to its end; some runners have none for what never was."""
    counts: Counter[str] = Counter()
    for counter in result.metrics().query(MetricsFilter().with_namespace(METRICS))["counters"]:
        counts[counter.key.metric.name] += counter.result or 0
    return counts


def build(
    pipeline: beam.Pipeline,
    job: Job,
    events: list[Range],
    names: list[Range],
    shuffle: Shuffle,
    wanted: Definitions,
    *,
    announce: bool,
) -> None:
    """The pipeline: read lines, set rejects aside, and merge the parts of each shard into the store.

    Args:
        wanted: the metrics that rows are given.
        announce: tell of changed rows in the change feed. Of a first load nobody needs to hear.
    """
    shards = job.shards or shards_for(events)
    parsers = {
        **dict.fromkeys((EVENTS, DELETED, ERASED), EventParser(shards, job.selection)),
        **dict.fromkeys(KINDS, NameParser(shards_for(names), shards)),
    }
    mergers = {
        **dict.fromkeys((EVENTS, DELETED, ERASED), UserMerger(shuffle, wanted, job.whole, announce)),
        **dict.fromkeys(KINDS, ItemMerger(shuffle)),
    }
    lines = pipeline | "Files" >> beam.Create([*events, *names], reshuffle=False) | "Read" >> Read(parsers, shuffle)
    checked = (
        lines[REPORTS]
        | "SetRejectsAside" >> WriteRejects(job.rejects, job.max_rejected, shuffle)
        | "Prepare" >> beam.Map(_prepare, job, wanted)
    )
    _ = lines[PARTS] | "Merge" >> Merge(
        mergers, job.store, beam.pvalue.AsSingleton(checked), compact=isinstance(shuffle, InElements)
    )


def _prepare(lines: int, job: Job, wanted: Definitions) -> int:
    """Readies the store, now that the input is known to be good."""
    store = open_store(job.store)
    settings.prepare(store, whole=job.whole)
    definitions.keep(store, wanted)
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
