"""The readers of partitions in this process: consumers which stay where they are between two bundles.

A runner makes and drops instances of a DoFn as it likes, so readers belong to the process. A reader is taken for the
time of a bundle, and given back; the offset at which a bundle begins says whether it is the right one.
"""

import time
from collections.abc import Callable, Sequence
from threading import Condition
from typing import Any

from pipelines.failures import PipelineError
from pipelines.kafka.client import Bounds, Cluster, Partition, bounds_of, patient, within
from pipelines.kafka.decoding import Message
from pipelines.runners.outages import outage_of


class Reader:
    """Reads one partition from an offset on.

    Attributes:
        position: offset of the next message.
        uncommitted: whether a commit has failed, which is to be made good.
    """

    def __init__(self, cluster: Cluster, partition: Partition, position: int) -> None:
        self.cluster, self.partition, self.position, self.uncommitted = cluster, partition, position, False
        self._outage = outage_of(str(cluster))
        self._consumer = cluster.consumer(error_cb=self._heard)
        self._assign(position)

    def read(self, most: int, seconds: float) -> Sequence[Message]:
        """The next messages: as many as are there within some seconds, at most `most`.

        Raises:
            PipelineError: the partition ends before the position, so it is another one than it was.
        """
        messages = self._consumer.consume(most, seconds)
        good = [message for message in messages if message.error() is None]
        if len(good) < len(messages):
            self._resolve(next(error for message in messages if (error := message.error()) is not None))
        if good:
            self.position = good[-1].offset() + 1
            self._outage.over()
        return good

    @property
    def behind(self) -> int:
        """How many messages there are to read, as far as is known here."""
        from confluent_kafka import TopicPartition

        _, end = self._consumer.get_watermark_offsets(TopicPartition(*self.partition), cached=True)
        return max(0, int(end) - self.position)

    def commit(self, offset: int) -> None:
        """Commits an offset for the group; KafkaException if the broker does not take it."""
        from confluent_kafka import TopicPartition

        self._consumer.commit(offsets=[TopicPartition(*self.partition, offset)], asynchronous=False)

    def close(self) -> None:
        """Gives up the connection."""
        self._consumer.close()

    def _assign(self, position: int) -> None:
        from confluent_kafka import TopicPartition

        self.position = position
        self._consumer.assign([TopicPartition(*self.partition, position)])

    def _resolve(self, error: Any) -> None:
        """What to do about an error in place of a message: an offset that is not there is replaced, others pass."""
        from confluent_kafka import KafkaError

        if error.code() not in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            self._heard(error)
            return
        bounds: Bounds = patient(lambda: bounds_of(self._consumer, self.partition), str(self.cluster))
        if bounds.end < self.position:
            raise PipelineError(f"topic {self.partition.topic} was made anew while it was read: start again")
        self._assign(within(self.partition, self.position, bounds))

    def _heard(self, error: Any) -> None:
        self._outage.failed(error.str())


class Readers:
    """The readers of this process, and what of theirs is still in work.

    Attributes:
        run: the number of the pipeline that may take readers. Bundles of an earlier one, which was cancelled, may still
            come, and must leave to the next one what there is to read.
    """

    def __init__(self) -> None:
        self.run = 0
        self._given_back: dict[tuple[Cluster, Partition], Reader] = {}
        self._in_work: set[object] = set()
        self._stopping = False
        self._changed = Condition()

    def take(self, run: int, cluster: Cluster, partition: Partition, position: int) -> Reader | None:
        """A reader that is at `position`; None if the pipeline is about to stop reading, or was stopped."""
        with self._changed:
            if self._refuses(run):
                return None
            reader = self._given_back.pop((cluster, partition), None)
        if reader is not None and reader.position != position:
            reader.close()
            reader = None
        reader = reader or Reader(cluster, partition, position)
        with self._changed:
            if not self._refuses(run):
                self._in_work.add(reader)
                return reader
        reader.close()
        return None

    def give_back(self, reader: Reader) -> None:
        """Keeps a reader for the next bundle, unless its pipeline was stopped."""
        with self._changed:
            kept = reader in self._in_work
            if kept:
                self._given_back[reader.cluster, reader.partition] = reader
        if not kept:
            reader.close()
        self._done(reader)

    def lose(self, reader: Reader) -> None:
        """Closes a reader whose bundle went wrong."""
        reader.close()
        self._done(reader)

    def in_work(self, reader: Reader, commit: Callable[[], None]) -> Callable[[], None]:
        """The callback for the end of a reader's bundle, which is in work until it was called."""

        def finalize() -> None:
            try:
                commit()
            finally:
                self._done(finalize)

        with self._changed:
            if reader in self._in_work:  # else its pipeline was stopped, and nobody waits for it
                self._in_work.add(finalize)
        return finalize

    def stop(self, seconds: float) -> bool:
        """Lets no more be taken, and waits until nothing is in work; whether that was so in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._stopping = True
            return self._changed.wait_for(lambda: not self._in_work, max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Closes the readers, and gives up what is in work; another pipeline may take others."""
        with self._changed:
            readers, self._given_back = self._given_back, {}
            self._in_work.clear()
            self._stopping = False
            self.run += 1
        for reader in readers.values():
            reader.close()

    def _refuses(self, run: int) -> bool:
        return self._stopping or run != self.run

    def _done(self, work: object) -> None:
        with self._changed:
            self._in_work.discard(work)
            self._changed.notify_all()


READERS = Readers()
