"""The readers of partitions in this process: consumers which stay where they are between two bundles.

A runner makes and drops instances of a DoFn as it likes, so readers belong to the process. A reader is taken for the
time of a bundle, and given back; the offset at which a bundle begins says whether it is the right one.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Condition, Lock
from typing import Any

from pipelines.kafka.client import Bounds, Cluster, Partition, Place, bounds_of, commit, patient, within
from pipelines.kafka.decoding import Message
from pipelines.runners.outages import outage_of


class Reader:
    """Reads one partition from an offset on.

    Attributes:
        position: offset of the next message. At the end of the partition it is that end: the marks of transactions,
            and what was aborted, lie before it and are no messages.
        uncommitted: whether a commit has failed, which is to be made good.
        consumer: of confluent_kafka, for this partition alone.
        topic_id: of the topic whose offsets these are, if it is known.
    """

    def __init__(self, cluster: Cluster, partition: Partition, position: int, topic_id: str | None = None) -> None:
        self.cluster, self.partition, self.position, self.uncommitted = cluster, partition, position, False
        self.topic_id = topic_id
        self._behind, self._closed, self._lock = 0, False, Lock()
        self._outage = outage_of(str(cluster))
        self.consumer = cluster.consumer(error_cb=self._heard)
        self._assign(position)

    def read(self, most: int, seconds: float) -> Sequence[Message]:
        """The next messages: as many as are there within some seconds, at most `most`."""
        messages = self.consumer.consume(most, seconds)
        good = [message for message in messages if message.error() is None]
        if good:
            self.position = good[-1].offset() + 1
            self._outage.over()
        for message in messages if len(good) < len(messages) else ():
            if message.error() is not None:
                self._resolve(message)
        return good

    @property
    def behind(self) -> int:
        """How many messages there are to read, as far as is known here. Any thread may ask, also when it is closed."""
        from confluent_kafka import TopicPartition

        with self._lock:
            if not self._closed:
                _, end = self.consumer.get_watermark_offsets(TopicPartition(*self.partition), cached=True)
                self._behind = max(0, int(end) - self.position)
            return self._behind

    def commit(self, offset: int) -> None:
        """Commits an offset for the group; KafkaException if the broker does not take it."""
        self.commit_all({self.partition: offset})

    def commit_all(self, offsets: Mapping[Partition, int]) -> None:
        """Commits offsets of partitions of the topic, as `commit` does."""
        commit(self.consumer, {partition: Place(offset, self.topic_id) for partition, offset in offsets.items()})

    def close(self) -> None:
        """Gives up the connection."""
        with self._lock:
            self._closed = True
        self.consumer.close()

    def _assign(self, position: int) -> None:
        from confluent_kafka import TopicPartition

        self.position = position
        self.consumer.assign([TopicPartition(*self.partition, position)])

    def _resolve(self, message: Any) -> None:
        """What to do about an error in place of a message: an offset that is not there is replaced, others pass."""
        from confluent_kafka import KafkaError

        error = message.error()
        if error.code() == KafkaError._PARTITION_EOF:
            self.position = max(self.position, message.offset())
            return
        if error.code() not in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            self._heard(error)
            return
        bounds: Bounds = patient(lambda: bounds_of(self.consumer, self.partition), str(self.cluster))
        if bounds.end < self.position:  # no bundle goes back: the next pipeline begins where it must
            READERS.lost = True
            return
        self._assign(within(self.partition, self.position, bounds))

    def _heard(self, error: Any) -> None:
        self._outage.failed(error.str())


class Readers:
    """The readers of this process, and what of theirs is still in work.

    Attributes:
        run: the number of the pipeline that may take readers. Bundles of an earlier one, which was cancelled, may still
            come, and must leave to the next one what there is to read.
        lost: whether a partition ends before what was read of it, so that another pipeline has to begin.
    """

    def __init__(self) -> None:
        self.run = 0
        self.lost = False
        self._given_back: dict[tuple[Cluster, Partition], Reader] = {}
        self._in_work: set[object] = set()
        self._stopping = False
        self._changed = Condition()

    def take(
        self, run: int, cluster: Cluster, partition: Partition, position: int, topic_id: str | None = None
    ) -> Reader | None:
        """A reader that is at `position`; None if the pipeline is about to stop reading, or was stopped."""
        with self._changed:
            if self._refuses(run):
                return None
            reader = self._given_back.pop((cluster, partition), None)
        if reader is not None and reader.position != position:
            reader.close()
            reader = None
        reader = reader or Reader(cluster, partition, position, topic_id)
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
            self._stopping = self.lost = False
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
