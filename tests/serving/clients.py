"""Stores and clients for tests of the server."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import httpx
from fastapi import FastAPI

from serving.gateway.context import Context
from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import GatewaySchema
from serving.gateway.services.transport import Service, Services
from serving.gateway.topics.server_topics import Topics
from store import Amend, Cell, CellKey, CellRange, Change, Row, Store, StoreError


class Watched(Store):
    """A store that notes what each `read` asks for and its thread, and fails if it is told to."""

    def __init__(self, inner: Store) -> None:
        self.url = inner.url
        self.inner = inner
        self.reads: list[Sequence[CellKey | CellRange]] = []
        self.threads: set[int] = set()
        self.failure: Exception | None = None

    def forget(self) -> None:
        """Notes from here on."""
        self.reads.clear()
        self.threads.clear()

    def read(
        self, cells: Sequence[CellKey], ranges: Sequence[CellRange] = ()
    ) -> tuple[list[bytes | None], list[list[Cell]]]:
        self.reads.append([*cells, *ranges])
        self.threads.add(threading.get_ident())
        if self.failure:
            raise self.failure
        return self.inner.read(cells, ranges)

    def rows(self, table: str, keys: Sequence[bytes], families: Sequence[str] | None = None) -> dict[bytes, Row]:
        return self.inner.rows(table, keys, families)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, families: Sequence[str] | None = None
    ) -> Iterator[tuple[bytes, Row]]:
        return self.inner.scan(table, start, stop, families)

    def write(self, table: str, rows: Iterable[tuple[bytes, Row]]) -> None:
        self.inner.write(table, rows)

    def update(self, table: str, keys: Sequence[bytes], change: Change) -> None:
        self.inner.update(table, keys, change)

    def amend(self, table: str, keys: Sequence[bytes], change: Amend) -> None:
        self.inner.amend(table, keys, change)

    def setting(self, name: str) -> str | None:
        if self.failure:
            raise self.failure
        return self.inner.setting(name)

    def add_families(self, names: Iterable[str]) -> None:
        self.inner.add_families(names)

    def delete(self, table: str, key: bytes) -> None:
        self.inner.delete(table, key)

    def clear(self, table: str) -> None:
        self.inner.clear(table)

    def close(self) -> None:
        self.inner.close()


SECONDS = 60
"""Until a subscription that tells nothing fails a test."""

SECRET = "grpc://10.0.0.1/secret-instance"
UNREACHABLE = StoreError(f"store {SECRET} cannot be reached")


def execute(
    schema: GatewaySchema,
    store: Store,
    query: str,
    variables: Mapping[str, Any] | None = None,
    services: Mapping[str, Service] | None = None,
    limits: Limits | None = None,
) -> tuple[Any, list[str]]:
    """The data and the error messages that a schema answers."""
    topics = Topics(store, limits=limits)
    result = asyncio.run(schema.execute(query, dict(variables or {}), Context(topics, Services(services, limits))))
    topics.close()
    return result.data, [error.message for error in result.errors or ()]


def request(app: FastAPI, method: str, url: str, **options: Any) -> httpx.Response:
    """One request to an application."""
    (response,) = requests(app, [lambda client: client.request(method, url, **options)])
    return response


def requests(app: FastAPI, calls: Sequence[Callable[[httpx.AsyncClient], Any]]) -> list[httpx.Response]:
    """Requests to an application, all at the same time."""

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return list(await asyncio.gather(*(call(client) for call in calls)))

    return asyncio.run(run())


def ask(app: FastAPI, query: str, variables: Mapping[str, Any] | None = None) -> Any:
    """The body of the answer to a query, sent by POST."""
    response = request(app, "POST", "/graphql", json={"query": query, "variables": variables})
    assert response.status_code == 200
    return response.json()


async def subscribed(
    store: Store, schema: GatewaySchema, query: str, act: Callable[[Topics], Any], wanted: int
) -> list[Any]:
    """The first results of a subscription in this process; `act` is called again and again, until they are there."""
    shared = Topics(store)
    results = await schema.stream(query, context_value=Context(shared, Services()))
    found: list[Any] = []

    async def collect() -> None:
        async for result in results:
            found.append(result)
            if len(found) == wanted:
                return

    collecting = asyncio.create_task(collect())
    deadline = time.monotonic() + SECONDS
    while not collecting.done():
        assert time.monotonic() < deadline
        await asyncio.to_thread(act, shared)
        await asyncio.wait([collecting], timeout=0.3)
    await collecting
    await results.aclose()
    assert shared.feed.subscribers == 0
    shared.close()
    return found
