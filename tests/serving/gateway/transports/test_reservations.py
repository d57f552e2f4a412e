"""Event streams of many operations on one connection; in tests/serving/test_clients.py graphql-sse drives them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from serving.gateway.transports.reservations import HEADER
from tests.serving.clients import Watched, request
from tests.serving.processes import SECONDS, started

QUERY = {"query": "{ __typename }", "extensions": {"operationId": "1"}}
UPDATES = {"query": "subscription { listeningEventUpdate { timestamp } }", "extensions": {"operationId": "2"}}


@pytest.mark.parametrize(
    ("method", "options"),
    [("GET", {}), ("POST", {"json": QUERY}), ("DELETE", {"params": {"operationId": "1"}})],
)
def test_a_token_that_nobody_was_given(app: FastAPI, method: str, options: dict[str, Any]) -> None:
    response = request(app, method, "/graphql", headers={HEADER: "x"}, **options)
    assert (response.status_code, response.json()["errors"][0]["extensions"]) == (404, {"code": "BAD_REQUEST"})


def test_operations_begin_and_end_on_a_stream(profile_store: Watched) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        reserved = await client.put("/graphql")
        assert (reserved.status_code, reserved.headers["content-type"]) == (201, "text/plain; charset=utf-8")
        headers = {HEADER: reserved.text}
        async with client.stream("GET", "/graphql", headers={**headers, "accept": "text/event-stream"}) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            events = _events(stream.aiter_lines())
            for wrong, status in (({"query": "{ __typename }"}, 400), (QUERY, 202), (UPDATES, 202), (UPDATES, 409)):
                assert (await client.post("/graphql", json=wrong, headers=headers)).status_code == status
            assert (await client.get("/graphql", headers=headers)).status_code == 409
            assert await events() == ("next", {"id": "1", "payload": {"data": {"__typename": "Query"}}})
            assert await events() == ("complete", {"id": "1"})
            for _ in range(2):
                ended = await client.delete("/graphql", params={"operationId": "2"}, headers=headers)
                assert ended.status_code == 200
            broken = {"query": "{", "extensions": {"operationId": "2"}}
            assert (await client.post("/graphql", json=broken, headers=headers)).status_code == 202
            kind, told = await events()
            assert (kind, told["id"]) == ("next", "2")
            assert told["payload"]["errors"][0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}

    async def run(address: str) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=SECONDS) as client:
            await talk(client)

    with started("serving", "--store", profile_store.url) as (_, address):
        asyncio.run(run(address))


def _events(lines: AsyncIterator[str]) -> Callable[[], Awaitable[tuple[str, dict[str, Any]]]]:
    async def take() -> tuple[str, dict[str, Any]]:
        kind = ""
        async for line in lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return kind, json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream has ended")

    return take
