import pytest
from graphql import get_introspection_query

from schemas import DEFAULT_SCHEMA
from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import GatewaySchema, build_schema, load_schema
from tests.serving.clients import Watched, execute
from tests.serving.listeners import FULL, USER

SDL = "type Query { a(n: Int): A } type A { n: Int a: A }"
LIMITS = Limits(depth=4, aliases=3, fields=20, directives=2, tokens=200)
TOO_MANY_DIRECTIVES = "the query has 3 directives in one place; 2 are allowed"


@pytest.fixture(scope="module")
def schema() -> GatewaySchema:
    return build_schema(SDL, limits=LIMITS)


def doubling(levels: int) -> str:
    """Fragments of which each uses the next one twice."""
    chain = (f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels))
    return "\n".join(["{ ...F0 }", *chain, f"fragment F{levels} on Query {{ x: a {{ n }} }}"])


@pytest.mark.parametrize(
    "query",
    [
        "{ a(n: 1) { a { a { n } } } }",
        "{ x: a { n } y: a { n } z: a { n } }",
        "{ a(n: 1) { ...F } } fragment F on A { a { a { n } } }",
        "{ a(n: 1) { n @skip(if: false) @include(if: true) } }",
        "{ a(n: 1) { " + "n " * 19 + "} }",
        "query A { a { a { a { n } } } } query B { x: a { n } y: a { n } }",
    ],
)
def test_allowed(schema: GatewaySchema, profile_store: Watched, query: str) -> None:
    variables = {"n": 1}
    result = execute(schema, profile_store, query, variables)
    assert not [error for error in result[1] if "allowed" in error]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ a { a { a { a { n } } } } }", "the query has 5 levels; 4 are allowed"),
        ("{ a { ...F } } fragment F on A { a { a { a { n } } } }", "the query has 5 levels; 4 are allowed"),
        ("{ a { ... on A { a { ... { a { a { n } } } } } } }", "the query has 5 levels; 4 are allowed"),
        ("{ w: a { n } x: a { n } y: a { n } z: a { n } }", "the query has 4 aliases; 3 are allowed"),
        ("{ ...F a { a { a { a { n } } } } } fragment F on Query { a { n } }", "the query has 5 levels; 4 are allowed"),
        (doubling(15), "the query has 32768 aliases; 3 are allowed"),
        ("{ a { n @skip(if: false) @include(if: true) @skip(if: false) } }", TOO_MANY_DIRECTIVES),
        ("query @a @a @a { a { n } }", TOO_MANY_DIRECTIVES),
        ("{ ... @a @a @a { a { n } } }", TOO_MANY_DIRECTIVES),
        ("{ ...F @a @a @a } fragment F on Query { a { n } }", TOO_MANY_DIRECTIVES),
        ("{ a { " + "n " * 20 + "} }", "the query has 21 fields; 20 are allowed"),
        ("{ a { ...F } } fragment F on A { " + "n " * 20 + "}", "the query has 21 fields; 20 are allowed"),
        ("{ a { " + "n " * 200 + "} }", "Syntax Error: Document contains more than 200 tokens. Parsing aborted."),
        ("{ ...Nope }", "Unknown fragment 'Nope'."),
        ("{ ...F } fragment F on Query { ...F }", "Cannot spread fragment 'F' within itself."),
    ],
)
def test_refused(schema: GatewaySchema, profile_store: Watched, query: str, message: str) -> None:
    data, errors = execute(schema, profile_store, query)
    assert data is None
    assert message in errors


def test_nested_fragments_are_measured_once_each(profile_store: Watched) -> None:
    """Visited once for each use, this one would take 2^70 steps."""
    schema = build_schema(SDL, limits=Limits())
    _, errors = execute(schema, profile_store, doubling(70))
    assert f"the query has {2**70} aliases; 30 are allowed" in errors


def test_nesting_that_the_parser_does_not_follow(profile_store: Watched) -> None:
    schema = build_schema(SDL, limits=Limits(tokens=100_000))
    _, errors = execute(schema, profile_store, "{ a " * 20_000 + "}" * 20_000)
    assert errors == ["Syntax Error: Document is nested too deeply. Parsing aborted."]


def test_nesting_beyond_the_stack(profile_store: Watched) -> None:
    inner = (f"fragment F{i} on A {'{ a ' * 150} {{ n ...F{i + 1} }} {'}' * 150}" for i in range(10))
    query = "\n".join(["{ a { ...F0 } }", *inner, "fragment F10 on A { n }"])
    assert execute(build_schema(SDL, limits=Limits(tokens=100_000)), profile_store, query) == (
        None,
        ["Validation aborted."],
    )


def test_default_limits_allow_introspection(profile_store: Watched) -> None:
    data, errors = execute(build_schema(SDL), profile_store, get_introspection_query(input_value_deprecation=True))
    assert not errors
    assert data["__schema"]["queryType"]["name"] == "Query"


ITEM = "type Item { id: Long! name: String! }"
COSTLY = build_schema(
    ITEM
    + """
    type Query {
        user(userId: Long!): User
        similar(id: Long!, limit: Int, ids: [Long!]): [Similar!] @rest(url: "http://similar")
    }
    type User {
        count: Long @topic(name: "counts", keyArgument: "userId")
        charts: Charts @topic(name: "topartists", keyArgument: "userId")
    }
    type Charts { topK: [Entry!]! }
    type Entry { id: Long! artist: Item @topic(name: "artists", keyField: "id") }
    type Similar { id: Long artist: Item @topic(name: "artists", keyField: "id") self: [Similar!] }
    """,
    limits=Limits(cost=12, tokens=5000),
)
NAMES = "charts { topK { artist { name } } }"
FRAGMENT = f"fragment F on User {{ {NAMES} }}"


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        (f"{{ user(userId: 1) {{ count {NAMES} }} }}", 12),
        (f"{{ user(userId: 1) {{ count {NAMES} b: count }} }}", 13),
        (f"{{ user(userId: 1) {{ ...F }} b: user(userId: 1) {{ ...F }} }} {FRAGMENT}", 22),
        (f"{{ user(userId: 1) {{ ... {{ ... on User {{ ...F }} }} ...F }} }} {FRAGMENT}", 22),
        ("{ similar(id: 1) { id } }", 1),
        ("{ similar(id: 1) { artist { name } } }", 11),
        ("{ similar(id: 1, limit: 11) { artist { name } } }", 12),
        ("{ similar(id: 1, limit: 12) { artist { name } } }", 13),
        ("{ similar(id: 1, limit: -1) { artist { name } } }", 1),
        ("{ similar(id: 1, ids: [1, 2]) { artist { name } } }", 3),
        ("{ similar(id: 1) { self { artist { name } } } }", 101),
        (f"{{ similar(id: 1, limit: {'9' * 1000}) {{ artist {{ name }} }} }}", 10**18),
        ("{ nothing { artist { name } } }", 0),
    ],
)
def test_cost(profile_store: Watched, query: str, cost: int) -> None:
    _, errors = execute(COSTLY, profile_store, query)
    refused = [error for error in errors if "keys" in error]
    assert refused == ([f"the query could read {cost} keys or more; 12 are allowed"] if cost > 12 else [])
    assert bool(profile_store.reads) == ("user" in query and cost <= 12)


def test_keys_that_the_text_does_not_tell_count_when_they_are_read(profile_store: Watched) -> None:
    sdl = ITEM + 'type Query { artists(ids: [Long!]!): [Item]! @topic(name: "artists", keyArgument: "ids") }'
    limits = Limits(cost=12)
    app = "query ($ids: [Long!]!) { artists(ids: $ids) { id } }"
    schema = build_schema(sdl, limits=limits)
    data, errors = execute(schema, profile_store, app, {"ids": [*range(12), 0, 1]}, limits=limits)
    assert (len(data["artists"]), errors) == (14, [])
    profile_store.forget()
    data, errors = execute(schema, profile_store, app, {"ids": [*range(13)]}, limits=limits)
    assert (data, errors) == (None, ["the query reads 13 keys or more; 12 are allowed"])
    assert profile_store.reads == []


def test_the_cost_of_a_profile_is_what_it_reads(profile_store: Watched) -> None:
    for cost, allowed in ((36, True), (35, False)):
        schema = load_schema(DEFAULT_SCHEMA, Limits(cost=cost))
        data, errors = execute(schema, profile_store, FULL, {"userId": USER})
        assert (data is not None, not errors) == (allowed, allowed)
    assert sum(map(len, profile_store.reads)) == 36
