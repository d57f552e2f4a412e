"""What operators see of a running stream: figures for Prometheus, and in one line.

They are kept by process. Beam's own metrics, which a runner gathers from all workers, have the same for each partition.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from apache_beam.metrics import Metrics
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pipelines.files.parts import METRICS
from pipelines.kafka.client import Partition

FRESH_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600)
"""Bounds of the histogram of freshness."""


@dataclass
class _Progress:
    """Of one partition: what is left to read, what is in hand, and since when a commit is due.

    Attributes:
        left: tells how many messages are left to read, as of now.
        in_hand: messages that were read and are not committed yet; `oldest`, when the first of them was accepted.
        accepted: when the last one read was accepted; None if none was.
    """

    left: Callable[[], int] = lambda: 0
    in_hand: int = 0
    oldest: float | None = None
    accepted: float | None = None
    due: float | None = None

    @property
    def behind(self) -> int:
        """Messages that are not in the store."""
        return self.left() + self.in_hand

    @property
    def lag_seconds(self) -> float:
        """The age of the oldest message in hand, or else of the last one read while more wait."""
        return _age(self.oldest if self.in_hand else self.accepted if self.left() else None)

    @property
    def commit_age(self) -> float:
        """For how many seconds a commit is due."""
        return _age(self.due)


class Figures:
    """The figures of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = Lock()
        self._progress: dict[Partition, _Progress] = {}
        self.events = 0
        self.rejects = 0
        self.freshness = 0.0
        labels = ("topic", "partition")
        named: Any = {"registry": self.registry, "namespace": "profiles"}
        self._events = Counter("events", "Listening events written to the store, repeats included", **named)
        self._rejects = Counter("rejects", "Messages that could not be read", ("topic",), **named)
        self._impossible = Counter("impossible_times", "Listening events more than a day ahead of the clock", **named)
        self._left_out = Counter("trending_left_out", "Listens that lie in no window of trending", **named)
        self._lag = Gauge("lag_events", "Messages which wait to be read", labels, **named)
        self._lag_seconds = Gauge("lag_seconds", "Age of the last message read while more wait", labels, **named)
        self._commit_age = Gauge("commit_age_seconds", "How long a commit of offsets is due", labels, **named)
        self._freshness = Histogram(
            "freshness_seconds", "From accepted by Kafka to visible", buckets=FRESH_SECONDS, **named
        )

    def read(self, partition: Partition, left: Callable[[], int], accepted: Sequence[float]) -> None:
        """Notes that a partition was read: what is left, and when each message was accepted; below 0 for unknown."""
        with self._lock:
            progress = self._of(partition)
            progress.left = left
            if accepted:
                known = [at for at in accepted if at > 0] or [time.time()]
                progress.oldest = progress.oldest if progress.in_hand else min(known)
                progress.in_hand += len(accepted)
                progress.accepted = known[-1]
                progress.due = progress.due or time.time()
        _gauge(partition, "lag_events", progress.behind)
        _gauge(partition, "lag_ms", 1000 * progress.lag_seconds)
        _gauge(partition, "commit_age_ms", 1000 * progress.commit_age)

    def rejected(self, partition: Partition, messages: int) -> None:
        """Notes rejected messages."""
        self._rejects.labels(partition.topic).inc(messages)
        Metrics.counter(METRICS, "rejected").inc(messages)
        self.rejects += messages

    def written(self, events: int, accepted: float) -> None:
        """Notes that events are in the store, the oldest of which Kafka accepted at a time."""
        self._events.inc(events)
        self.events += events
        self.freshness = max(0.0, time.time() - accepted)
        self._freshness.observe(self.freshness)
        Metrics.counter(METRICS, "events").inc(events)
        Metrics.distribution(METRICS, "freshness_ms").update(int(1000 * self.freshness))

    def impossible(self, events: int) -> None:
        """Notes events whose times cannot be."""
        self._impossible.inc(events)
        Metrics.counter(METRICS, "impossible_times").inc(events)

    def left_out(self, listens: int) -> None:
        """Notes listens which are too old, or too far ahead of the clock, for windows of trending."""
        self._left_out.inc(listens)
        Metrics.counter(METRICS, "trending_left_out").inc(listens)

    def committed(self, partition: Partition) -> None:
        """Notes that all that was read of a partition is committed."""
        with self._lock:
            progress = self._of(partition)
            progress.due, progress.in_hand = None, 0

    def _of(self, partition: Partition) -> _Progress:
        if partition not in self._progress:
            progress = self._progress[partition] = _Progress()
            names = partition.topic, str(partition.number)
            self._lag.labels(*names).set_function(lambda: progress.behind)
            self._lag_seconds.labels(*names).set_function(lambda: progress.lag_seconds)
            self._commit_age.labels(*names).set_function(lambda: progress.commit_age)
        return self._progress[partition]

    def waiting(self, seconds: float) -> str | None:
        """Why the stream does not do its work: nothing was read, or a commit is due for so long; None if it does."""
        with self._lock:
            progress = dict(self._progress)
        late = [partition for partition, each in progress.items() if each.commit_age > seconds]
        if late:
            return f"a commit of {late[0].topic}, partition {late[0].number}, is due for more than {seconds:g} s"
        return None if progress else "nothing is read yet"

    def line(self, events_per_second: float) -> str:
        """The figures in one line."""
        with self._lock:
            progress = [*self._progress.values()]
        behind = sum(p.behind for p in progress)
        seconds = max((p.lag_seconds for p in progress), default=0.0)
        due = max((p.commit_age for p in progress), default=0.0)
        return (
            f"{self.events:,} events, {events_per_second:,.0f}/s, {behind:,} events and {seconds:.1f} s behind, "
            f"visible after {self.freshness:.1f} s, committed {due:.1f} s ago, {self.rejects:,} rejected"
        )


def _gauge(partition: Partition, name: str, value: float) -> None:
    Metrics.gauge(METRICS, f"{name}/{partition.topic}/{partition.number}").set(int(value))


def _age(since: float | None) -> float:
    return 0.0 if since is None else max(0.0, time.time() - since)


FIGURES = Figures()
