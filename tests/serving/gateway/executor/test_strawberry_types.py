from typing import Any

from fastapi import FastAPI
from graphql import parse, print_ast

from schemas import DEFAULT_SCHEMA
from serving.gateway.directives.prelude import DEFINITIONS, PATH
from serving.gateway.schema import build_schema, load_schema
from tests.serving.clients import Watched, execute


def definitions(sdl: str) -> dict[str, str]:
    nodes = parse(sdl).definitions
    return {f"{node.kind} {node.name.value}": print_ast(node) for node in nodes}  # type: ignore[attr-defined]


def test_printed_schema_is_the_file_and_the_prelude() -> None:
    given = definitions(PATH.read_text()) | definitions(DEFAULT_SCHEMA.read_text())
    assert definitions(load_schema(DEFAULT_SCHEMA).as_str()) == given


RICH = '''
"""Where all begins."""
type Query {
  """All kinds of arguments."""
  all(a: [Colour!]! = [RED, GREEN], b: [[Long]] = [[1], null], c: Float = 1.5, d: ID,
      e: String = null, """why""" f: Boolean! = true): Answer
    @rest(url: "http://all", queryParameter: ["b", "c", "d", "e", "f"], bodyParameter: "a", httpMethod: POST)
  old: Answer @rest(url: "http://old") @deprecated(reason: "use all")
}
"""What comes back."""
type Answer { colours: [Colour!] self: Answer many: [[Answer!]!] from: Int in: Int }
enum Colour { RED """like grass""" GREEN }
type Apart { a: Int }
type Mutation {
  send(to: ID!, what: [Package!]!): Answer
    @rest(url: "http://send", pathParameter: ["to"], bodyParameter: "what", httpMethod: POST)
}
"""What is sent."""
input Package {
  """in grams"""
  weight: Int! = 5
  colour: Colour = GREEN
  inner: [Package!]
  in: Long @deprecated(reason: "none")
}
type Subscription { plays(userId: Long): Long @topic(name: "counts", keyArgument: "userId") }
'''


def test_printed_schema_with_all_that_is_supported() -> None:
    printed = definitions(build_schema(RICH).as_str())
    assert printed.items() >= definitions(RICH).items()


def test_defaults_lists_enums_and_recursion(profile_store: Watched) -> None:
    service = FastAPI()

    @service.post("/")
    async def answer(colours: list[str]) -> Any:
        leaf = {"colours": colours, "self": None, "many": None, "from": 1, "in": 2}
        return {**leaf, "self": leaf, "many": [[leaf], []]}

    query = "{ all { colours self { from in self { from } } many { colours } } }"
    data, errors = execute(build_schema(RICH), profile_store, query, services={"all": service})
    assert not errors
    assert data["all"] == {
        "colours": ["RED", "GREEN"],
        "self": {"from": 1, "in": 2, "self": None},
        "many": [[{"colours": ["RED", "GREEN"]}], []],
    }


def test_input_objects_are_sent_as_they_were_given_with_defaults(profile_store: Watched) -> None:
    service, bodies = FastAPI(), []

    @service.post("/7")
    async def take(packages: list[dict[str, Any]]) -> Any:
        bodies.append(packages)
        return {"from": len(packages)}

    query = "mutation ($in: Package!) { send(to: 7, what: [{ weight: 1, in: 2, inner: [{}] }, $in]) { from } }"
    variables = {"in": {"colour": "RED", "in": None}}
    answer = execute(build_schema(RICH), profile_store, query, variables, services={"send": service})
    assert answer == ({"send": {"from": 2}}, [])
    inner = {"weight": 5, "colour": "GREEN"}
    first = {"weight": 1, "colour": "GREEN", "inner": [inner], "in": 2}
    assert bodies == [[first, {"weight": 5, "colour": "RED", "in": None}]]


def test_introspection_shows_the_default_of_an_enum(profile_store: Watched) -> None:
    query = '{ __type(name: "Query") { fields { name args { name defaultValue } } } }'
    data, _ = execute(load_schema(DEFAULT_SCHEMA), profile_store, query)
    arguments = {a["name"]: a["defaultValue"] for field in data["__type"]["fields"] for a in field["args"]}
    assert arguments["field"] == "ARTIST"
    assert arguments["limit"] is None


def test_introspection_lists_the_directives(profile_store: Watched) -> None:
    data, _ = execute(
        load_schema(DEFAULT_SCHEMA), profile_store, "{ __schema { directives { name locations args { name } } } }"
    )
    found = {d["name"]: (d["locations"], [a["name"] for a in d["args"]]) for d in data["__schema"]["directives"]}
    assert found["topic"] == (["FIELD_DEFINITION"], ["name", "keyArgument", "keyField", "rangeFrom", "rangeTo"])
    assert found["rest"] == (
        ["FIELD_DEFINITION"],
        [*DEFINITIONS["rest"].args],
    )
