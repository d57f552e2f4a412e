"""All that is wrong in a file is said at once, each with its place, its element, and what to do."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from serving.gateway.errors import SchemaError
from serving.gateway.schema import build_schema

ITEM = "type Item { id: Long! name: String! }"
ANSWER = "type A { a: Int }"
UNUSED = "is used neither by this field nor by one below it: take it out, or name it in the directive that needs it"


def problems(sdl: str) -> list[str]:
    """What is wrong with a schema."""
    with pytest.raises(SchemaError) as refusal:
        build_schema(sdl, "s.gql")
    return [*refusal.value.problems]


MANY = """directive @auth(role: String) on FIELD_DEFINITION
type Query {
  a(id: Long! = "123"): Long @topic(name: "count", keyArgument: "ids")
  b(id: Long!): Itme @topic(name: "artists", keyArgument: "id")
  c(id: Long!): Item @topik(name: "artists", keyArgument: "id")
  d(id: Long!): Item @topic(name: "artists", keyArgument: ["id"])
  e(id: Long!, e: Int): Item @topic(name: "artists", keyArgument: "id") @auth(role: "x")
  f(id: Long!): Item @topic(name: "artists", keyArgument: "userId", keyField: "nmae")
  g: G
  \"\"\"Why.\"\"\"
  h: Item @rest(url: "nowhere", httpMethod: PUSH)
}
type G { x(k: Long): Long @topic(name: "counts", keyArgument: "key") }
type Item { id: Long! title: String! }
type Item { id: Long! }
"""


SAID = """s.gql:1:12: @auth: the server does nothing for a directive of one's own: take it out; it knows cacheControl, deprecated, oneOf, rest, specifiedBy, topic
s.gql:3:3: Query.a: keyArgument 'ids' is no argument of this field or of one above it (Query): did you mean 'id'?
s.gql:3:3: Query.a: there is no topic 'count': did you mean 'counts'?
s.gql:3:5: Query.a: argument 'id' is used neither by this field nor by one below it: take it out, or name it in the directive that needs it
s.gql:3:17: Query.a(id:) has invalid default value: Long cannot represent "123": a whole number from -2^63 to 2^63 - 1 is wanted: write one of the argument's type
s.gql:4:17: Query.b: Unknown type 'Itme'. Did you mean 'Item'?
s.gql:5:23: Query.c: Unknown directive '@topik': did you mean '@topic'?
s.gql:6:46: Query.d: @topic(keyArgument:): String cannot represent a non string value: ["id"]: write one of the argument's type
s.gql:7:16: Query.e: argument 'e' is used neither by this field nor by one below it: take it out, or name it in the directive that needs it
s.gql:7:74: Query.e: nothing enforces @auth: take it out
s.gql:8:3: Query.f: @topic has both keyArgument and keyField: give one of them
s.gql:8:3: Query.f: keyArgument 'userId' is no argument of this field or of one above it (Query): name one of id
s.gql:8:3: Query.f: keyField 'nmae' is no field of Query: name one of a, c, d, e, f, g, h
s.gql:8:5: Query.f: argument 'id' is used neither by this field nor by one below it: take it out, or name it in the directive that needs it
s.gql:11:33: Query.h: @rest(httpMethod:): Value 'PUSH' does not exist in 'HttpMethod' enum. Did you mean the enum value 'POST' or 'PUT'?
s.gql:13:10: G.x: keyArgument 'key' is no argument of this field or of one above it (Query.g): did you mean 'k'?
s.gql:13:12: G.x: argument 'k' is used neither by this field nor by one below it: take it out, or name it in the directive that needs it
s.gql:14:23: Item.title: values of the topic 'artists' are of the type Item, which has no 'title': give the field a directive, or name one of id, name
s.gql:15:6: Item: There can be only one type named 'Item': take one of them out, or rename it
s.gql:15:13: Item.id: Field 'Item.id' can only be defined once: take one of them out, or rename it
"""  # noqa: E501


def test_all_at_once_in_the_order_of_the_file() -> None:
    assert problems(MANY) == SAID.splitlines()


SLIPS = {
    "a topic": ('f(id: Long!): Long @topic(name: "topartist", keyArgument: "id")', "did you mean 'topartists'"),
    "a directive": ('f(id: Long!): Item @rset(url: "http://a")', "did you mean '@rest'?"),
    "an argument of a directive": ('f(id: Long!): Item @rest(uri: "http://a")', "Did you mean 'url'?"),
    "a type": ('f(id: Lung!): Item @rest(url: "http://a")', "Did you mean 'Long'?"),
    "an argument": ('f(userId: Long!): Long @topic(name: "counts", keyArgument: "usrId")', "did you mean 'userId'?"),
    "a value of an enum": ('f: Item @rest(url: "http://a", httpMethod: PSOT)', "Did you mean the enum value 'POST'"),
}


@pytest.mark.parametrize(("field", "remedy"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named(field: str, remedy: str) -> None:
    assert any(remedy in problem for problem in problems(f"type Query {{ {field} }} {ITEM}"))


UNUSED_ARGUMENTS = {
    "a page of all values": 'f(limit: Int, offset: Int): [Item!]! @topic(name: "artists")',
    "a list of keys": 'f(ids: [Long!], offset: Int): [Item]! @topic(name: "artists", keyArgument: "ids")',
    "one key": 'f(id: Long!, offset: Int): Item @topic(name: "artists", keyArgument: "id")',
    "a group": "f(id: Long!, offset: Int): G",
    "a list of members": 'f: B @rest(url: "http://a")',
}


@pytest.mark.parametrize("field", UNUSED_ARGUMENTS.values(), ids=UNUSED_ARGUMENTS)
def test_an_argument_that_nothing_uses(field: str) -> None:
    types = (
        'type G { g: Long @topic(name: "counts", keyArgument: "id") h(offset: Int!): H } '
        'type B { b(offset: Int): [Int] } type H { h: Long @topic(name: "counts", keyArgument: "offset") }'
    )
    (problem,) = problems(f"type Query {{ {field} }} {types} {ITEM}")
    assert problem.endswith(UNUSED)
    assert "argument 'offset'" in problem


def test_arguments_of_subscriptions_are_used_or_refused() -> None:
    sdl = """type Query { q(id: Long!): Item @topic(name: "artists", keyArgument: "id") }
type Subscription { s(id: Long, of: Long): E @topic(name: "listeningevents") }
type E { plays: Long @topic(name: "counts", keyArgument: "of") }
"""
    assert problems(sdl + ITEM) == [f"s.gql:2:23: Subscription.s: argument 'id' {UNUSED}"]


VALUES = {
    "a string for a number": ("f(a: Long! = 1.5): A", "Query.f(a:) has invalid default value"),
    "an unknown field": ("f(a: In = {x: 1, y: 2}): A", "did you mean"),
    "a missing field": ("f(a: In = {}): A", "Query.f(a:) has invalid default value"),
    "deep within": ("f(a: [In!] = [{x: 1}, {x: 1, in: {x: true}}]): A", "at [1].in.x"),
    "two of a oneOf": ("f(a: One = {a: 1, b: 2}): A", "Query.f(a:) has invalid default value"),
    "in an input": ("f(a: Bad): A", "Bad.x has invalid default value"),
    "an unknown value": ("f(a: E = BLUE): A", "Query.f(a:) has invalid default value"),
}


@pytest.mark.parametrize(("field", "message"), VALUES.values(), ids=VALUES)
def test_defaults_are_checked(field: str, message: str) -> None:
    types = "input In { x: Int! in: In } input One @oneOf { a: Int b: Int } input Bad { x: Int = true } enum E { RED }"
    sdl = f'type Query {{ {field} @rest(url: "http://a", bodyParameter: "a", httpMethod: POST) }} {types} {ANSWER}'
    assert any(message.lower() in problem.lower() for problem in problems(sdl))


def groups(number: int) -> str:
    """Group types which all link to each other, each link with an argument of its own."""
    links = " ".join(f"g{i}(a{i}: Long): G{i}" for i in range(number))
    plays = [f'plays: Long @topic(name: "counts", keyArgument: "a{i}")' for i in range(number)]
    types = "\n".join(f"type G{i} {{ {one} {links} }}" for i, one in enumerate(plays))
    return f"type Query {{ {links} }}\n{types}"


def chain(number: int) -> str:
    """Groups within groups."""
    plays = 'plays: Long @topic(name: "counts", keyArgument: "u")'
    types = "\n".join(f"type G{i} {{ {plays} g: G{i + 1} }}" for i in range(number))
    return f"type Query {{ g(u: Long!): G0 }}\n{types}\ntype G{number} {{ {plays} }}"


def wide(number: int) -> str:
    """Fields of one type in which everything is wrong."""
    fields = "\n".join(f'f{i}(a{i}: Long! = "1"): Item @topic(name: "x", keyArgument: "y")' for i in range(number))
    return f"type Query {{ {fields} }} {ITEM}"


def slips(number: int) -> str:
    """Fields of types that there are not."""
    fields = "\n".join(f"f{i}(a{i}: Lung): Itme" for i in range(number))
    return f"type Query {{ {fields} q: Item }} {ITEM}"


def calls(sdl: str) -> int:
    """The functions that are called to make a schema, or to refuse it: a measure which is no time."""
    number = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        build_schema(sdl, "s.gql")
    except SchemaError:
        pass
    finally:
        sys.setprofile(None)
    return number


@pytest.mark.parametrize(
    ("grown", "small", "links"), [(groups, 6, 2), (chain, 100, 1), (wide, 100, 1), (slips, 100, 1)]
)
def test_the_work_grows_as_the_schema_does(grown: Callable[[int], str], small: int, links: int) -> None:
    build_schema(groups(2))  # what is done once
    first, second = calls(grown(small)), calls(grown(2 * small))
    assert second < 1.5 * 2**links * first


def test_many_groups_are_served_or_refused() -> None:
    build_schema(groups(12))
    build_schema(chain(1500))


def test_what_is_nested_too_deeply_is_refused() -> None:
    for levels in (30, 5000):
        deep = "[" * levels + "Int" + "]" * levels
        assert problems(f'type Query {{ f(a: {deep}): A @rest(url: "http://a", queryParameter: ["a"]) }} {ANSWER}')


def test_what_is_wrong_a_thousand_times_is_cut_short() -> None:
    found = problems(wide(500))
    assert len(found) == 101
    assert found[-1] == "s.gql: and 1900 more"
