import threading
from typing import Any

import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.gateway.schema import build_schema, load_schema
from tests.serving import listeners
from tests.serving.clients import Watched, ask, execute
from tests.serving.listeners import FULL, HUGE, LARGEST, NOBODY, PARTIAL, USER, ZERO

ITEM = "type Item { id: Long! name: String! }\n"


@pytest.mark.parametrize("user", [USER, ZERO, HUGE])
def test_full_profile(app: FastAPI, user: int) -> None:
    assert ask(app, FULL, {"userId": user}) == {"data": {"getUserProfile": listeners.profile(user)}}


def test_full_profile_is_two_reads_outside_the_event_loop(app: FastAPI, profile_store: Watched) -> None:
    ask(app, FULL, {"userId": USER})
    assert [len(keys) for keys in profile_store.reads] == [6, 30]
    assert threading.get_ident() not in profile_store.threads


def test_several_profiles_are_two_reads_and_read_nothing_twice(app: FastAPI, profile_store: Watched) -> None:
    charts = "{ artistCharts { topK { artist { name } } } trackCharts { topK { track { name } } } }"
    query = f"{{ a: getUserProfile(userId: {USER}) {charts} b: getUserProfile(userId: {HUGE}) {charts} }}"
    assert ask(app, query)["data"].keys() == {"a", "b"}
    assert [len(keys) for keys in profile_store.reads] == [6, 20]  # of each user two charts, and whether there is one


@pytest.mark.parametrize("fields", ["totalListenCount", "__typename", "artistCharts { topK { id } }"])
def test_unknown_user_is_null_without_errors_after_one_read(app: FastAPI, profile_store: Watched, fields: str) -> None:
    query = f"{{ getUserProfile(userId: {NOBODY}) {{ {fields} }} }}"
    assert ask(app, query) == {"data": {"getUserProfile": None}}
    assert len(profile_store.reads) == 1


def test_whether_there_is_a_user_is_asked_by_one_key(app: FastAPI, profile_store: Watched) -> None:
    assert ask(app, f"{{ getUserProfile(userId: {USER}) {{ __typename }} }}")["data"]["getUserProfile"]
    assert [len(keys) for keys in profile_store.reads] == [1]


@pytest.mark.parametrize("user", [-1, -(2**63)])
def test_negative_id_is_unknown_and_not_read(app: FastAPI, profile_store: Watched, user: int) -> None:
    assert ask(app, FULL, {"userId": user}) == {"data": {"getUserProfile": None}}
    assert profile_store.reads == []


def test_known_user_without_a_required_topic_is_an_error_that_names_it(app: FastAPI) -> None:
    answer = ask(app, f"{{ getUserProfile(userId: {PARTIAL}) {{ totalListenCount lastListenEvent }} }}")
    assert answer["data"] == {"getUserProfile": None}
    (error,) = answer["errors"]
    assert error["message"] == f"topic 'lastlisten' holds no value for the key {PARTIAL}"
    assert error["path"] == ["getUserProfile", "lastListenEvent"]
    assert ask(app, f"{{ getUserProfile(userId: {PARTIAL}) {{ totalListenCount }} }}") == {
        "data": {"getUserProfile": {"totalListenCount": 3}}
    }


def test_unknown_name(profile_store: Watched) -> None:
    schema = build_schema(ITEM + 'type Query { artist(id: Long!): Item @topic(name: "artists", keyArgument: "id") }')
    answer = execute(schema, profile_store, "{ artist(id: 424242) { id name } }")
    assert answer == ({"artist": {"id": 424242, "name": "[unknown]"}}, [])


@pytest.mark.parametrize("call", ["artist", "artist(id: null)"])
def test_null_key_argument_is_null_and_reads_nothing(profile_store: Watched, call: str) -> None:
    schema = build_schema(ITEM + 'type Query { artist(id: Long): Item @topic(name: "artists", keyArgument: "id") }')
    assert execute(schema, profile_store, f"{{ {call} {{ name }} }}") == ({"artist": None}, [])
    assert profile_store.reads == []


GROUPS = (
    ITEM
    + """
type Query { user(userId: Long!, artistId: Long): User }
type User { userId: Long! listening: Listening! artist: Artist
            charts: Charts @topic(name: "topartists", keyArgument: "userId") }
type Listening { totals: Totals }
type Totals { count: Long @topic(name: "counts", keyArgument: "userId") }
type Artist { item: Item @topic(name: "artists", keyArgument: "artistId") }
type Charts { topK: [Entry!]! }
type Entry { id: Long! listener: Long @topic(name: "counts", keyArgument: "userId")
             other(userId: Long): Long @topic(name: "counts", keyArgument: "userId") }
"""
)


def test_key_argument_from_any_ancestor_and_the_nearest_one(profile_store: Watched) -> None:
    query = """{ user(userId: 5) { userId listening { totals { count } }
                 charts { topK { id listener here: other(userId: 1001) none: other } } } }"""
    data, errors = execute(build_schema(GROUPS), profile_store, query)
    assert not errors
    assert data["user"]["userId"] == USER
    assert data["user"]["listening"] == {"totals": {"count": USER}}
    assert [(entry["listener"], entry["here"], entry["none"]) for entry in data["user"]["charts"]["topK"]] == [
        (USER, 1001, None)
    ] * 10


def test_group_is_null_when_no_topic_beneath_it_holds_its_key(profile_store: Watched) -> None:
    schema = build_schema(GROUPS)
    fields = "{ userId artist { item { name } } }"
    assert execute(schema, profile_store, f"{{ user(userId: 1) {fields} }}") == ({"user": None}, [])
    data, _ = execute(schema, profile_store, f"{{ user(userId: 5) {fields} }}")
    assert data == {"user": {"userId": 5, "artist": None}}
    data, _ = execute(schema, profile_store, f"{{ user(userId: 1, artistId: 100) {fields} }}")
    assert data == {"user": {"userId": 1, "artist": {"item": {"name": listeners.name("artists", 100)}}}}


RECOMMENDATIONS = "{ getArtistRecommendations(userId: 5) { recommendations { id artist { name } } } }"


def test_rest_field_without_its_service_is_null_with_an_error_and_costs_only_itself(profile_store: Watched) -> None:
    query = f"{{ getUserProfile(userId: {USER}) {{ totalListenCount }} {RECOMMENDATIONS[1:]}"
    data, errors = execute(load_schema(DEFAULT_SCHEMA), profile_store, query)
    assert data == {"getUserProfile": {"totalListenCount": USER}, "getArtistRecommendations": None}
    assert errors == ["there is no service 'recommender': start the server with --service recommender=URL"]


def test_what_a_service_answers_is_resolved(profile_store: Watched) -> None:
    recommender = FastAPI()

    @recommender.get("/recommendation/5/ARTIST")
    async def recommend() -> Any:
        return {"recommendations": [{"id": 100}, {"id": LARGEST}, {"id": 424242}]}

    services = {"recommender": recommender}
    data, errors = execute(load_schema(DEFAULT_SCHEMA), profile_store, RECOMMENDATIONS, services=services)
    assert not errors
    assert [entry["artist"]["name"] for entry in data["getArtistRecommendations"]["recommendations"]] == [
        listeners.name("artists", 100),
        f"artists {LARGEST}",
        "[unknown]",
    ]
    assert len(profile_store.reads) == 1


def test_null_key_field_is_null_and_never_a_read_of_key_0(profile_store: Watched) -> None:
    schema = build_schema(
        ITEM
        + 'type Query { played: Played @rest(url: "http://played") }'
        + 'type Played { id: Long artist: Item @topic(name: "artists", keyField: "id") class: String }'
    )

    service = FastAPI()

    @service.get("/")
    async def last() -> Any:
        return {"id": None, "class": "a field may have any name"}

    data, errors = execute(
        schema, profile_store, "{ played { id artist { name } class } }", services={"played": service}
    )
    assert (data, errors) == ({"played": {"id": None, "artist": None, "class": "a field may have any name"}}, [])
    assert profile_store.reads == []


def test_field_that_the_value_does_not_have(profile_store: Watched) -> None:
    service = FastAPI()

    @service.get("/")
    async def answer() -> Any:
        return {"id": 5}

    schema = build_schema('type Query { a: A @rest(url: "http://a") } type A { id: Long title: String must: Long! }')
    answered = execute(schema, profile_store, "{ a { id title } }", services={"a": service})
    assert answered == ({"a": {"id": 5, "title": None}}, [])
    assert execute(schema, profile_store, "{ a { id must } }", services={"a": service}) == (
        {"a": None},
        ["A.must has no directive, and the value that it is part of has no 'must'"],
    )
