"""How far the event time of each partition is: an estimate, which an idle partition does not hold back.

A partition is as far as the latest event read from it, less the time that events may be out of order, and never ahead
of the clock. One that has nothing to read goes on with the clock, and follows the slowest of the others that this
process reads.
"""

import time
from threading import Lock
from typing import TypeAlias

from pipelines.kafka.client import Cluster, Partition

OUT_OF_ORDER = 10
"""Seconds by which events of a partition may be out of order before they count as late."""

IDLE_SECONDS = 1.0
"""How long a partition has nothing to read before it counts as idle."""


Source: TypeAlias = tuple[Cluster, Partition]


class Watermarks:
    """The watermarks of the partitions which one process reads, in seconds since the epoch."""

    def __init__(self) -> None:
        self._reached: dict[Source, tuple[float, float]] = {}
        self._lock = Lock()

    def read(self, source: Source, latest: float | None) -> float | None:
        """Notes the latest event time in what was just read; None if there was nothing to read.

        Returns:
            The watermark of the partition; None if it is not known yet.
        """
        now = time.monotonic()  # the machine's clock may be set meanwhile
        with self._lock:
            before, since = self._reached.get(source, (None, now))
            if latest is not None:
                reached = min(latest, time.time()) - OUT_OF_ORDER
                before = reached if before is None else max(before, reached)
                self._reached[source] = before, now
            elif before is not None and now - since < IDLE_SECONDS:
                return before
            else:
                before = self._idle(source, before, now - since, now)
        return before

    def _idle(self, source: Source, before: float | None, idle: float, now: float) -> float | None:
        others = [
            reached
            for other, (reached, since) in self._reached.items()
            if other != source and now - since < IDLE_SECONDS
        ]
        if others:
            return min(others) if before is None else max(before, min(others))
        return None if before is None else max(before, min(before + idle, time.time()))

    def clear(self) -> None:
        """Forgets all, when the process has read its last."""
        with self._lock:
            self._reached.clear()


WATERMARKS = Watermarks()
