"""Reading Kafka in a pipeline: a splittable DoFn whose elements are the decoded messages of a partition, as columns.

The restriction of a partition is the range of offsets that is left to read. A bundle reads one batch; what else is in
the same stage has dealt with it when the bundle ends, and only then is the offset committed, by bundle finalization.
So nothing is lost: what was not dealt with is read again. It may be read twice, and who writes must not mind.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import apache_beam as beam
from apache_beam import coders
from apache_beam.io.iobase import RestrictionProgress
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Duration, Timestamp

from pipelines.commands.arguments import EARLIEST
from pipelines.kafka.client import Cluster, Partition
from pipelines.kafka.decoding import Decoder, EventDecoder, Events, Format, Message, NameDecoder, Names, Reject
from pipelines.kafka.figures import FIGURES
from pipelines.kafka.first_messages import FIRST_MESSAGES, First, refuse
from pipelines.kafka.readers import READERS, Reader
from pipelines.kafka.rejected_messages import RejectWriter
from pipelines.kafka.watermarks import WATERMARKS

EVENTS, NAMES = "events", "names"
"""Tags of the outputs: `decoding.Events`, with the time of the earliest as timestamp, and `decoding.Names`."""

BATCH = 100_000
"""Most messages in an element."""

CATCH_UP_SECONDS = 1.0
"""How long a batch is waited for where more is left to read than it holds: the fuller, the less often a row is written.
"""

GATHER_SECONDS = 0.1
"""How long a partition is left alone between batches that are not full. To wait in the bundle would hold up others."""

STOPPING_SECONDS = 60.0
"""How long partitions are left alone when the process is about to stop."""

Place: TypeAlias = tuple[str, int, int, str | None]
"""A partition's topic and number, the offset at which to begin, and the topic's id, if it is known."""

_END = 2**63 - 1
_LAST = MAX_TIMESTAMP.seconds()

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class ReadKafka(beam.PTransform):
    """From a pipeline to `events` and `names`.

    Attributes:
        topics: the table of the names in each topic of items; None for topics of listening events.
        format: of the values.
        begin: where topics of listening events begin of which nothing was committed, as `Cluster.start` takes it.
    """

    cluster: Cluster
    topics: Mapping[str, str | None]
    format: Format
    begin: int | str = EARLIEST

    def expand(self, pipeline: Any) -> Any:
        # Where to begin is found before the store is read, by whoever else begins with what it holds: what comes into
        # it by another stream meanwhile lies behind these offsets, and is read again.
        partitions = self.cluster.partitions([*self.topics])
        ids = self.cluster.topic_ids([*self.topics])
        places = [(*p, self._start(p, ids.get(p.topic)), ids.get(p.topic)) for p in partitions]
        return (
            pipeline
            | "Partitions" >> beam.Create(places, reshuffle=False)
            | beam.Reshuffle()
            | "Assigned" >> beam.ParDo(_Assigned())
            | "Read" >> beam.ParDo(_ReadBatches(self)).with_outputs(NAMES, main=EVENTS)
        )

    def _start(self, partition: Partition, topic_id: str | None) -> int:
        begin = self.begin if self.topics[partition.topic] is None else EARLIEST
        return self.cluster.start(partition, topic_id, begin)


class _Assigned(beam.DoFn):
    """Does nothing but ask for finalization.

    Prism finalizes the stage before a splittable DoFn that asks for it, and the worker fails if nobody there does.
    """

    def process(self, element: Any, finalizer: Any = beam.DoFn.BundleFinalizerParam) -> Iterator[Any]:
        finalizer.register(_nothing)
        yield element


class _NotOursError(Exception):
    """What was read is no longer in the range of offsets."""


class _Tracker(OffsetRestrictionTracker):
    """A range of offsets without an end: it is only ever cut off at what was claimed."""

    def is_bounded(self) -> bool:
        return False

    def try_split(self, fraction_of_remainder: float) -> Any:
        return super().try_split(0) if fraction_of_remainder == 0 else None

    def current_progress(self) -> RestrictionProgress:
        # The worker makes NaN of the work done so far in a bundle which has no element yet, which ends Prism.
        return RestrictionProgress(fraction=0.5)


class _ReadBatches(beam.DoFn, RestrictionProvider):
    def __init__(self, source: ReadKafka) -> None:
        self.cluster, self.topics, self.format = source.cluster, source.topics, source.format
        self.run = READERS.run

    def initial_restriction(self, element: Place) -> OffsetRange:
        return OffsetRange(element[2], _END)

    def create_tracker(self, restriction: OffsetRange) -> _Tracker:
        return _Tracker(restriction)

    def restriction_size(self, element: Place, restriction: OffsetRange) -> float:
        return 1.0

    def restriction_coder(self) -> Any:
        return coders.registry.get_coder(object)

    def truncate(self, element: Place, restriction: OffsetRange) -> None:
        """Ends a partition with its bundle when the pipeline is drained."""

    def setup(self) -> None:
        self.decoders = {topic: decoder_of(self.format, topic, table) for topic, table in self.topics.items()}
        self.rejects = RejectWriter(self.cluster)

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        element: Place,
        finalizer: Any = beam.DoFn.BundleFinalizerParam,  # Beam wants it before the next two
        tracker: Any = beam.DoFn.RestrictionParam(),  # noqa: B008
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider()),  # noqa: B008
    ) -> Iterator[Any]:
        finalizer.register(
            _nothing
        )  # Prism finalizes every bundle, and the worker fails on one that did not ask for it
        partition, start = Partition(*element[:2]), tracker.current_restriction().start
        reader = READERS.take(self.run, self.cluster, partition, start, element[3])
        if reader is None:
            tracker.defer_remainder(Duration(seconds=STOPPING_SECONDS))
            return
        try:
            messages = reader.read(BATCH, 0.0 if reader.behind < BATCH else CATCH_UP_SECONDS)
            if reader.position > start and not tracker.try_claim(reader.position - 1):
                raise _NotOursError
            FIGURES.read(partition, lambda: reader.behind, [message.timestamp()[1] / 1000 for message in messages])
            yield from self._outputs(reader, messages, watermark)
        except BaseException as error:
            READERS.lose(reader)
            if isinstance(error, _NotOursError):
                return
            raise
        if reader.position > start or reader.uncommitted:
            reader.uncommitted = False
            finalizer.register(READERS.in_work(reader, partial(_commit, reader, reader.position)))
        tracker.defer_remainder(Duration(seconds=GATHER_SECONDS if reader.behind < BATCH else 0))
        READERS.give_back(reader)

    def _outputs(self, reader: Reader, messages: Sequence[Message], watermark: Any) -> Iterator[Any]:
        partition = reader.partition
        decoded, rejects = self.decoders[partition.topic].decode(messages) if messages else (None, [])
        if messages:
            self._judge(reader, messages, rejects)
        if rejects:
            self.rejects.write(partition, rejects)
        if isinstance(decoded, Names):
            yield beam.pvalue.TaggedOutput(NAMES, decoded)
        elif decoded is not None:
            yield TimestampedValue(decoded, _timestamp(decoded.earliest))
        reached = WATERMARKS.read((self.cluster, partition), decoded.latest if isinstance(decoded, Events) else None)
        before = watermark.current_watermark()
        if reached is not None and (before is None or _timestamp(reached) > before):
            watermark.set_watermark(_timestamp(reached))

    def _judge(self, reader: Reader, messages: Sequence[Message], rejects: Sequence[Reject]) -> None:
        """Ends the stream where hardly any of a partition's first messages can be read, with nothing committed."""
        offset = messages[0].offset()
        read = First(offset, len(messages), len(rejects))
        why = FIRST_MESSAGES.unreadable(reader.partition, read, self.format.max_unreadable)
        if why is None:
            return
        begins = {p: first for p, first in FIRST_MESSAGES.begins().items() if p.topic == reader.partition.topic}
        reader.commit_all(begins)
        raise refuse(why, rejects[0].reason)


def decoder_of(form: Format, topic: str, table: str | None) -> Decoder:
    """The decoder of a topic: of the names in a table, or of listening events."""
    return EventDecoder(form, topic) if table is None else NameDecoder(form, topic, table)


def _commit(reader: Reader, offset: int) -> None:
    try:
        reader.commit(offset)
        FIGURES.committed(reader.partition)
    except Exception as error:  # the next bundle tries again: what is read twice does no harm
        _log.warning("topic %s, partition %d: offset %d is not committed: %s", *reader.partition, offset, error)
        reader.uncommitted = True


def _nothing() -> None:
    """The end of a bundle which read nothing."""


def _timestamp(seconds: float) -> Timestamp:
    return Timestamp(seconds=int(min(seconds, _LAST)))
