"""The catalogue of topics: what each is keyed by, holds, where it lies in the store, and who writes it.

A topic is a column of a table, or, if its values lie along an axis of time, a column family with one cell per bucket
of time, whose qualifier is the bucket's first second. Most topics are metrics (`schemas.metrics`), from whose
declarations all else follows; the others hold what somebody says: events and names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from schemas.events import ITEMS
from schemas.metrics import METRICS, Metric, Whose, Window

UNKNOWN_NAME = "[unknown]"


class Bucket(Enum):
    """What a cell of a topic with an axis of time holds. Months and years are the calendar's, in UTC."""

    HISTORY = "the listening events of a month, packed"
    MONTH = "the array of the windows that start in a month, in order"
    YEAR = "the array of the windows that start in a year, in order"
    WINDOW = "the window that starts there"


BUCKETS: Mapping[Window, Bucket] = {
    Window.DAY: Bucket.MONTH,
    Window.WEEK: Bucket.YEAR,
    Window.MONTH: Bucket.MONTH,
    Window.YEAR: Bucket.YEAR,
}
"""The buckets of users' windows. What a month's events decide is in cells of its own, so that they alone change it."""


@dataclass(frozen=True)
class Place:
    """Where a topic's values lie: a table, a column family, and a column, or the buckets that have one each."""

    table: str
    family: str
    column: bytes | None = None
    bucket: Bucket | None = None


@dataclass(frozen=True)
class Topic:
    """One entry of the catalogue.

    Attributes:
        key: the key's type, as GraphQL names it.
        value: the Avro type of one value.
        writer: who writes it.
        axis: for a topic with windows, the field of the value that a range refers to, in seconds since the epoch.
        identity: the field of the value that is the key, if there is one.
        metric: how its values are computed; None of a topic whose values are what somebody says.
        absent: fields of the value which is served for a key that the topic does not hold, besides its identity; None
            if such a key has no value.
    """

    name: str
    value: str
    place: Place
    writer: str
    key: str = "Long"
    axis: str | None = None
    identity: str | None = None
    metric: Metric | None = None
    absent: Mapping[str, Any] | None = field(default=None, hash=False)

    @property
    def given(self) -> bool:
        """Whether values are what somebody says, and may be written."""
        return self.metric is None


@cache
def topic_of(metric: Metric) -> Topic:
    """The topic that a metric's values are."""
    axis = "start" if metric.windowed else None
    key = "String" if metric.whose is Whose.EVERYBODY else "Long"
    return Topic(metric.topic, metric.value, _place(metric), "pipelines.profile", key, axis, metric=metric)


def _place(metric: Metric) -> Place:
    if metric.whose is Whose.EVERYBODY:
        return Place("trending", metric.topic, bucket=Bucket.WINDOW)
    if metric.windowed:
        return Place("users", metric.topic, bucket=BUCKETS[metric.window])
    return Place("users", "profile", metric.topic.encode())


def _items(name: str) -> Topic:
    place = Place(name, "item", b"item")
    return Topic(name, "Item", place, "pipelines.profile", identity="id", absent={"name": UNKNOWN_NAME})


def _listening_events() -> Topic:
    return Topic(
        "listeningevents",
        "ListeningEvent",
        Place("users", "history", bucket=Bucket.HISTORY),
        "pipelines.profile",
        axis="timestamp",
        identity="userId",
    )


CATALOGUE: Mapping[str, Topic] = {
    topic.name: topic for topic in (_listening_events(), *map(_items, ITEMS.values()), *map(topic_of, METRICS))
}
