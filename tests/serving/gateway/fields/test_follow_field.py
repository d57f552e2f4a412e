"""Subscriptions of a running server, over WebSocket and as server-sent events, while another process writes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from schemas import DEFAULT_SCHEMA
from serving.gateway.schema import build_schema, load_schema
from serving.gateway.topics import change_feed
from serving.gateway.topics.server_topics import Topics
from store import Store, values
from store.histories.event_set import unite
from store.profiles import union
from store.values import Address
from tests import oracle
from tests.oracle import Event
from tests.serving.clients import SECRET, UNREACHABLE, Watched, subscribed
from tests.serving.processes import started
from tests.store.profiles.samples import columns

SECONDS = 60
EVENTS = "subscription ($userId: Long) { listeningEventUpdate(userId: $userId) { userId timestamp artist { name } } }"
COUNTS = "subscription ($userId: Long!) { totalListenCountUpdate(userId: $userId) }"


def write(store: Store, *events: Event) -> None:
    union.write(store, unite(columns([*events])))


def event(user: int, number: int) -> Event:
    return Event(user, 5, 6, 7, 1_000_000_000 + number)


def early(user: int, number: int) -> Event:
    return event(user, number - 10_000)


def told(*events: Event) -> list[Any]:
    return [
        {"listeningEventUpdate": {"userId": e.user, "timestamp": e.time, "artist": {"name": "Motörhead"}}}
        for e in events
    ]


@pytest.fixture
def running(store: Store) -> Iterator[str]:
    """HOST:PORT of a server over a store with one name."""
    store.set_setting("contents", "whole")
    values.write(store, Address("artists", 5), {"id": 5, "name": "Motörhead"})
    with started("serving", "--open", "--store", store.url) as (_, address):
        yield address.removeprefix("http://")


@asynccontextmanager
async def socket(address: str) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://{address}/graphql", subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]
        await send(connection, type="connection_init")
        assert await receive(connection) == {"type": "connection_ack"}
        yield connection


async def send(connection: ClientConnection, **message: Any) -> None:
    await connection.send(json.dumps(message))


async def receive(connection: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(connection.recv(), SECONDS))


async def subscribe(connection: ClientConnection, name: str, query: str, **variables: Any) -> None:
    await send(connection, id=name, type="subscribe", payload={"query": query, "variables": variables})


async def until_followed(store: Store, connection: ClientConnection, name: str, user: int) -> None:
    """Writes events of a user until a subscriber hears of one: then it is there, and has heard of all."""
    heard = asyncio.create_task(receive(connection))
    deadline, number = time.monotonic() + SECONDS, 0
    while not heard.done():
        assert time.monotonic() < deadline
        number += 1
        await asyncio.to_thread(write, store, early(user, number))
        await asyncio.wait([heard], timeout=0.5)
    message = await heard
    while message["payload"]["data"]["listeningEventUpdate"]["timestamp"] != early(user, number).time:
        message = await receive(connection)
        assert message["id"] == name


def test_two_subscribers_with_different_keys_and_one_of_all(running: str, store: Store) -> None:
    async def run() -> None:
        async with socket(running) as first, socket(running) as second:
            await subscribe(first, "one", EVENTS, userId=1)
            await until_followed(store, first, "one", 1)
            await subscribe(second, "two", EVENTS, userId=2)
            await until_followed(store, second, "two", 2)
            await subscribe(first, "all", EVENTS)
            await until_followed(store, first, "all", 3)
            events = [event(1, 1), event(2, 2), event(3, 3), event(1, 4)]
            for one in events:
                await asyncio.to_thread(write, store, one)
            got: dict[str, list[Any]] = {"one": [], "all": [], "two": []}
            for connection, expected in ((first, 6), (second, 1)):
                for _ in range(expected):
                    message = await receive(connection)
                    assert message["type"] == "next"
                    got[message["id"]].append(message["payload"]["data"])
            assert got == {"one": told(events[0], events[3]), "two": told(events[1]), "all": told(*events)}

    asyncio.run(run())


def test_what_a_client_sends_is_told_to_others_and_unsubscribing_ends_it(running: str, store: Store) -> None:
    mutation = """mutation { sendListeningEvent(
        userId: 1, event: { artistId: 5, albumId: 6, trackId: 7, timestamp: 1000000001 }) { timestamp } }"""

    async def run() -> None:
        async with socket(running) as connection, httpx.AsyncClient(base_url=f"http://{running}") as client:
            await subscribe(connection, "one", EVENTS, userId=1)
            await until_followed(store, connection, "one", 1)
            answer = await client.post("/graphql", json={"query": mutation})
            assert answer.json() == {"data": {"sendListeningEvent": {"timestamp": 1_000_000_001}}}
            assert (await receive(connection))["payload"] == {"data": told(event(1, 1))[0]}
            await send(connection, id="one", type="complete")
            await subscribe(connection, "other", EVENTS, userId=2)
            await until_followed(store, connection, "other", 2)
            await asyncio.to_thread(write, store, event(1, 2))
            await asyncio.to_thread(write, store, event(2, 3))
            assert (await receive(connection))["id"] == "other"

    asyncio.run(run())


def test_a_query_over_a_socket_reads_the_present(running: str, store: Store) -> None:
    query = "query ($userId: Long!) { getUserProfile(userId: $userId) { totalListenCount } }"

    async def run() -> None:
        async with socket(running) as connection:
            for number in range(1, 4):
                await asyncio.to_thread(write, store, event(1, number))
                await subscribe(connection, "q", query, userId=1)
                answer = await receive(connection)
                assert answer["payload"] == {"data": {"getUserProfile": {"totalListenCount": number}}}
                assert await receive(connection) == {"id": "q", "type": "complete"}

    asyncio.run(run())


def test_new_values_as_server_sent_events(running: str, store: Store) -> None:
    async def run() -> None:
        body = {"query": COUNTS, "variables": {"userId": 1}}
        headers = {"accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(base_url=f"http://{running}", timeout=SECONDS) as client,
            client.stream("POST", "/graphql", json=body, headers=headers) as response,
        ):
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            writing = asyncio.create_task(write_some())
            lines = response.aiter_lines()
            counts: list[int] = []
            while counts[-1:] != [5]:
                counts.append(await asyncio.wait_for(next_data(lines), SECONDS))
            assert counts == sorted(counts)
            await writing

    async def write_some() -> None:
        for number in range(1, 6):
            await asyncio.to_thread(write, store, event(2, number), event(1, number))
            await asyncio.sleep(0.5)

    async def next_data(lines: AsyncIterator[str]) -> int:
        found: dict[str, str] = {}
        async for line in lines:
            if line.startswith(("event: ", "data: ")):
                found.update([line.split(": ", 1)])  # type: ignore[list-item]
            if len(found) == 2:
                assert found["event"] == "next"
                return int(json.loads(found["data"])["data"]["totalListenCountUpdate"])
        raise AssertionError

    asyncio.run(run())


SCHEMA = load_schema(DEFAULT_SCHEMA)


def writing(store: Store, user: int) -> Callable[[Topics], None]:
    """Writes another event of a user at each call."""
    numbers = iter(range(10_000))
    return lambda shared: write(store, event(user, next(numbers)))


def test_each_event_reads_its_names_anew(store: Store) -> None:
    query = "subscription { listeningEventUpdate { artist { name } } }"
    numbers = iter(range(10_000))

    def act(shared: Topics) -> None:
        number = next(numbers)
        values.write(store, Address("artists", number), {"id": number, "name": f"artist {number}"})
        write(store, event(1, number)._replace(artist=number))

    found = asyncio.run(subscribed(store, SCHEMA, query, act, 3))
    names = [result.data["listeningEventUpdate"]["artist"]["name"] for result in found]
    assert names == [f"artist {int(names[0].split()[1]) + i}" for i in range(3)]


def test_charts_with_names_are_told_whole(store: Store) -> None:
    schema = build_schema(
        """
        type Query { a(id: Long!): Item @topic(name: "artists", keyArgument: "id") }
        type Subscription { charts: Charts @topic(name: "topartists") }
        type Charts { topK: [Count!]! }
        type Count { id: Long! countPlays: Long! artist: Item! @topic(name: "artists", keyField: "id") }
        type Item { id: Long! name: String! }
        """
    )
    query = "subscription { charts { topK { id countPlays artist { name } } } }"
    (found,) = asyncio.run(subscribed(store, schema, query, writing(store, 1), 1))
    (chart,) = found.data["charts"]["topK"]
    assert (chart["id"], chart["artist"]) == (5, {"name": "[unknown]"})
    assert chart["countPlays"] >= 1


def test_a_subscriber_that_is_too_slow_is_told_and_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_feed, "MOST_WAITING", 3)
    query = "subscription { listeningEventUpdate { timestamp } }"
    users = iter(range(0, 10_000, 10))

    def act(shared: Topics) -> None:
        first = next(users)
        write(store, *(event(user, 1) for user in range(first, first + 4)))

    (found,) = asyncio.run(subscribed(store, SCHEMA, query, act, 1))
    assert [e.message for e in found.errors] == [
        "more than 3 changes wait to be taken: subscribe again, and take them faster"
    ]


def test_an_outage_of_the_store_is_logged_once_and_survived(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Watched):
        def scan(self, *arguments: Any, **options: Any) -> Any:
            if self.failure:
                raise self.failure
            return super().scan(*arguments, **options)

    watched = Failing(store)
    watched.failure = UNREACHABLE
    write_next, calls = writing(store, 1), iter(range(10_000))

    def act(shared: Topics) -> None:
        if next(calls) > 2:
            watched.failure = None
            write_next(shared)

    query = "subscription { listeningEventUpdate { timestamp } }"
    (found,) = asyncio.run(subscribed(watched, SCHEMA, query, act, 1))
    assert not found.errors
    assert [record.message for record in caplog.records] == ["changes cannot be followed at present"]


def test_faults_are_not_told(store: Store) -> None:
    watched = Watched(store)
    write_next = writing(store, 1)

    def act(shared: Topics) -> None:
        watched.failure = UNREACHABLE
        write_next(shared)

    (found,) = asyncio.run(subscribed(watched, SCHEMA, "subscription { totalListenCountUpdate(userId: 1) }", act, 1))
    assert [e.message for e in found.errors] == ["the store is unavailable: try again later"]
    assert SECRET not in str(found)


def test_a_mistake_in_a_subscription() -> None:
    async def run() -> list[Any]:
        results = await SCHEMA.stream("subscription { nothing }", context_value=None)
        return [result async for result in results]

    (result,) = asyncio.run(run())
    assert "Cannot query field 'nothing' on type 'Subscription'" in result.errors[0].message


def test_the_oracle_agrees_with_what_was_counted(store: Store) -> None:
    events: list[Event] = []
    numbers = iter(range(10_000))

    def act(shared: Topics) -> None:
        events.append(event(1, next(numbers)))
        write(store, events[-1])

    query = "subscription { totalListenCountUpdate(userId: 1) }"
    found = asyncio.run(subscribed(store, SCHEMA, query, act, 3))
    counts = [result.data["totalListenCountUpdate"] for result in found]
    assert counts[-1] <= oracle.profiles(events)[1]["counts"]
    assert counts == sorted(counts)
