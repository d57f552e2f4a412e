"""The stream: listening events and names from Kafka into the store, until it is told to stop."""

import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from data.format import KINDS
from pipelines import figures, prism, settings
from pipelines.errors import PipelineError, plain_errors
from pipelines.figures import FIGURES
from pipelines.job import Summary
from pipelines.kafka.client import Cluster
from pipelines.kafka.decoding import Format
from pipelines.kafka.external import ReadKafkaExternally
from pipelines.kafka.readers import READERS
from pipelines.kafka.source import EVENTS, NAMES, ReadKafka
from pipelines.kafka.watermarks import WATERMARKS
from pipelines.live import WriteEvents, WriteNames
from pipelines.options import LOCAL_RUNNERS
from pipelines.trending import feeds
from store import names, open_store

PRISM = "PrismRunner"

STOP_SECONDS = 7.0
"""How long what is in hand may take when the stream is told to stop."""

LINE_SECONDS, LOG_SECONDS = 1.0, 60.0
"""Seconds between two status lines, on a terminal and in a log."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stream:
    """What is to be done.

    Attributes:
        kafka: HOST:PORT of a broker.
        topic: of the listening events.
        k: length of the charts.
        trending_since: leave out windows of trending which began before this second; None for what is long ago.
        expansion_service: HOST:PORT of the service with Java's KafkaIO, through which to read; None to read in Python.
        metrics_port: where Prometheus finds the figures; None for nowhere.
    """

    kafka: str
    topic: str
    format: Format
    store: str
    k: int
    trending_since: int | None = None
    expansion_service: str | None = None
    metrics_port: int | None = None


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
    start = time.monotonic()
    with plain_errors(), ExitStack() as stack:
        cluster = _prepare(stream)
        if runner != PRISM:
            _start(stream, cluster, None, options).wait_until_finish()
            return Summary({}, time.monotonic() - start)
        stack.enter_context(figures.served(stream.metrics_port))
        chosen = stack.enter_context(prism.running(options))
        result = _start(stream, cluster, chosen, options)
        _watch(result, stack.enter_context(_signals()))  # until here there is nothing in hand to finish
    return Summary({"events": FIGURES.events, "rejected": FIGURES.rejects}, time.monotonic() - start)


def _prepare(stream: Stream) -> Cluster:
    """Readies the store. The group of consumers is the store's own: another store reads from the beginning."""
    store = open_store(stream.store, create=True)
    settings.check(store, stream.k, whole=True)
    settings.prepare(store, stream.k, whole=True)
    names.expect_live(store)
    return Cluster(stream.kafka, f"profiles-{settings.identity(store)}")


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
    _ = messages[EVENTS] | "WriteEvents" >> beam.ParDo(WriteEvents(stream.store, stream.k))
    _ = messages[NAMES] | "WriteNames" >> beam.ParDo(WriteNames(stream.store))
    since = feeds.since(open_store(stream.store), stream.trending_since)
    _ = messages[EVENTS] | "Trending" >> feeds.WriteTrending(stream.store, since)


def _source(cluster: Cluster, topics: Mapping[str, str | None], stream: Stream) -> beam.PTransform:
    if stream.expansion_service is None:
        return ReadKafka(cluster, topics, stream.format)
    return ReadKafkaExternally(cluster, topics, stream.format, stream.expansion_service)


def _topics_of_names(cluster: Cluster) -> list[str]:
    existing = cluster.topics()
    for kind in KINDS:
        if kind not in existing:
            _log.warning("%s has no topic %s: start again when it has, to have those names streamed", cluster, kind)
    return [kind for kind in KINDS if kind in existing]


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    stopping = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(result: Any, stopping: threading.Event) -> None:
    """Shows how it goes until the pipeline ends or is to stop, which finishes and commits what is in hand."""
    ended: list[BaseException | None] = []

    def wait() -> None:
        try:
            result.wait_until_finish()
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    threading.Thread(target=wait, daemon=True).start()
    status = _Status()
    while not stopping.wait(LINE_SECONDS) and not ended:
        status.show()
    status.close()
    if ended and ended[0] is not None:
        raise ended[0]
    if not READERS.stop(STOP_SECONDS):
        _log.warning("stopped before all was committed: the next start reads it again")
    result.cancel()
    READERS.close()
    WATERMARKS.clear()


class _Status:
    """A line of figures: over and over on a terminal, else now and then in the log."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._at, self._events = time.monotonic(), 0

    def show(self) -> None:
        """Shows the figures, if it is time to."""
        now = time.monotonic()
        if not self._terminal and now - self._at < LOG_SECONDS:
            return
        line = FIGURES.line((FIGURES.events - self._events) / max(now - self._at, 1e-9))
        self._at, self._events = now, FIGURES.events
        if self._terminal:
            sys.stderr.write(f"\r\033[K{line}")
            sys.stderr.flush()
        else:
            _log.info("%s", line)

    def close(self) -> None:
        """Leaves the last line where it is."""
        if self._terminal:
            sys.stderr.write("\n")
