from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLObjectType

from serving.gateway.directives.sdl_directives import RestDirective, directive_of
from serving.gateway.fields.field import GROUP
from serving.gateway.fields.rest_field import RestField, rest_field
from serving.gateway.sdl import contract
from serving.gateway.services.rest_call import Answer, Call


def made_by(field: str) -> RestField:
    """What a field of Query means."""
    schema = contract(f"type Query {{ {field} }} type A {{ a: Int }} enum Colour {{ RED GREEN }}", "s.gql")
    kind = schema.type_map["Query"]
    assert isinstance(kind, GraphQLObjectType)
    (given,) = kind.fields.values()
    directive = directive_of(given)
    assert isinstance(directive, RestDirective)
    return rest_field(directive, given)


PATH = 'f(a: String, b: Int!, c: Colour): A @rest(url: "http://s/x/", pathParameter: ["b", "a"], queryParameter: ["c"])'
PLAIN = 'f(q: Boolean, a: Long!, r: [Int!], c: Colour! = RED): A @rest(url: "https://s/x")'
BODY = 'f(a: [Long], b: Int): A @rest(url: "http://s", queryParameter: ["b"], bodyParameter: "a", httpMethod: POST)'
STRANGE = "AC/DC?#&=%2F é\n@evil:1\\x"

CALLS: Mapping[str, tuple[str, Mapping[str, Any], Call]] = {
    "all": (PATH, {"a": "x", "b": 1, "c": "RED"}, Call("GET", "http://s/x/1/x?c=RED", None)),
    "null is left out": (PATH, {"a": "x", "b": 1, "c": None}, Call("GET", "http://s/x/1/x", None)),
    "zero and false are not null": (
        PLAIN,
        {"q": False, "a": 0, "c": "RED"},
        Call("GET", "https://s/x/0/RED?q=false", None),
    ),
    "non-null is path and nullable is query": (
        PLAIN,
        {"q": True, "a": 2**63 - 1, "r": None, "c": "GREEN"},
        Call("GET", "https://s/x/9223372036854775807/GREEN?q=true", None),
    ),
    "list in the query": (PLAIN, {"a": 1, "r": [1, 2], "c": "RED"}, Call("GET", "https://s/x/1/RED?r=1&r=2", None)),
    "body": (BODY, {"a": [1, None], "b": 2}, Call("POST", "http://s?b=2", b"[1,null]")),
    "no body": (BODY, {"a": None, "b": 2}, Call("POST", "http://s?b=2", None)),
    "percent-encoded": (
        PATH,
        {"a": STRANGE, "b": 1, "c": "&x=1 ?"},
        Call("GET", "http://s/x/1/AC%2FDC%3F%23%26%3D%252F%20%C3%A9%0A%40evil%3A1%5Cx?c=%26x%3D1%20%3F", None),
    ),
}


@pytest.mark.parametrize(("field", "arguments", "expected"), CALLS.values(), ids=CALLS)
def test_call(field: str, arguments: Mapping[str, Any], expected: Call) -> None:
    assert made_by(field).request(GROUP, arguments) == expected


@pytest.mark.parametrize("text", ["", ".", "..", "../../admin", "a/../b", "a\\..", "./a"])
def test_argument_that_would_lead_to_another_path(text: str) -> None:
    with pytest.raises(GraphQLError, match="argument 'a': '.*' cannot be a segment of a path"):
        made_by(PATH).request(GROUP, {"a": text, "b": 1})


@pytest.mark.parametrize("given", [{"a": None, "b": 1}, {"b": 1}, {"a": "x", "b": None}])
def test_null_is_no_segment_of_a_path(given: Mapping[str, Any]) -> None:
    with pytest.raises(GraphQLError, match="argument '[ab]' is null, and cannot be a segment of a path"):
        made_by(PATH).request(GROUP, given)


def test_arguments_that_are_too_long_for_a_url() -> None:
    with pytest.raises(GraphQLError, match="the arguments make a URL of 9013 characters; 8000 are allowed"):
        made_by(PATH).request(GROUP, {"a": "é" * 1500, "b": 1})


ONE, MANY = made_by('f: A @rest(url: "http://s/x")'), made_by('f: [A]! @rest(url: "http://s/x")')
ASKED = Call("GET", "http://s/x", None)


@pytest.mark.parametrize(
    ("to", "status", "body", "expected"),
    [
        (ONE, 200, b'{"a": 1}', {"a": 1}),
        (ONE, 201, b"null", None),
        (ONE, 404, b"<html>", None),
        (MANY, 200, b'[{"a": 1}, null]', [{"a": 1}, None]),
        (MANY, 200, b"[]", []),
    ],
)
def test_value(to: RestField, status: int, body: bytes, expected: Any) -> None:
    assert to.value(ASKED, Answer(status, body)) == expected


SECRET = b"password"


@pytest.mark.parametrize(
    ("to", "status", "body", "message"),
    [
        (MANY, 404, SECRET, "service 's' answered with status 404"),
        (ONE, 500, SECRET, "service 's' answered with status 500"),
        (ONE, 302, SECRET, "service 's' answered with status 302"),
        (ONE, 200, SECRET, "service 's' did not answer with JSON"),
        (ONE, 200, b"", "service 's' did not answer with JSON"),
        (ONE, 200, b'{"a": "\xff"}', "service 's' did not answer with JSON"),
        (ONE, 200, b'[{"a": "password"}]', "service 's' did not answer with an object"),
        (ONE, 200, b'"password"', "service 's' did not answer with an object"),
        (MANY, 200, b'{"a": "password"}', "service 's' did not answer with a list of objects"),
        (MANY, 200, b'["password"]', "service 's' did not answer with a list of objects"),
    ],
)
def test_answer_that_is_no_value(to: RestField, status: int, body: bytes, message: str) -> None:
    with pytest.raises(GraphQLError) as refusal:
        to.value(ASKED, Answer(status, body))
    assert refusal.value.message == message
