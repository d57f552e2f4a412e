"""Points in time and days: to the client as text, to the store in seconds."""

import asyncio
import calendar
import time
from typing import Any

import pytest
from fastapi import FastAPI
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from serving.gateway.context import Context
from serving.gateway.errors import SchemaError
from serving.gateway.schema import build_schema
from serving.gateway.services.transport import Services
from serving.gateway.times import TIMES
from serving.gateway.topics.server_topics import Topics
from store import Store
from store.histories.event_set import unite
from store.profiles import union
from tests.oracle import Event
from tests.serving.clients import Watched, execute
from tests.store.profiles.samples import columns

FIRST, LAST = -62135596800, 253402300799
"""The first second of the year 1, and the last one of the year 9999."""

TIME, DAY = TIMES["DateTime"], TIMES["Date"]


@given(st.integers(FIRST, LAST))
def test_seconds_are_written_and_read_as_the_c_library_does(seconds: int) -> None:
    parts = time.gmtime(seconds)
    text = f"{parts.tm_year:04}-{parts.tm_mon:02}-{parts.tm_mday:02}"
    assert DAY.text(seconds) == text
    assert DAY.parse(text) == calendar.timegm((*parts[:3], 0, 0, 0))
    text += f"T{parts.tm_hour:02}:{parts.tm_min:02}:{parts.tm_sec:02}Z"
    assert TIME.text(seconds) == text
    assert TIME.parse(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2011-03-13T07:06:40Z", 1_300_000_000),
        ("2011-03-13T08:06:40+01:00", 1_300_000_000),
        ("2011-03-12T23:06:40.000-08:00", 1_300_000_000),
        ("2011-03-13t07:06:40z", 1_300_000_000),
    ],
)
def test_zones(text: str, seconds: int) -> None:
    assert TIME.parse(text) == seconds


WRONG: list[Any] = [5, 1.5, True, None, "", "now", "2011-03-13T07:06:40", "2011-03-13 07:06:40Z", "20110313T070640Z"]
WRONG += ["2011-02-29T00:00:00Z", "2011-03-13T25:00:00Z", "2011-03-13T07:06:40.5Z", "2011-W10-7", "2011-03-13"]
WRONG += ["٢011-03-13T07:06:40Z"]
DAYS = ["2011-02-29", "2011-W10-7", "20110313", "2011-3-13", "0000-01-01", "2011-03-13T00:00:00Z"]


@pytest.mark.parametrize("value", WRONG)
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(GraphQLError, match="DateTime cannot represent .* is wanted, as 2011-03-13T07:06:40Z"):
        TIME.parse(value)


@pytest.mark.parametrize("value", DAYS)
def test_what_is_no_day_is_refused(value: str) -> None:
    with pytest.raises(GraphQLError, match="Date cannot represent .* is wanted, as 2011-03-13"):
        DAY.parse(value)


@pytest.mark.parametrize("value", [FIRST - 1, LAST + 1, 2**63, 1e300, 0.5, True, "x", [1]])
def test_what_is_no_time_is_not_told_as_one(value: Any) -> None:
    with pytest.raises(GraphQLError, match="DateTime cannot represent"):
        TIME.text(value)


SCHEMA = build_schema("""
type Query {
    user(userId: Long!, from: DateTime, to: Date): User
    told(at: DateTime!): Told @rest(url: "http://s/told?at={at}")
}
type User {
    last: DateTime @topic(name: "lastlisten", keyArgument: "userId")
    lastDay: Date @topic(name: "lastlisten", keyArgument: "userId")
    days: [Day!] @topic(name: "playsperday", keyArgument: "userId", rangeFrom: "from", rangeTo: "to")
}
type Day { start: Date! countPlays: Long! }
type Told { seconds: DateTime text: DateTime day: Date at: Long }
type Mutation { listen(userId: Long!, event: New!): Listen @topic(name: "listeningevents") }
input New { artistId: Long! albumId: Long! trackId: Long! timestamp: DateTime! }
type Listen { timestamp: DateTime! }
""")


def test_topics_and_their_ranges(store: Store) -> None:
    times = (1_300_000_000, 1_300_100_000, 1_400_000_000)
    union.write(store, unite(columns([Event(5, 1, 2, 3, time) for time in times])))
    store.set_setting("contents", "whole")
    query = """{ user(userId: 5, from: "2011-03-14T00:00:00Z", to: "2012-01-01") {
        last lastDay days { start countPlays } } }"""
    days = [{"start": "2011-03-14", "countPlays": 1}]
    told = {"last": "2014-05-13T16:53:20Z", "lastDay": "2014-05-13", "days": days}
    assert execute(SCHEMA, store, query) == ({"user": told}, [])
    query = """mutation ($at: DateTime!) {
        listen(userId: 6, event: {artistId: 1, albumId: 2, trackId: 3, timestamp: $at}) { timestamp } }"""
    assert execute(SCHEMA, store, query, {"at": "2012-01-01T01:00:00+01:00"}) == (
        {"listen": {"timestamp": "2012-01-01T00:00:00Z"}},
        [],
    )
    assert execute(SCHEMA, store, "{ user(userId: 6) { last } }") == ({"user": {"last": "2012-01-01T00:00:00Z"}}, [])


def test_services_and_mistakes(profile_store: Watched) -> None:
    service = FastAPI()

    @service.get("/told")
    async def told(at: int) -> Any:
        return {"seconds": 0, "text": "2011-03-13T08:06:40+01:00", "day": 86400.0, "at": at}

    query = '{ told(at: "1970-01-01T00:01:00Z") { seconds text day at } }'
    found = {"seconds": "1970-01-01T00:00:00Z", "text": "2011-03-13T07:06:40Z", "day": "1970-01-02", "at": 60}
    assert execute(SCHEMA, profile_store, query, services={"s": service}) == ({"told": found}, [])
    data, errors = execute(SCHEMA, profile_store, '{ told(at: "yesterday") { at } }', services={"s": service})
    assert data is None
    assert "DateTime cannot represent 'yesterday'" in errors[0]


def test_a_time_is_no_key_and_no_name() -> None:
    with pytest.raises(SchemaError, match="keyArgument 'at' is DateTime: make it Long"):
        build_schema('type Query { f(at: DateTime): Long @topic(name: "counts", keyArgument: "at") }')
    with pytest.raises(SchemaError, match="A.name: is Date, but a string"):
        build_schema(
            'type Query { f(id: Long): A @topic(name: "artists", keyArgument: "id") } type A { id: Long! name: Date }'
        )


def test_a_plan_tells_times_too(profile_store: Watched) -> None:
    async def run() -> Any:
        topics = Topics(profile_store)
        found = await SCHEMA.prepared.answer("{ user(userId: 5) { last } }", None, {}, Context(topics, Services()))
        topics.close()
        return found

    planned = asyncio.run(run())
    assert planned
    assert execute(SCHEMA, profile_store, "{ user(userId: 5) { last } __schema { queryType { name } } }") == (
        {**planned, "__schema": {"queryType": {"name": "Query"}}},
        [],
    )
