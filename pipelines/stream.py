"""The stream: listening events and names from Kafka into the store, until it is told to stop."""

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, TypeVar

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, StandardOptions

from data.format import KINDS
from pipelines.batch import tell_missing
from pipelines.commands.arguments import EARLIEST, LOCAL_RUNNERS
from pipelines.commands.summary import Summary
from pipelines.failures import PipelineError, plain_errors
from pipelines.kafka import monitoring
from pipelines.kafka.client import Cluster
from pipelines.kafka.decoding import Format
from pipelines.kafka.external import ReadKafkaExternally
from pipelines.kafka.figures import FIGURES
from pipelines.kafka.sinks import WriteEvents, WriteNames
from pipelines.kafka.source import EVENTS, NAMES, ReadKafka
from pipelines.runners import heaps, outages, prism, watch
from pipelines.trending import feeds
from store import StoreAwayError, item_names, open_store, settings
from store.profiles import definitions

PRISM = "PrismRunner"

NEVER_SECONDS = 10 * 365 * 86_400
"""Beam ends the wait for a job with its timeout of requests to the job server, of which it counts that as one."""

_log = logging.getLogger(__name__)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Stream:
    """What is to be done.

    Attributes:
        kafka: HOST:PORT of a broker.
        topic: of the listening events.
        k: length of the charts of a new store; None for that of the store, or else the usual one.
        trending_since: leave out windows of trending which began before this second; None for what is long ago.
        expansion_service: HOST:PORT of the service with Java's KafkaIO, through which to read; None to read in Python.
        metrics_port: where Prometheus finds the figures; None for nowhere.
        properties: the file of --kafka_config, if there is one.
        begin: where the topic begins of which the store has read nothing, as `Cluster.start` takes it.
    """

    kafka: str
    topic: str
    format: Format
    store: str
    k: int | None
    trending_since: int | None = None
    expansion_service: str | None = None
    metrics_port: int | None = None
    begin: int | str = EARLIEST
    properties: str | None = None


def run(stream: Stream, options: PipelineOptions) -> Summary:
    """Runs the stream until SIGTERM or SIGINT, or until the runner ends it.

    Raises:
        PipelineError: the store, an option, or the runner is not as it must be.
    """
    runner = options.view_as(StandardOptions).runner or PRISM
    if runner in LOCAL_RUNNERS:
        raise PipelineError(
            f"{runner} does not stream: run `python -m pipelines.profile --kafka {stream.kafka} --runner={PRISM}` "
            "on one machine, or name the runner of a cluster"
        )
    options.view_as(StandardOptions).streaming = True
    options.view_as(PortableOptions).job_server_timeout = NEVER_SECONDS
    heaps.share_heaps()
    start = time.monotonic()
    with plain_errors(), watch.leaving(), ExitStack() as stack:
        if runner == PRISM:
            stack.enter_context(monitoring.served(stream.metrics_port))
            prism.check(options)
        Cluster(stream.kafka, "none", stream.properties).check()
        stream.format.check()
        cluster = _patient(stream, lambda: _prepare(stream))
        if runner != PRISM:
            _start(stream, cluster, None, options).wait_until_finish()
            return Summary({}, time.monotonic() - start)
        loads = stack.enter_context(closing(watch.Loads(stream.store)))
        partitions = stack.enter_context(closing(watch.Partitions(cluster, [stream.topic, *KINDS])))
        watched = loads, partitions, watch.Clock()
        failures = watch.Failures()
        while _runs(stream, cluster, options, watched, failures):
            continue
    return Summary({"events": FIGURES.events, "rejected": FIGURES.rejects}, time.monotonic() - start)


def _prepare(stream: Stream) -> Cluster:
    """Readies the store. The group of consumers is the store's own: another store reads from the beginning."""
    store = open_store(stream.store, create=True)
    settings.check(store, whole=True)
    definitions.keep(store, definitions.fitting(store, stream.k))
    settings.prepare(store, whole=True)
    item_names.expect_live(store)
    tell_missing(store)
    return Cluster(stream.kafka, f"profiles-{settings.identity(store)}", stream.properties)


def _runs(
    stream: Stream,
    cluster: Cluster,
    options: PipelineOptions,
    watched: Sequence[watch.Watched],
    failures: watch.Failures,
) -> bool:
    """Runs a pipeline, on a Prism of its own, until it is over; whether another is to follow."""
    with prism.running(options) as runner:
        result = _start(stream, cluster, runner, options)
        with watch.stopping() as stop:
            again = watch.until_over(result, stop, watched, failures)
    return again and not stop.is_set()


def _start(stream: Stream, cluster: Cluster, runner: Any, options: PipelineOptions) -> Any:
    pipeline = beam.Pipeline(runner=runner, options=options)
    build(pipeline, stream, cluster)
    result = pipeline.run()
    gc.freeze()  # Beam's own objects are many, and stay: the garbage collector need not look at them over and over
    return result


def build(pipeline: beam.Pipeline, stream: Stream, cluster: Cluster) -> None:
    """The pipeline: read a batch, unite it with the store; both in one stage, so that its offsets come last."""
    topics: dict[str, str | None] = {stream.topic: None, **{kind: kind for kind in _topics_of_names(cluster)}}
    messages = pipeline | _source(cluster, topics, stream)
    _ = messages[EVENTS] | "WriteEvents" >> beam.ParDo(WriteEvents(stream.store))
    _ = messages[NAMES] | "WriteNames" >> beam.ParDo(WriteNames(stream.store))
    since = _patient(stream, lambda: feeds.since(open_store(stream.store), stream.trending_since))
    _ = messages[EVENTS] | "Trending" >> feeds.WriteTrending(stream.store, since)


def _patient(stream: Stream, ask: Callable[[], _T]) -> _T:
    """What the store is asked for, as soon as it answers."""
    return outages.patient(ask, f"store {stream.store}", StoreAwayError)


def _source(cluster: Cluster, topics: Mapping[str, str | None], stream: Stream) -> beam.PTransform:
    if stream.expansion_service is None:
        return ReadKafka(cluster, topics, stream.format, stream.begin)
    return ReadKafkaExternally(cluster, topics, stream.format, stream.expansion_service)


def _topics_of_names(cluster: Cluster) -> list[str]:
    existing = cluster.topics()
    for kind in KINDS:
        if kind not in existing:
            _log.warning("%s has no topic %s: its names are streamed when it has", cluster, kind)
    return [kind for kind in KINDS if kind in existing]
