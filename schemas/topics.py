"""The catalogue of topics: what each is keyed by, holds, where it lies in the store, and who writes it.

A topic is a column of a table, or, if its values lie along an axis of time, a column family with one cell per bucket
of time, whose qualifier is the bucket's first second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

UNKNOWN_NAME = "[unknown]"


class Bucket(Enum):
    """What a cell of a topic with an axis of time holds. Months and years are the calendar's, in UTC."""

    MONTH = "the listening events of a month, packed"
    YEAR = "the array of the windows that start in a year, in order"
    WINDOW = "the window that starts there"


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
        given: whether values are what somebody says, and may be written; all others are computed from such.
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
    given: bool = False
    absent: Mapping[str, Any] | None = field(default=None, hash=False)


def _profile(name: str, value: str) -> Topic:
    return Topic(name, value, Place("users", "profile", name.encode()), "pipelines.profile")


def _windowed(name: str, value: str) -> Topic:
    return Topic(name, value, Place("users", name, bucket=Bucket.YEAR), "pipelines.profile", axis="start")


def _items(name: str) -> Topic:
    place = Place(name, "item", b"item")
    return Topic(name, "Item", place, "pipelines.profile", identity="id", given=True, absent={"name": UNKNOWN_NAME})


def _trending(items: str) -> Topic:
    name = f"trending{items}"
    place = Place("trending", name, bucket=Bucket.WINDOW)
    return Topic(name, "ChartsWindow", place, "pipelines.profile", key="String", axis="start")


def _listening_events() -> Topic:
    return Topic(
        "listeningevents",
        "ListeningEvent",
        Place("users", "history", bucket=Bucket.MONTH),
        "pipelines.profile",
        axis="timestamp",
        identity="userId",
        given=True,
    )


CATALOGUE: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        _listening_events(),
        _items("artists"),
        _items("albums"),
        _items("tracks"),
        _profile("counts", "long"),
        _profile("firstlisten", "long"),
        _profile("lastlisten", "long"),
        _profile("topartists", "Charts"),
        _profile("topalbums", "Charts"),
        _profile("toptracks", "Charts"),
        _windowed("playsperday", "PlaysWindow"),
        _windowed("topartistspermonth", "ChartsWindow"),
        _windowed("topalbumspermonth", "ChartsWindow"),
        _windowed("toptrackspermonth", "ChartsWindow"),
        _windowed("topartistsperyear", "ChartsWindow"),
        _windowed("topalbumsperyear", "ChartsWindow"),
        _windowed("toptracksperyear", "ChartsWindow"),
        _trending("artists"),
        _trending("albums"),
        _trending("tracks"),
    )
}
