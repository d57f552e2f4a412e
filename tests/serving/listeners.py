"""A few users and items in a store, and what GraphQL must answer about them."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.topics import CATALOGUE, UNKNOWN_NAME, Topic
from schemas.wire import avro
from store import Cell, Store
from store.interface import by_layout
from store.layout import row_key

LARGEST = 2**63 - 1
USER, ZERO, HUGE, PARTIAL, NOBODY = 5, 0, LARGEST, 7, 1
"""A user, one with the id 0, one with the largest id, one of whom only the counts are stored, and one in no topic."""

ITEMS = ("artists", "albums", "tracks")
STRANGE_NAMES = (
    'a "quoted" name',
    "Motörhead",
    "",
    "<script>alert(1)</script>",
    "東京事変 🎸",
    "tab\tnul\0line\nend",
    "{ id name }",
    "\\u0041'; DROP TABLE",
    "x" * 5000,
)
MANY = range(1000, 1050)
"""Users who differ from each other."""

FULL = """
query Profile($userId: Long!) {
  getUserProfile(userId: $userId) {
    totalListenCount firstListenEvent lastListenEvent
    artistCharts { topK { id artist { id name } countPlays } }
    albumCharts { topK { id album { id name } countPlays } }
    trackCharts { topK { id track { id name } countPlays } }
  }
}
"""


def fill(store: Store) -> None:
    """Writes the users and the items."""
    for user in (USER, ZERO, HUGE, *MANY):
        put(store, user, topics(user))
    put(store, PARTIAL, {"counts": 3})
    for table in ITEMS:
        for key in known_items(table):
            put(store, key, {table: {"id": key, "name": name(table, key)}})


def put(store: Store, key: int, values: Mapping[str, Any]) -> None:
    """Makes `values`, by topic, all that the row of `key` holds; the topics are of one table."""
    (table,) = {CATALOGUE[topic].place.table for topic in values}
    row = by_layout(table, [_cell(CATALOGUE[topic], value) for topic, value in values.items()])
    store.update(table, [row_key(key)], lambda _: [(row_key(key), row)])


def _cell(topic: Topic, value: Any) -> Cell:
    return Cell(topic.place.family, topic.place.column or b"", avro.encode(topic.value, value))


def known_items(table: str) -> Sequence[int]:
    """The items that have a name: the last of each chart has none."""
    return [0, *range(first(table), first(table) + 9), LARGEST]


def first(table: str) -> int:
    """The id of the first item in the charts."""
    return 100 * (1 + ITEMS.index(table))


def name(table: str, key: int) -> str:
    """The name of an item in the store."""
    return STRANGE_NAMES[key % 100] if 0 <= key - first(table) < len(STRANGE_NAMES) else f"{table} {key}"


def topics(user: int) -> dict[str, Any]:
    """The values of all topics of a user."""
    plays = user % 1000 + 100
    charts = {
        f"top{table}": {"topK": [{"id": first(table) + i, "countPlays": plays - i} for i in range(10)]}
        for table in ITEMS
    }
    return {"counts": user, "firstlisten": 1_100_000_000 + plays, "lastlisten": 1_400_000_000 + plays, **charts}


def profile(user: int) -> dict[str, Any]:
    """What the query FULL answers for a user."""
    held = topics(user)
    charts = {f"{table[:-1]}Charts": {"topK": list(map(_named(table), held[f"top{table}"]["topK"]))} for table in ITEMS}
    return {
        "totalListenCount": held["counts"],
        "firstListenEvent": held["firstlisten"],
        "lastListenEvent": held["lastlisten"],
        **charts,
    }


def _named(table: str) -> Any:
    def named(count: Mapping[str, int]) -> dict[str, Any]:
        known = count["id"] in known_items(table)
        item = {"id": count["id"], "name": name(table, count["id"]) if known else UNKNOWN_NAME}
        return {"id": count["id"], table[:-1]: item, "countPlays": count["countPlays"]}

    return named
