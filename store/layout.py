"""The layout of the store: its tables, their column families, and the form of keys and qualifiers."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from schemas.events import ITEMS
from schemas.metrics import METRICS
from schemas.topics import topic_of

LAYOUT = "3"
"""Version of everything in here and of the stored values."""

UPGRADED = ("2",)
"""Versions that are read as they are; they get the present one when their families change."""

KEY_BYTES = 8
"""Length of every row key."""

USERS = "users"
META = "meta"
CHANGES = "changes"
TRENDING = "trending"

TALLIES = "tallies"
"""The family of what is kept of users so that events can be added: see `store.profiles.tallies`."""

_WINDOWED = {
    topic.place.family: topic.place.table
    for topic in (topic_of(metric) for metric in METRICS if metric.stored)
    if topic.axis
}
"""The tables of the topics that have a family of their own."""

TABLES: Mapping[str, tuple[str, ...]] = {
    USERS: ("profile", "history", TALLIES, *(f for f, table in _WINDOWED.items() if table == USERS), "deletions"),
    **dict.fromkeys(ITEMS.values(), ("item", "live")),
    META: ("setting",),
    CHANGES: ("user",),
    TRENDING: tuple(family for family, table in _WINDOWED.items() if table == TRENDING),
}
"""Column families of each table, in the order of a Row; windowed metrics have one each."""

DATA = tuple(table for table in TABLES if table not in (META, CHANGES, TRENDING))
"""The tables that follow from the events and names alone, not from when they came."""

LIVE = "live"
"""The family of the names that came by a topic: they say where a name is from, and are no data."""

VERSION = ("profile", b"version")
"""The cell of a row of `users` that changes with every change of its history."""


def row_key(number: int) -> bytes:
    """The row key of a user or an item: 8 bytes, big-endian, so that keys sort as the ids do.

    Raises:
        OverflowError: the id is negative or has more than 64 bits.
    """
    return number.to_bytes(KEY_BYTES, "big")


def row_keys(numbers: NDArray[np.int64]) -> list[bytes]:
    """The row keys of many users or items."""
    data = numbers.astype(">i8").tobytes()
    return [data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES)]


def after(key: bytes) -> bytes | None:
    """The smallest row key above `key`; None if there is none."""
    number = int.from_bytes(key, "big") + 1
    return None if number >> (8 * KEY_BYTES) else row_key(number)


def bucket(seconds: int) -> bytes:
    """The qualifier of the cell for a bucket of time which starts at `seconds` since the epoch."""
    return seconds.to_bytes(8, "big")
