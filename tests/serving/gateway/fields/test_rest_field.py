from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLObjectType

from serving.gateway.directives.sdl_directives import RestDirective, directive_of
from serving.gateway.fields.field import GROUP
from serving.gateway.fields.rest_field import RestField, rest_field
from serving.gateway.sdl import contract
from serving.gateway.services.rest_call import Answer, Call

SECRETS = {"TOKEN": "t0p/secret"}


def made_by(field: str) -> RestField:
    """What a field of Query means."""
    types = "type A { a: Int } enum Colour { RED GREEN } input In { x: Int }"
    schema = contract(f"type Query {{ {field} }} {types}", "s.gql", secrets=SECRETS)
    kind = schema.type_map["Query"]
    assert isinstance(kind, GraphQLObjectType)
    (given,) = kind.fields.values()
    directive = directive_of(given)
    assert isinstance(directive, RestDirective)
    return rest_field(directive, given, kind, SECRETS)


PATH = 'f(a: String, b: Int!, c: Colour): A @rest(url: "http://s/x/", pathParameter: ["b", "a"], queryParameter: ["c"])'
PLAIN = 'f(q: Boolean, a: Long!, r: [Int!], c: Colour! = RED): A @rest(url: "https://s/x")'
BODY = 'f(a: [Long], b: Int): A @rest(url: "http://s", queryParameter: ["b"], bodyParameter: "a", httpMethod: POST)'
URL = 'f(a: String, b: [Int], c: Colour): A @rest(url: "http://s/x/v-{a}/y?q={a}&b={b}&w=%C3%A9+{c}&k={secret.TOKEN}")'
SECRET = (
    'f(a: String!): A @rest(url: "http://s/{secret.TOKEN}", headers: ["X-A: {a}", "Authorization: B {secret.TOKEN}"])'
)
JSON = """f(a: [Long], b: String, c: In): A @rest(url: "http://s", httpMethod: PATCH,
    body: "{\\"a\\": \\"{a}\\", \\"c\\": [\\"{c}\\", \\"<{b}>\\", 1, null], \\"t\\": \\"{secret.TOKEN}\\"}")"""
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
    "placeholders in the url": (
        URL,
        {"a": "é/&", "b": [1, None, 2], "c": "RED"},
        Call("GET", "http://s/x/v-%C3%A9%2F%26/y?q=%C3%A9%2F%26&b=1&b=2&w=%C3%A9%20RED&k=t0p%2Fsecret", None),
    ),
    "placeholders which are null": (URL, {"a": "x"}, Call("GET", "http://s/x/v-x/y?q=x&k=t0p%2Fsecret", None)),
    "placeholders in headers": (
        SECRET,
        {"a": "{secret.TOKEN}"},
        Call("GET", "http://s/t0p%2Fsecret", None, (("X-A", "{secret.TOKEN}"), ("Authorization", "B t0p/secret"))),
    ),
    "placeholders in the body": (
        JSON,
        {"a": [1, 2], "b": '"}{a}', "c": {"x": 1}},
        Call("PATCH", "http://s", b'{"a":[1,2],"c":[{"x":1},"<\\"}{a}>",1,null],"t":"t0p/secret"}'),
    ),
    "null in the body": (JSON, {}, Call("PATCH", "http://s", b'{"a":null,"c":[null,"<>",1,null],"t":"t0p/secret"}')),
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


@pytest.mark.parametrize("text", ["a\r\nX-B: c", "a\0", "é", "\x7f"])
def test_text_that_no_header_may_have(text: str) -> None:
    with pytest.raises(GraphQLError, match="'a' has characters that no header may have"):
        made_by(SECRET).request(GROUP, {"a": text})


def test_a_secret_is_not_shown() -> None:
    assert "t0p" not in repr(made_by(SECRET))


NAMES, GRID = (
    made_by('f: [String] @rest(url: "http://s/x", select: "data.1.names")'),
    made_by('f: [[Int!]] @rest(url: "http://s/x")'),
)
NUMBER = made_by('f: Float @rest(url: "http://s/x", select: "n")')
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
        (MANY, 204, b"", None),
        (ONE, 205, b"x", None),
        (NAMES, 200, b'{"data": [0, {"names": ["x", null]}]}', ["x", None]),
        (NAMES, 200, b'{"data": [{}]}', None),
        (NAMES, 200, b'{"data": null}', None),
        (NAMES, 200, b"[]", None),
        (GRID, 200, b"[[1], null, []]", [[1], None, []]),
        (NUMBER, 200, b'{"n": 1.5}', 1.5),
    ],
)
def test_value(to: RestField, status: int, body: bytes, expected: Any) -> None:
    assert to.value(ASKED, Answer(status, body)) == expected


WORD = b"password"


@pytest.mark.parametrize(
    ("to", "status", "body", "message"),
    [
        (MANY, 404, WORD, "service 's' answered with status 404"),
        (ONE, 500, WORD, "service 's' answered with status 500"),
        (ONE, 302, WORD, "service 's' answered with status 302"),
        (ONE, 200, WORD, "service 's' did not answer with JSON"),
        (ONE, 200, b"", "service 's' did not answer with JSON"),
        (ONE, 200, b'{"a": "\xff"}', "service 's' did not answer with JSON"),
        (ONE, 200, b'[{"a": "password"}]', "service 's' did not answer with an object"),
        (ONE, 200, b'"password"', "service 's' did not answer with an object"),
        (MANY, 200, b'{"a": "password"}', "service 's' did not answer with a list of objects"),
        (MANY, 200, b'["password"]', "service 's' did not answer with a list of objects"),
        (
            NAMES,
            200,
            b'{"data": [0, {"names": [["password"]]}]}',
            "service 's' did not answer with a list of single values",
        ),
        (GRID, 200, b'["password"]', "service 's' did not answer with a list of lists of single values"),
        (NUMBER, 200, b'{"n": ["password"]}', "service 's' did not answer with a single value"),
    ],
)
def test_answer_that_is_no_value(to: RestField, status: int, body: bytes, message: str) -> None:
    with pytest.raises(GraphQLError) as refusal:
        to.value(ASKED, Answer(status, body))
    assert refusal.value.message == message
