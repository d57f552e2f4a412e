"""Who may use a WebSocket, of a running server with API keys."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from serving.gateway.executor.resolvers import NOT_WRITING
from tests.serving.key_files import line
from tests.serving.listeners import USER
from tests.serving.processes import started
from tests.serving.test_guard import READ, WRITE

SECONDS = 60
QUERY = {"query": "query ($id: Long!) { getUserProfile(userId: $id) { totalListenCount } }", "variables": {"id": USER}}
MUTATION = {
    "query": "mutation { sendListeningEvent(userId: 1, event: { artistId: 1, albumId: 1, trackId: 1, timestamp: 1 })"
    " { timestamp } }"
}
HASH = {"version": 1, "sha256Hash": "0" * 64}
UPDATES = {"query": "subscription { listeningEventUpdate { timestamp } }"}


@pytest.fixture(scope="module")
def address(profile_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of a server with keys, where a connection may have two subscriptions."""
    keys: Path = tmp_path_factory.mktemp("keys") / "keys.txt"
    keys.write_text(line("reader", READ, "read") + line("writer", WRITE, "read write"))
    with started("serving", "--store", profile_url, "--keys", str(keys), "--max_subscriptions", "2") as (_, url):
        yield url.removeprefix("http://")


def talk(address: str, *messages: dict[str, Any], replies: int, headers: dict[str, str] | None = None) -> list[Any]:
    """What a server says to some messages."""

    async def run() -> list[Any]:
        uri = f"ws://{address}/graphql"
        protocols: Any = ["graphql-transport-ws"]
        async with connect(uri, subprotocols=protocols, additional_headers=headers) as connection:
            for message in messages:
                await connection.send(json.dumps(message))
            return [json.loads(await asyncio.wait_for(connection.recv(), SECONDS)) for _ in range(replies)]

    return asyncio.run(run())


def init(key: str | None) -> dict[str, Any]:
    return {"type": "connection_init", **({} if key is None else {"payload": {"X-API-Key": key}})}


def subscribe(payload: dict[str, Any], name: str = "1") -> dict[str, Any]:
    return {"type": "subscribe", "id": name, "payload": payload}


@pytest.mark.parametrize("key", [READ, WRITE])
def test_a_key_comes_in_the_first_message(address: str, key: str) -> None:
    acknowledged, answer, complete = talk(address, init(key), subscribe(QUERY), replies=3)
    assert acknowledged == {"type": "connection_ack"}
    assert answer["payload"] == {"data": {"getUserProfile": {"totalListenCount": USER}}}
    assert complete == {"type": "complete", "id": "1"}


def test_a_key_in_a_header_is_enough(address: str) -> None:
    replies = talk(address, init(None), subscribe(QUERY), replies=2, headers={"X-API-Key": READ})
    assert replies[1]["payload"] == {"data": {"getUserProfile": {"totalListenCount": USER}}}


@pytest.mark.parametrize("key", [None, "", READ + "r"])
def test_without_a_key_nothing_is_answered(address: str, key: str | None) -> None:
    with pytest.raises(ConnectionClosedError) as closed:
        talk(address, init(key), subscribe(QUERY), replies=1)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4403


def test_nothing_is_answered_before_the_first_message(address: str) -> None:
    with pytest.raises(ConnectionClosedError) as closed:
        talk(address, subscribe(QUERY), replies=1, headers={"X-API-Key": WRITE})
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4401


def test_a_key_for_reading_does_not_write(address: str) -> None:
    _, answer = talk(address, init(READ), subscribe(MUTATION), replies=2)
    assert answer["payload"]["data"] == {"sendListeningEvent": None}
    assert answer["payload"]["errors"][0]["message"] == NOT_WRITING


def test_a_connection_has_a_limit_of_subscriptions(address: str) -> None:
    messages = [init(READ), *(subscribe(UPDATES, str(number)) for number in range(3))]
    _, refused = talk(address, *messages, replies=2)
    (error,) = refused.pop("payload")
    assert refused == {"type": "error", "id": "2"}
    assert error["extensions"] == {"code": "TOO_MANY_REQUESTS"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "subscription {"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription ($u: Long!) { totalListenCountUpdate(userId: $u) }"}, "BAD_USER_INPUT"),
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": "{ __typename }", "extensions": {"persistedQuery": 5}}, "BAD_REQUEST"),
        ({"query": "", "extensions": {"persistedQuery": HASH}}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
)
def test_an_operation_that_cannot_be_executed_ends_with_its_error_and_others_go_on(
    address: str, payload: dict[str, Any], code: str
) -> None:
    _, refused, answer, complete = talk(address, init(READ), subscribe(payload), subscribe(QUERY, "2"), replies=4)
    assert (refused["type"], refused["id"]) == ("error", "1")
    assert refused["payload"][0]["extensions"] == {"code": code}
    assert (answer["payload"]["data"], complete) == (
        {"getUserProfile": {"totalListenCount": USER}},
        {"type": "complete", "id": "2"},
    )


def test_a_message_is_no_longer_than_a_body_may_be(address: str) -> None:
    with pytest.raises(ConnectionClosedError) as closed:
        talk(address, init(READ), subscribe(QUERY | {"ignored": "x" * 100_000}), replies=2)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1009
