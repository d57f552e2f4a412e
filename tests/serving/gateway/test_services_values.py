"""What services answer, and what clients leave out, is coerced to the types of the SDL before it is used."""

from typing import Any

import pytest
from fastapi import FastAPI

from serving.gateway.schema import build_schema
from tests.serving.clients import Watched, execute
from tests.serving.listeners import USER

KEYS = build_schema("""
type Query { long: L @rest(url: "http://s/x") int: I @rest(url: "http://s/x") many: M @rest(url: "http://s/x") }
type L { id: Long count: Long @topic(name: "counts", keyField: "id") other: Int }
type I { id: Int count: Long @topic(name: "counts", keyField: "id") }
type M { ids: [Long] counts: [Long] @topic(name: "counts", keyField: "ids") }
""")


def answering(value: Any) -> FastAPI:
    """A service that answers one thing."""
    service = FastAPI()

    @service.get("/x")
    async def answer() -> Any:
        return value

    return service


@pytest.mark.parametrize("field", ["long", "int"])
@pytest.mark.parametrize("key", [USER, str(USER), float(USER)])
def test_a_key_is_what_the_field_itself_is(profile_store: Watched, field: str, key: Any) -> None:
    answer = execute(KEYS, profile_store, f"{{ {field} {{ id count }} }}", services={"s": answering({"id": key})})
    assert answer == ({field: {"id": USER, "count": USER}}, [])


@pytest.mark.parametrize("field", ["long", "int"])
@pytest.mark.parametrize("key", [True, False, "x", "", "٥", "1_0", 5.5, [[5]], {"a": 5}])
def test_what_is_no_key_costs_its_field_alone(profile_store: Watched, field: str, key: Any) -> None:
    service = answering({"id": key, "other": 3})
    data, errors = execute(
        KEYS, profile_store, f"{{ {field} {{ count }} ok: long {{ other }} }}", services={"s": service}
    )
    assert data == {field: {"count": None}, "ok": {"other": 3}}
    kind = field.capitalize()
    assert errors == [f"{kind[0]}.id has a value that is no {kind}"]


def test_keys_in_lists_and_no_key(profile_store: Watched) -> None:
    data, errors = execute(
        KEYS,
        profile_store,
        "{ many { counts } long { count } }",
        services={"s": answering({"ids": ["5", None, 0.0, 99]})},
    )
    assert (data, errors) == ({"many": {"counts": [5, None, 0, None]}, "long": {"count": None}}, [])


GIVEN = build_schema("""
schema { query: Asking mutation: Changing }
type Asking { plays(userId: Long! = 5): Long @topic(name: "counts", keyArgument: "userId") user(userId: Long!): User }
type User { plays: Long @topic(name: "counts", keyArgument: "userId") }
type Changing {
    echo(in: In! = {x: 3, e: mro}): Echo @rest(url: "http://s/x", bodyParameter: "in", httpMethod: POST)
    one(of: One): Echo @rest(url: "http://s/x", bodyParameter: "of", httpMethod: POST)
    send(userId: Long!, event: Event!): Listen @topic(name: "listeningevents")
}
input In { x: Int! y: Int = 5 inner: Inner! = {z: [1]} e: Odd = _x_ }
input Inner { z: [Int] e: [Odd!] = name w: Float = 1 }
input One @oneOf { a: Int b: Inner }
input Event { artistId: Long! albumId: Long! trackId: Long! timestamp: Long! }
type Listen { artistId: Long! }
enum Odd { mro _x_ name value None }
type Echo { body: String e: Odd }
""")


def echo(query: str, store: Watched, variables: dict[str, Any] | None = None) -> Any:
    """What a service was sent."""
    service, sent = FastAPI(), []

    @service.post("/x")
    async def answer(body: dict[str, Any]) -> Any:
        sent.append(body)
        return {"e": "_x_"}

    data, errors = execute(GIVEN, store, query, variables, services={"s": service})
    return sent[0] if sent else (data, errors)


INNER = {"z": [1], "e": ["name"], "w": 1.0}


def test_defaults_are_completed_by_those_of_their_inputs(profile_store: Watched) -> None:
    assert echo("mutation { echo { e } }", profile_store) == {"x": 3, "y": 5, "inner": INNER, "e": "mro"}
    given = echo("mutation { echo(in: {x: 1, inner: {}}) { e } }", profile_store)
    assert given == {"x": 1, "y": 5, "inner": {"e": ["name"], "w": 1.0}, "e": "_x_"}
    again = echo("mutation ($in: In!) { echo(in: $in) { e } }", profile_store, {"in": {"x": 2, "e": "None"}})
    assert again == {"x": 2, "y": 5, "inner": INNER, "e": "None"}


def test_one_of_several(profile_store: Watched) -> None:
    assert echo("mutation { one(of: {b: {z: 2}}) { e } }", profile_store) == {"b": {**INNER, "z": [2]}}
    for wrong in ("{}", "{a: 1, b: {}}", "{a: null}"):
        data, errors = echo(f"mutation {{ one(of: {wrong}) {{ e }} }}", profile_store)
        assert data is None
        assert errors
    data, errors = echo("mutation ($of: One) { one(of: $of) { e } }", profile_store, {"of": {"a": 1, "b": None}})
    assert data is None
    query = '{ __type(name: "One") { isOneOf } }'
    assert execute(GIVEN, profile_store, query) == ({"__type": {"isOneOf": True}}, [])


def test_roots_go_by_the_schemas_definition(profile_store: Watched) -> None:
    query = "{ __typename plays user(userId: 5) { plays } nobody: user(userId: 1) { plays } }"
    data = {"__typename": "Asking", "plays": 5, "user": {"plays": 5}, "nobody": None}
    assert execute(GIVEN, profile_store, query) == (data, [])
    types = "{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }"
    names = {"queryType": {"name": "Asking"}, "mutationType": {"name": "Changing"}, "subscriptionType": None}
    assert execute(GIVEN, profile_store, types) == ({"__schema": names}, [])


def test_any_name_may_be_a_value_of_an_enum(profile_store: Watched) -> None:
    query = '{ __type(name: "Odd") { enumValues { name } } }'
    names = [{"name": name} for name in ("mro", "_x_", "name", "value", "None")]
    assert execute(GIVEN, profile_store, query) == ({"__type": {"enumValues": names}}, [])
