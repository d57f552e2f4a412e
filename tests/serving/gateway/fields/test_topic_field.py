"""Lists of keys, all values, and ranges of time, through the schema and over both homes of the store."""

from typing import Any

import pytest

from serving.gateway.schema import build_schema
from store import Store, values
from store.histories.event_set import unite
from store.profiles import union
from store.values import Address
from tests import oracle
from tests.serving.clients import Watched, execute
from tests.serving.listeners import NOBODY, USER
from tests.store.profiles.samples import columns, random_events

EVENTS = [event._replace(user=USER, artist=event.artist + 1) for event in random_events(3, 300, users=1)]
HISTORY = oracle.profiles(EVENTS)[USER]
NAMED = range(10, 20)

SCHEMA = build_schema(
    """
type Query {
    artistsById(ids: [Long]): [Item] @topic(name: "artists", keyArgument: "ids")
    artistsByIdAll(ids: [Long!]!): [Item!]! @topic(name: "artists", keyArgument: "ids")
    counts(users: [Long!]!): [Long]! @topic(name: "counts", keyArgument: "users")
    countsOfAll(users: [Long!]!): [Long!]! @topic(name: "counts", keyArgument: "users")
    artists(limit: Int, after: Long): [Item!]! @topic(name: "artists")
    everyArtist: [Item] @topic(name: "artists")
    user(userId: Long!, from: Long, to: Long): User
    charts(userId: Long!): [Month!]! @topic(name: "topartistspermonth", keyArgument: "userId")
}
type User {
    days(from: Long, to: Long): [Day!]!
        @topic(name: "playsperday", keyArgument: "userId", rangeFrom: "from", rangeTo: "to")
    here: [Day!] @topic(name: "playsperday", keyArgument: "userId", rangeFrom: "from", rangeTo: "to")
    events(from: Long, to: Long): [Event!]!
        @topic(name: "listeningevents", keyArgument: "userId", rangeFrom: "from", rangeTo: "to")
    totalListenCount: Long! @topic(name: "counts", keyArgument: "userId")
}
type Day { start: Long! countPlays: Long! }
type Event { timestamp: Long! artistId: Long! artist: Item @topic(name: "artists", keyField: "artistId") }
type Month { start: Long! charts: Charts! }
type Charts { topK: [Count!]! }
type Count { id: Long! countPlays: Long! artist: Item! @topic(name: "artists", keyField: "id") }
type Item { id: Long! name: String! }
"""
)


@pytest.fixture
def filled(store: Store) -> Watched:
    """A store with one user's history, and the names of some artists."""
    union.write(store, unite(columns(EVENTS)))
    for key in NAMED:
        values.write(store, Address("artists", key), item(key))
    return Watched(store)


def item(key: int) -> dict[str, Any]:
    return {"id": key, "name": f"artist {key}" if key in NAMED else "[unknown]"}


def test_a_list_of_keys_in_the_order_asked_with_null_for_what_is_not_there(filled: Watched) -> None:
    query = "{ artistsById(ids: [13, null, 99, 11, 13, -1]) { id name } }"
    expected = [item(13), None, None, item(11), item(13), None]
    assert execute(SCHEMA, filled, query) == ({"artistsById": expected}, [])
    assert [len(keys) for keys in filled.reads] == [3]


def test_names_in_a_list_without_null(filled: Watched) -> None:
    query = "{ artistsByIdAll(ids: [13, 99]) { id name } }"
    assert execute(SCHEMA, filled, query) == ({"artistsByIdAll": [item(13), item(99)]}, [])


def test_numbers_of_a_list_of_keys(filled: Watched) -> None:
    query = f"{{ counts(users: [{NOBODY}, {USER}]) }}"
    assert execute(SCHEMA, filled, query) == ({"counts": [None, len(EVENTS)]}, [])
    _, errors = execute(SCHEMA, filled, f"{{ countsOfAll(users: [{USER}, {NOBODY}]) }}")
    assert errors == [f"topic 'counts' holds no value for the key {NOBODY}"]


@pytest.mark.parametrize("ids", ["null", "[]"])
def test_no_keys_read_nothing(filled: Watched, ids: str) -> None:
    expected: list[Any] | None = None if ids == "null" else []
    assert execute(SCHEMA, filled, f"{{ artistsById(ids: {ids}) {{ id }} }}") == ({"artistsById": expected}, [])
    assert filled.reads == []


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        ("", [*NAMED]),
        ("(limit: 3)", [10, 11, 12]),
        ("(limit: 3, after: 11)", [12, 13, 14]),
        ("(after: 17)", [18, 19]),
        ("(limit: null, after: -5)", [*NAMED]),
        ("(after: 9223372036854775807)", []),
        ("(limit: 0)", []),
    ],
)
def test_all_values_in_pages(filled: Watched, arguments: str, keys: list[int]) -> None:
    assert execute(SCHEMA, filled, f"{{ artists{arguments} {{ id name }} }}") == (
        {"artists": [item(key) for key in keys]},
        [],
    )


@pytest.mark.parametrize("limit", [-1, 10_001])
def test_limit_out_of_bounds(filled: Watched, limit: int) -> None:
    assert execute(SCHEMA, filled, "query ($n: Int) { artists(limit: $n) { id } }", {"n": limit}) == (
        None,
        [f"limit {limit} is not from 0 to 10000"],
    )


def test_more_values_than_one_answer_has(filled: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_VALUES", 5)
    _, errors = execute(SCHEMA, filled, "{ artists { id } everyArtist { id } }")
    remedies = ["ask for a page of them", "give the field the arguments 'limit' and 'after'"]
    assert sorted(errors) == [f"topic 'artists' has more than 5 values here: {remedy}" for remedy in remedies]
    data, errors = execute(SCHEMA, filled, f"{{ user(userId: {USER}) {{ here {{ start }} }} }}")
    assert data == {"user": {"here": None}}
    assert errors == ["topic 'playsperday' has more than 5 values here: ask for a shorter range"]


DAYS = HISTORY["playsperday"]


@pytest.mark.parametrize("start", [None, DAYS[3]["start"], DAYS[3]["start"] + 1, 0])
@pytest.mark.parametrize("stop", [None, DAYS[9]["start"], DAYS[9]["start"] + 1, DAYS[3]["start"], 2**63 - 1])
def test_a_range_holds_its_start_and_not_its_end(filled: Watched, start: int | None, stop: int | None) -> None:
    query = "query ($u: Long!, $a: Long, $b: Long) { user(userId: $u) { days(from: $a, to: $b) { start countPlays } } }"
    expected = [d for d in DAYS if (start or 0) <= d["start"] and (stop is None or d["start"] < stop)]
    data, errors = execute(SCHEMA, filled, query, {"u": USER, "a": start, "b": stop})
    assert (data, errors) == ({"user": {"days": expected}}, [])


def test_bounds_come_from_above_too(filled: Watched) -> None:
    query = f"{{ user(userId: {USER}, from: {DAYS[1]['start']}, to: {DAYS[2]['start']}) {{ here {{ start }} }} }}"
    assert execute(SCHEMA, filled, query) == ({"user": {"here": [{"start": DAYS[1]["start"]}]}}, [])


def test_events_with_names(filled: Watched) -> None:
    first, last = HISTORY["listeningevents"][5]["timestamp"], HISTORY["listeningevents"][50]["timestamp"]
    query = f"{{ user(userId: {USER}) {{ events(from: {first}, to: {last}) {{ timestamp artist {{ id name }} }} }} }}"
    expected = [
        {"timestamp": event["timestamp"], "artist": item(event["artistId"])}
        for event in HISTORY["listeningevents"]
        if first <= event["timestamp"] < last
    ]
    assert execute(SCHEMA, filled, query) == ({"user": {"events": expected}}, [])
    assert len(expected) > 30


def test_charts_of_months_with_names_without_a_range(filled: Watched) -> None:
    query = f"{{ charts(userId: {USER}) {{ start charts {{ topK {{ id countPlays artist {{ name }} }} }} }} }}"
    expected = [
        {
            "start": month["start"],
            "charts": {
                "topK": [{**count, "artist": {"name": item(count["id"])["name"]}} for count in month["charts"]["topK"]]
            },
        }
        for month in HISTORY["topartistspermonth"]
    ]
    assert execute(SCHEMA, filled, query) == ({"charts": expected}, [])
    assert len(filled.reads) == 2


def test_a_range_of_nobody_is_empty(filled: Watched) -> None:
    assert execute(SCHEMA, filled, f"{{ charts(userId: {NOBODY}) {{ start }} }}") == ({"charts": []}, [])
