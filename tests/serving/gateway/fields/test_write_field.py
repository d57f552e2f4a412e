"""Writing through the schema that comes with the project, over both homes of the store."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.gateway.context import Context
from serving.gateway.executor.resolvers import NOT_WRITING
from serving.gateway.schema import build_schema
from serving.gateway.services.transport import Services
from serving.gateway.topics.server_topics import Topics
from serving.keys import OPEN
from serving.rights import Access
from serving.setup import Settings
from store import Store, values
from store.values import Address
from tests import oracle, stored
from tests.oracle import Event
from tests.serving.clients import Watched, ask, execute, requests
from tests.store.profiles.samples import random_events

SEND = """mutation Send($userId: Long!, $event: ListeningEventInput!) {
    sendListeningEvent(userId: $userId, event: $event) { userId timestamp artist { id name } }
}"""
PROFILE = """query ($userId: Long!) { getUserProfile(userId: $userId) {
    totalListenCount firstListenEvent lastListenEvent artistCharts { topK { id countPlays } }
    playsPerDay { start countPlays }
} }"""
PROFILE_FIELDS = {
    "totalListenCount": "counts",
    "firstListenEvent": "firstlisten",
    "lastListenEvent": "lastlisten",
    "artistCharts": "topartists",
    "playsPerDay": "playsperday",
}


def variables(event: Event) -> dict[str, Any]:
    given = {"artistId": event.artist, "albumId": event.album, "trackId": event.track, "timestamp": event.time}
    return {"userId": event.user, "event": given}


def built(store: Store, contents: str = "whole") -> Store:
    """The store, as an earlier load has left it."""
    store.set_setting("contents", contents)
    return store


@pytest.fixture
def writable(store: Store) -> FastAPI:
    return create_app(DEFAULT_SCHEMA, built(store), Settings(keys=OPEN))


def test_a_sent_event_is_in_the_profile_at_once(writable: FastAPI, store: Store) -> None:
    values.write(store, Address("artists", 5), {"id": 5, "name": "Motörhead"})
    events = [event._replace(user=7, artist=5) for event in random_events(1, 8, users=1, span=10**7)]
    for sent in range(1, len(events) + 1):
        event = events[sent - 1]
        answer = ask(writable, SEND, variables(event))
        item = {"id": 5, "name": "Motörhead"}
        assert answer == {"data": {"sendListeningEvent": {"userId": 7, "timestamp": event.time, "artist": item}}}
        expected = oracle.profiles(events[:sent])[7]
        profile = {name: expected[topic] for name, topic in PROFILE_FIELDS.items()}
        assert ask(writable, PROFILE, {"userId": 7}) == {"data": {"getUserProfile": profile}}
    assert stored.profiles(store) == oracle.profiles(events)


def test_events_sent_twice_and_at_the_same_time_count_once(writable: FastAPI, store: Store) -> None:
    events = random_events(2, 30, users=3)
    bodies = [{"query": SEND, "variables": variables(event)} for event in events + events]
    answers = requests(writable, [lambda client, body=body: client.post("/graphql", json=body) for body in bodies])  # type: ignore[misc]
    assert all("errors" not in answer.json() for answer in answers)
    assert stored.profiles(store) == oracle.profiles(events)


def test_a_query_and_several_mutations_in_one_request_follow_each_other(writable: FastAPI) -> None:
    query = """mutation ($a: ListeningEventInput!, $b: ListeningEventInput!) {
        a: sendListeningEvent(userId: 1, event: $a) { timestamp }
        b: sendListeningEvent(userId: 1, event: $b) { timestamp track { name } }
    }"""
    a, b = (variables(Event(1, 2, 3, 4, time))["event"] for time in (50, 40))
    answer = ask(writable, query, {"a": a, "b": {**b, "userId": 1}})
    assert answer == {"data": {"a": {"timestamp": 50}, "b": {"timestamp": 40, "track": {"name": "[unknown]"}}}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"trackId": -1},
            "this is no value of topic 'listeningevents': trackId is -1, wanted a long that is not negative and has at "
            "most 63 bits",
        ),
        ({"userId": 8}, "the value has userId 8, but its key is 7: give both the same"),
    ],
)
def test_events_that_cannot_be(writable: FastAPI, store: Store, change: dict[str, int], message: str) -> None:
    given = variables(Event(7, 1, 2, 3, 4))
    answer = ask(writable, SEND, {**given, "event": {**given["event"], **change}})
    assert answer["data"] == {"sendListeningEvent": None}
    assert [error["message"] for error in answer["errors"]] == [message]
    assert stored.profiles(store) == {}


def test_a_negative_user(writable: FastAPI) -> None:
    answer = ask(writable, SEND, variables(Event(-7, 1, 2, 3, 4)))
    assert "userId is -7, wanted a long that is not negative" in answer["errors"][0]["message"]


@pytest.mark.parametrize("prepare", [lambda store: store, lambda store: built(store, "profiles")])
def test_a_store_without_histories_takes_no_events(store: Store, prepare: Callable[[Store], Store]) -> None:
    app = create_app(DEFAULT_SCHEMA, prepare(store), Settings(keys=OPEN))
    answer = ask(app, SEND, variables(Event(7, 1, 2, 3, 4)))
    assert "this store has no histories to unite an event with" in answer["errors"][0]["message"]
    assert stored.profiles(store) == {}


ITEMS = """
type Query { artist(id: Long!): Item @topic(name: "artists", keyArgument: "id") }
type Mutation { nameArtist(id: Long!, item: ItemInput!): Item @topic(name: "artists", keyArgument: "id") }
type Item { id: Long! name: String! }
input ItemInput { name: String! }
"""


def test_a_name_is_written_and_read_though_names_are_kept(store: Store, tmp_path: Any) -> None:
    path = tmp_path / "items.gql"
    path.write_text(ITEMS)
    app = create_app(path, store, Settings(keys=OPEN))
    assert ask(app, "{ artist(id: 5) { name } }") == {"data": {"artist": {"name": "[unknown]"}}}
    for name in ("Hawkwind", "Motörhead"):
        answer = ask(app, "mutation ($n: String!) { nameArtist(id: 5, item: { name: $n }) { id name } }", {"n": name})
        assert answer == {"data": {"nameArtist": {"id": 5, "name": name}}}
        assert ask(app, "{ artist(id: 5) { name } }") == {"data": {"artist": {"name": name}}}


def test_a_key_that_cannot_be(profile_store: Watched) -> None:
    query = 'mutation { nameArtist(id: -1, item: { name: "x" }) { name } }'
    assert execute(build_schema(ITEMS), profile_store, query) == (
        {"nameArtist": None},
        ["this is no value of topic 'artists': id is -1, wanted a long that is not negative and has at most 63 bits"],
    )


EVENTS = """
type Query { plays(id: Long!): Long @topic(name: "counts", keyArgument: "id") }
type Mutation { send(id: Long!, event: Listen!): Listened @topic(name: "listeningevents") }
type Listened { timestamp: Long! deleted: Boolean! }
input Listen { artistId: Long! albumId: Long! trackId: Long! timestamp: Long! deleted: Boolean }
"""
TAKE = "mutation ($userId: Long!, $event: Listen!) { send(id: $userId, event: $event) { timestamp deleted } }"


def test_a_listen_is_taken_back_for_good(store: Store) -> None:
    schema, watched = build_schema(EVENTS), Watched(built(store))
    kept, gone = Event(7, 1, 2, 3, 4), Event(7, 1, 2, 3, 5)
    for event in (kept, gone):
        sent = {"timestamp": event.time, "deleted": False}
        assert execute(schema, watched, TAKE, variables(event)) == ({"send": sent}, [])
    given = variables(gone)
    given["event"]["deleted"] = True
    assert execute(schema, watched, TAKE, given) == ({"send": {"timestamp": 5, "deleted": True}}, [])
    execute(schema, watched, TAKE, variables(gone))
    assert execute(schema, watched, "{ plays(id: 7) }") == ({"plays": 1}, [])


def test_a_client_that_may_only_read(store: Store) -> None:
    shared = Topics(built(store))
    context = Context(shared, Services(), Access.READ)
    given = variables(Event(7, 1, 2, 3, 4))
    result = asyncio.run(build_schema(DEFAULT_SCHEMA.read_text()).execute(SEND, given, context))
    shared.close()
    assert [error.message for error in result.errors or ()] == [NOT_WRITING]
    assert stored.profiles(store) == {}
