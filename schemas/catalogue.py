"""The catalogue of topics: what each is keyed by, holds, where it lies in the store, and who writes it.

A topic is a column of a table. A windowed topic is a column family with one cell per calendar year (UTC), whose
qualifier is the year's first second: the cell is the array of the windows that start in that year, in order.
The listening events themselves lie as packed months, one cell per month.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN_NAME = "[unknown]"


@dataclass(frozen=True)
class Place:
    """Where a topic's values lie: a table, a column family, and a column; None where each bucket of time has one."""

    table: str
    family: str
    column: bytes | None = None


@dataclass(frozen=True)
class Topic:
    """One entry of the catalogue.

    Attributes:
        key: the key's type, as GraphQL names it.
        value: the Avro type of one value.
        writer: who writes it.
        axis: for a topic with windows, the field of the value that a range refers to, in seconds since the epoch.
        absent: fields of the value which is served for a key that the topic does not hold, besides the key itself as
            `id`; None if such a key has no value.
    """

    name: str
    value: str
    place: Place
    writer: str
    key: str = "Long"
    axis: str | None = None
    absent: Mapping[str, Any] | None = field(default=None, hash=False)


def _profile(name: str, value: str) -> Topic:
    return Topic(name, value, Place("users", "profile", name.encode()), "pipelines.profile")


def _windowed(name: str, value: str) -> Topic:
    return Topic(name, value, Place("users", name), "pipelines.profile", axis="start")


def _items(name: str) -> Topic:
    return Topic(name, "Item", Place(name, "item", b"item"), "pipelines.profile", absent={"name": UNKNOWN_NAME})


CATALOGUE: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("listeningevents", "ListeningEvent", Place("users", "history"), "pipelines.profile", axis="timestamp"),
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
    )
}
