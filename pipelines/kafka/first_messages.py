"""The first messages that are read of each partition: if hardly any can be read, the format is not the topic's.

To go on would move a whole topic to its rejects, and commit that. So the stream ends, and what it has committed of such
partitions is set back.
"""

from dataclasses import dataclass
from threading import Lock

from pipelines.failures import PipelineError
from pipelines.kafka.client import Partition

LEAST = 20
"""So many messages are looked at before a partition is judged."""


@dataclass
class First:
    """Messages of a partition, from an offset on, and how many of them were rejected."""

    offset: int
    read: int
    rejected: int


class FirstMessages:
    """What became of the first messages which this process reads of partitions."""

    def __init__(self) -> None:
        self._open: dict[Partition, First] = {}
        self._good: set[Partition] = set()
        self._lock = Lock()

    def unreadable(self, partition: Partition, more: First, most: float) -> str | None:
        """Notes messages. Says why the partition is not to be read on, if more than a share of them are rejects."""
        with self._lock:
            if partition in self._good:
                return None
            known = self._open.get(partition, First(more.offset, 0, 0))
            found = First(known.offset, known.read + more.read, known.rejected + more.rejected)
            self._open[partition] = found
            if found.read < LEAST:
                return None
            if found.rejected <= most * found.read:
                self._good.add(partition)
                del self._open[partition]
                return None
        return f"{found.rejected:,} of the first {found.read:,} messages in topic {partition.topic} cannot be read"

    def begins(self) -> dict[Partition, int]:
        """The first offsets of partitions of which too little was read to know."""
        with self._lock:
            return {partition: first.offset for partition, first in self._open.items()}


FIRST_MESSAGES = FirstMessages()


def refuse(why: str, reason: str) -> PipelineError:
    """The error that ends the stream."""
    return PipelineError(
        f"{why} ({reason}): name the topic's --format and --key_format. Nothing of it is committed. "
        "If the topic is as it should be, go on with --max_unreadable 1"
    )
