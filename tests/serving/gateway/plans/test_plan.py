"""Plans answer what the ordinary executor answers, in no more reads."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from graphql import GraphQLField, GraphQLObjectType, get_named_type
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import DEFAULT_SCHEMA
from serving.gateway.context import Context
from serving.gateway.plans.prepared import Prepared
from serving.gateway.schema import GatewaySchema, build_schema, load_schema
from serving.gateway.services.transport import Services
from serving.gateway.topics.server_topics import Topics
from store import Store, open_store, values
from store.histories.event_set import unite
from store.profiles import union
from store.values import Address
from tests.oracle import Event
from tests.serving.clients import UNREACHABLE, Watched
from tests.serving.listeners import FULL, USER
from tests.store.profiles.samples import columns, random_events

SDL = """
type Query {
    user(userId: Long, from: Long): User
    sure(userId: Long!, from: Long): Sure!
    artist(id: Long): Item @topic(name: "artists", keyArgument: "id")
    artists(ids: [Long]): [Item] @topic(name: "artists", keyArgument: "ids")
    named(ids: [Long!]! = [1, 2]): [Item!]! @topic(name: "artists", keyArgument: "ids")
    counts(ids: [Long!] = [5, 6]): [Long!] @topic(name: "counts", keyArgument: "ids")
    all(limit: Int = 3, after: Long): [Item!]! @topic(name: "artists")
    played(kind: Kind! = GOOD, n: Int): Played @rest(url: "http://s/played")
    several(n: Int): [Played!] @rest(url: "http://s/several")
}
enum Kind { GOOD BAD ODD }
type User {
    userId: Long
    count: Long! @topic(name: "counts", keyArgument: "userId")
    first: Long @topic(name: "firstlisten", keyArgument: "userId")
    charts: Charts! @topic(name: "topartists", keyArgument: "userId")
    days(from: Long, to: Long): [Day!]! @topic(name: "playsperday", keyArgument: "userId", rangeFrom: "from", rangeTo: "to")
    events(to: Long): [Event!] @topic(name: "listeningevents", keyArgument: "userId", rangeFrom: "from", rangeTo: "to")
    inner: Inner
    played(n: Int): Played @rest(url: "http://s/played")
}
type Sure { userId: Long! inner: Inner! user: User }
type Inner { count: Long @topic(name: "counts", keyArgument: "userId") other(userId: Long = 6): Long @topic(name: "counts", keyArgument: "userId") }
type Charts { topK: [Count!]! }
type Count { id: Long! countPlays: Long! artist: Item! @topic(name: "artists", keyField: "id") listener(userId: Long): Long @topic(name: "counts", keyArgument: "userId") }
type Day { start: Long! countPlays: Long! }
type Event { timestamp: Long! artistId: Long! artist: Item @topic(name: "artists", keyField: "artistId") user: Long! @topic(name: "counts", keyField: "userId") userId: Long! }
type Item { id: Long! name: String! }
type Played { id: Long name: String kind: Kind share: Float yes: Boolean! ids: [Long!] item: Item @topic(name: "artists", keyField: "id") items: [Item] @topic(name: "artists", keyField: "ids") more: [Played] }
"""  # noqa: E501

SERVICE = FastAPI()


@SERVICE.get("/{rest:path}")
async def answer(rest: str, n: int = 0) -> Any:
    good = {"id": 1, "name": "x", "kind": "GOOD", "share": 1.5, "yes": True, "ids": [1, 99], "more": [None]}
    odd = {"id": None, "name": None, "kind": None, "share": 2, "yes": n < 3, "ids": None, "more": [good]}
    if rest.startswith("several"):
        return [good, {**odd, "yes": None if n > 4 else True}]
    return odd if rest.endswith("ODD") else good


@pytest.fixture(scope="module")
def schema() -> GatewaySchema:
    return build_schema(SDL)


def fill(store: Store) -> None:
    events = [Event(5, e.artist + 1, e.album, e.track, e.time) for e in random_events(1, 40, users=1)]
    union.write(store, unite(columns([*events, Event(6, 1, 2, 3, 4)])))
    for key in range(1, 12):
        values.write(store, Address("artists", key), {"id": key, "name": f"artist {key}"})


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A store with two users and some names."""
    store = open_store(f"lmdb:{tmp_path_factory.mktemp('history')}", create=True)
    fill(store)
    yield Watched(store)
    store.close()


LONGS = st.sampled_from(["5", "6", "7", "-1", "1", "null", "$long", "1300000000"])
VALUES = {
    "Long": LONGS,
    "Int": st.sampled_from(["0", "2", "5", "null", "$int"]),
    "Kind": st.sampled_from(["GOOD", "ODD", "$kind"]),
}
VARIABLES = (
    "($long: Long, $int: Int, $kind: Kind = GOOD, $some: [Long!] = [2], $on: Boolean! = true, $off: Boolean! = false)"
)
DIRECTIVES = st.sampled_from(
    [""] * 8 + ["@include(if: $on)", "@skip(if: $off)", "@skip(if: true)", "@include(if: $off)"]
)


@st.composite
def arguments(draw: Any, field: GraphQLField) -> str:
    given = []
    for name, argument in field.args.items():
        kind = str(argument.type)
        required = kind.endswith("!") and argument.default_value is None
        if not required and draw(st.booleans()):
            continue
        value = draw(VALUES[str(get_named_type(argument.type))])
        if "[" in kind:
            value = draw(st.sampled_from(["[]", "[5, 1, 99]", "[6]", "$some"]))
        elif kind.endswith("!") and value in ("null", "$long", "$int", "$kind"):
            value = "5" if "Long" in kind else "GOOD"
        given.append(f"{name}: {value}")
    return f"({', '.join(given)})" if given else ""


@st.composite
def selection(draw: Any, owner: GraphQLObjectType, depth: int) -> str:
    """A selection of fields of a type, with aliases, directives and inline fragments."""
    names = list(owner.fields) if depth else [n for n, f in owner.fields.items() if not _is_object(f)]
    parts = []
    for number in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from([*names, "__typename"] if names else ["__typename"]))
        alias = f"a{depth}x{number}: "
        if name == "__typename":
            parts.append(f"{alias}__typename")
            continue
        field = owner.fields[name]
        below = draw(selection(get_named_type(field.type), depth - 1)) if _is_object(field) else ""
        part = f"{alias}{name}{draw(arguments(field))} {draw(DIRECTIVES)} {below}"
        wrap = draw(
            st.sampled_from(["%s", "%s", "%s", "... { %s }", f"... on {owner.name} @include(if: $on) {{ %s }}"])
        )
        parts.append(wrap % part)
    return "{ __typename " + " ".join(parts) + " }"


def _is_object(field: GraphQLField) -> bool:
    return isinstance(get_named_type(field.type), GraphQLObjectType)


class Answers:
    """The answers of a schema, with plans and without."""

    def __init__(self, schema: GatewaySchema, store: Watched) -> None:
        self.schema, self.store, self.planned = schema, store, 0

    def both(self, query: str, variables: dict[str, Any]) -> tuple[Any, Any]:
        with_plan = asyncio.run(self._answer(query, variables, plans=True))
        without = asyncio.run(self._answer(query, variables, plans=False))
        return with_plan, without

    async def _answer(self, query: str, variables: dict[str, Any], *, plans: bool) -> Any:
        shared = Topics(self.store)
        context = Context(shared, Services({"s": SERVICE}))
        if plans:
            found = await self.schema.prepared.answer(query, None, variables, context)
            self.planned += found is not None
        result = await (self.schema.execute if plans else super(GatewaySchema, self.schema).execute)(
            query, variables, context
        )
        shared.close()
        messages = sorted((error.message, error.path) for error in result.errors or ())
        return result.data, [*map(str, messages)]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_plans_answer_as_the_executor_does(schema: GatewaySchema, history: Watched, data: st.DataObject) -> None:
    query_type = schema._schema.query_type
    assert query_type
    query = f"query Q{VARIABLES} {data.draw(selection(query_type, 3))}"
    variables = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "long": st.sampled_from([5, 6, 7, None]),
                "kind": st.sampled_from(["ODD", None]),
                "on": st.booleans(),
                "some": st.sampled_from([[1, 99], [], None]),
                "int": st.just(5),
            },
        )
    )
    with_plan, without = Answers(schema, history).both(query, variables)
    assert with_plan == without


GOOD = [
    "{ user(userId: 5) { userId count first charts { topK { id countPlays artist { name } } } } }",
    "{ user(userId: 5, from: 0) { days(to: 5000000000) { start } events { timestamp artist { id name } user } } }",
    "{ user(userId: 77) { count charts { topK { id } } days { start } } }",
    "{ user { userId } a: user(userId: -4) { count } }",
    "{ sure(userId: 5) { inner { count other x: other(userId: 5) } user { inner { count } __typename } } }",
    "{ artists(ids: [3, null, 99]) { name } named { name } counts all { id } b: all(after: 4, limit: 2) { id } }",
    "{ played { id name kind share yes ids item { name } items { name } more { id } } several { name } }",
    "query ($u: Long!) { user(userId: $u) { ...A } } fragment A on User { count charts { topK { ...B } } } "
    "fragment B on Count { id artist { name } }",
    "query ($on: Boolean!) { user(userId: 5) { count @include(if: $on) first @skip(if: $on) } }",
    "{ user(userId: 5) { charts { topK { id } } charts { topK { countPlays } } } }",
]


@pytest.mark.parametrize("query", GOOD)
@pytest.mark.parametrize("on", [True, False])
def test_the_good_case_goes_by_a_plan(schema: GatewaySchema, history: Watched, query: str, on: bool) -> None:
    answers = Answers(schema, history)
    with_plan, without = answers.both(query, {"u": 5, "on": on})
    assert with_plan == without
    assert not with_plan[1]
    assert answers.planned == 1


UNPLANNED = [
    "{ __schema { queryType { name } } }",
    "{ counts(ids: [77]) }",
    "{ all(limit: -1) { id } }",
    "{ several(n: 5) { yes } }",
    "query ($u: Long!) { user(userId: $u) { count } }",
    "{ nothing }",
    "{",
    "query A { counts } query B { counts }",
]


@pytest.mark.parametrize("query", UNPLANNED)
def test_all_else_goes_to_the_executor(schema: GatewaySchema, history: Watched, query: str) -> None:
    async def run() -> Any:
        shared = Topics(history)
        context = Context(shared, Services({"s": SERVICE}))
        found = await schema.prepared.answer(query, None, {}, context)
        shared.close()
        return found

    assert asyncio.run(run()) is None


@pytest.mark.parametrize(("failure", "logged"), [(UNREACHABLE, False), (ZeroDivisionError("odd"), True)])
def test_a_failure_that_nobody_expects_is_logged(
    profile_store: Watched, caplog: pytest.LogCaptureFixture, failure: Exception, logged: bool
) -> None:
    async def run() -> Any:
        shared = Topics(profile_store)
        found = await load_schema(DEFAULT_SCHEMA).prepared.answer(
            FULL, None, {"userId": USER}, Context(shared, Services())
        )
        shared.close()
        return found

    profile_store.failure = failure
    assert asyncio.run(run()) is None
    assert ("ZeroDivisionError: odd" in caplog.text) == logged
    assert bool(caplog.records) == logged


DEEP = """{ a: user(userId: 5) { charts { topK { artist { name } listener(userId: 6) } }
    days(from: 0) { start } events { artist { name } } inner { count other } } b: sure(userId: 6) {
    inner { count } user { charts { topK { artist { name } } } } } c: artists(ids: [3, 4]) { name } all { name } }"""


def test_two_reads_however_nested_over_both_homes(schema: GatewaySchema, store: Store) -> None:
    fill(store)
    watched = Watched(store)
    (data, errors), _ = Answers(schema, watched).both(DEEP.replace("listener(userId: 6)", "id"), {})
    assert not errors
    assert data["a"]["charts"]["topK"][0]["artist"]
    asked = Watched(store)

    async def run() -> None:
        shared = Topics(asked)
        await schema.prepared.answer(DEEP.replace("listener(userId: 6)", "id"), None, {}, Context(shared, Services()))
        shared.close()

    asyncio.run(run())
    assert len(asked.reads) == 2


def test_names_are_read_once_and_texts_are_prepared_once(
    profile_store: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    prepare = Prepared._prepare

    def counting(self: Prepared, text: str, name: str | None) -> Any:
        prepared.append(text)
        return prepare(self, text, name)

    monkeypatch.setattr(Prepared, "_prepare", counting)
    default = load_schema(DEFAULT_SCHEMA)

    async def run() -> None:
        shared = Topics(profile_store)
        for _ in range(3):
            await default.execute(FULL, {"userId": USER}, Context(shared, Services()))
        shared.close()

    asyncio.run(run())
    assert [len(keys) for keys in profile_store.reads] == [6, 30, 6, 6]
    assert prepared == [FULL]
