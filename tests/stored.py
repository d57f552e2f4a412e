"""What a store holds, decoded, in the form of the oracle."""

from typing import Any

from schemas.topics import CATALOGUE, Topic
from schemas.wire import avro
from store import Cell, Row, Store
from store.histories.months import unpack
from store.layout import USERS
from store.profiles import definitions
from store.profiles.computed import HISTORY, computed_cells
from store.profiles.definitions import define


def profiles(store: Store) -> dict[int, dict[str, Any]]:
    """The value of every topic for every user who has listens, as `tests.oracle.profiles` defines them."""
    k = definitions.read(store).k
    found = {int.from_bytes(key, "big"): topics_of(key, row, k) for key, row in store.scan(USERS)}
    return {user: topics for user, topics in found.items() if topics}


def topics_of(key: bytes, row: Row, k: int = definitions.K) -> dict[str, Any]:
    """All topics of one row of `users`, with charts of the length k where they are computed from it when it is read."""
    topics = (topic for topic in CATALOGUE.values() if topic.place.table == USERS)
    return {topic.name: value for topic in topics if (value := _value(topic, key, row, k)) is not None}


def _value(topic: Topic, key: bytes, row: Row, k: int) -> Any:
    if topic.metric and not topic.metric.stored:
        cells = [*computed_cells([cell for cell in row if cell.family == HISTORY], define(topic.metric, k))]
    else:
        cells = [cell for cell in row if cell.family == topic.place.family]
    if topic.name == "listeningevents":
        return _events(int.from_bytes(key, "big"), cells) or None
    if topic.axis is None:
        return next((avro.decode(topic.value, c.value) for c in cells if c.qualifier == topic.place.column), None)
    return [window for cell in cells for window in avro.decode(f"{topic.value}[]", cell.value)] or None


def _events(user: int, cells: list[Cell]) -> list[dict[str, int]]:
    events = unpack([cell.value for cell in cells])
    rows = zip(*(column.tolist() for column in events), strict=True)
    return [
        {"userId": user, "artistId": artist, "albumId": album, "trackId": track, "timestamp": time}
        for time, track, artist, album in rows
    ]


def names(store: Store, table: str) -> dict[int, str]:
    """The names in one of the tables of items."""
    items = (item_of(row) for _, row in store.scan(table, families=["item"]))
    return {item["id"]: item["name"] for item in items}


def item_of(row: Row) -> dict[str, Any]:
    """The Item in a row of one of the tables of items."""
    cell, *_ = row
    item: dict[str, Any] = avro.decode("Item", cell.value)
    return item
