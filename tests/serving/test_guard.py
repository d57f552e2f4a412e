import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message
from starlette.websockets import WebSocket

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.clients import Clients
from serving.gateway.limits.request_limits import Limits
from serving.guard import Guard
from serving.keys import Keys
from serving.rights import Access, access_of
from serving.setup import Settings
from tests.serving.clients import Watched, request

READ, WRITE = "r" * 16, "w" * 16
KEYS = Keys({READ: Access.READ, WRITE: Access.WRITE})
QUERY = {"query": "{ getUserProfile(userId: 5) { totalListenCount } }"}
ANSWER = {"data": {"getUserProfile": {"totalListenCount": 5}}}


@pytest.fixture
def guarded(profile_store: Watched) -> FastAPI:
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(keys=KEYS, limits=Limits(body=1000)))
    profile_store.forget()
    return app


@pytest.mark.parametrize("key", [READ, WRITE])
def test_accepted_keys(guarded: FastAPI, key: str) -> None:
    for options in ({"headers": {"x-api-key": key}}, {"auth": ("anybody", key)}):
        response = request(guarded, "POST", "/graphql", json=QUERY, **options)
        assert (response.status_code, response.json()) == (200, ANSWER)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": READ + "r"}, {"x-api-key": ""}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/graphql"), ("GET", "/graphql"), ("GET", "/"), ("GET", "/graphiql/a"), ("GET", "/no")],
)
def test_everything_needs_a_key(guarded: FastAPI, profile_store: Watched, method: str, path: str, headers: Any) -> None:
    response = request(guarded, method, path, headers=headers)
    assert response.status_code == 401
    message = "an API key is needed: send it in the header X-API-Key"
    assert response.json() == {"errors": [{"message": message, "extensions": {"code": "UNAUTHENTICATED"}}]}
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert not profile_store.reads


def test_health_needs_none(guarded: FastAPI) -> None:
    assert request(guarded, "GET", "/health").json() == {"status": "ok"}


def body_of(length: int) -> bytes:
    start = b'{"query": "{ __typename }", "ignored": "'
    return start + b"x" * (length - len(start) - 2) + b'"}'


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100):
        yield body[start : start + 100]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("length", "status"), [(1000, 200), (1001, 413), (100_000, 413)])
def test_length_of_the_body(guarded: FastAPI, length: int, status: int, chunked: bool) -> None:
    content: Any = chunks(body_of(length)) if chunked else body_of(length)
    headers = {"content-type": "application/json", "x-api-key": READ}
    response = request(guarded, "POST", "/graphql", content=content, headers=headers)
    assert response.status_code == status
    if status == 413:
        assert "the body is too long; 1000 bytes are allowed" in response.text


def test_a_length_that_is_not_true_does_not_help(guarded: FastAPI) -> None:
    for said in ("1", "-1", "x", "9" * 5000):
        headers = {"content-type": "application/json", "x-api-key": READ, "content-length": said}
        response = request(guarded, "POST", "/graphql", content=chunks(body_of(1001)), headers=headers)
        assert response.status_code == 413


def connect(app: FastAPI, path: str, key: str = "", **more: str) -> list[Message]:
    """What an application says to a WebSocket."""
    said: list[Message] = []
    headers = [(name.encode(), value.encode()) for name, value in {"x-api-key": key, **more}.items()]
    scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "subprotocols": []}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(app(scope, receive, send))
    return said


def test_websockets_without_a_key_reach_graphql_alone() -> None:
    app = FastAPI()

    @app.websocket("/graphql")
    @app.websocket("/other")
    async def tell(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(str(websocket.state.access and websocket.state.access.schema))

    app.add_middleware(Guard, clients=Clients(KEYS), limits=Limits(body=1))
    accepted: list[Any] = [{"type": "websocket.accept", "subprotocol": None, "headers": []}]
    assert connect(app, "/graphql") == [*accepted, {"type": "websocket.send", "text": "None"}]
    assert connect(app, "/other", WRITE) == [*accepted, {"type": "websocket.send", "text": "True"}]
    assert connect(app, "/other") == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("origin", "passes"), [("http://here:8000", True), ("http://here", False), ("https://evil", False), ("null", False)]
)
def test_pages_of_other_hosts_get_no_websocket(guarded: FastAPI, origin: str, passes: bool) -> None:
    said = connect(guarded, "/other", WRITE, host="here:8000", origin=origin)
    assert said == [{"type": "websocket.close", "code": 1000 if passes else 1008, **({"reason": ""} if passes else {})}]


def test_no_more_requests_at_the_same_time_than_there_may_be(profile_store: Watched) -> None:
    inside, go = asyncio.Event(), asyncio.Event()
    service = FastAPI()

    @service.get("/recommendation/5/ARTIST")
    async def wait() -> dict[str, list[str]]:
        inside.set()
        await go.wait()
        return {"recommendations": []}

    async def run() -> None:
        app = create_app(DEFAULT_SCHEMA, profile_store, Settings({"recommender": service}, limits=Limits(requests=1)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            query = {"query": "{ getArtistRecommendations(userId: 5) { __typename } }"}
            first = asyncio.create_task(client.post("/graphql", json=query))
            await inside.wait()
            busy = await client.post("/graphql", json=QUERY)
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
            assert busy.json()["errors"][0]["extensions"] == {"code": "SERVER_BUSY"}
            assert (await client.get("/health")).status_code == (await client.get("/ready")).status_code == 200
            go.set()
            assert (await first).json() == {"data": {"getArtistRecommendations": {"__typename": "Recommendations"}}}
            assert (await client.post("/graphql", json=QUERY)).json() == ANSWER

    asyncio.run(run())


@pytest.mark.parametrize(("origin", "passes"), [("https://example.org", True), ("https://example.org:1", False)])
def test_pages_of_named_origins_get_a_websocket(profile_store: Watched, origin: str, passes: bool) -> None:
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(keys=KEYS, origins=["https://example.org"]))
    said = connect(app, "/other", WRITE, host="here:8000", origin=origin)
    assert [message["code"] for message in said] == [1000 if passes else 1008]


def test_a_request_that_takes_too_long(profile_store: Watched) -> None:
    service = FastAPI()

    @service.get("/recommendation/5/ARTIST")
    async def never() -> None:
        await asyncio.Event().wait()

    app = create_app(DEFAULT_SCHEMA, profile_store, Settings({"recommender": service}, limits=Limits(seconds=0.1)))
    query = {"query": "{ getArtistRecommendations(userId: 5) { __typename } }"}
    response = request(app, "POST", "/graphql", json=query)
    assert response.status_code == 503
    message = "the query took too long; 0.1 s are allowed"
    assert response.json() == {"errors": [{"message": message, "extensions": {"code": "TIMEOUT"}}]}


def test_how_often_a_key_may_ask(profile_store: Watched) -> None:
    keys = Keys({READ: access_of("often", ["read", "2/day"]), WRITE: access_of("always", ["read"])})
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(keys=keys))
    for _ in range(2):
        assert request(app, "POST", "/graphql", headers={"x-api-key": READ}, json=QUERY).status_code == 200
    refused = request(app, "POST", "/graphql", headers={"x-api-key": READ}, json=QUERY)
    assert refused.status_code == 429
    assert 43_000 < int(refused.headers["retry-after"]) <= 43_200
    assert refused.json()["errors"][0]["extensions"] == {"code": "TOO_MANY_REQUESTS"}
    assert request(app, "POST", "/graphql", headers={"x-api-key": WRITE}, json=QUERY).json() == ANSWER


def test_a_key_that_may_not_read(profile_store: Watched) -> None:
    keys = Keys({WRITE: access_of("ingest", ["write", "artists"])})
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(keys=keys))
    profile_store.forget()
    headers = {"x-api-key": WRITE}
    assert request(app, "GET", "/", headers=headers).status_code == 403
    for accept in ("application/json", "text/event-stream"):
        response = request(app, "POST", "/graphql", headers={**headers, "accept": accept}, json=QUERY)
        assert '"code":"FORBIDDEN"' in response.text
    assert not profile_store.reads


def test_a_key_writes_its_topics_alone(profile_store: Watched, caplog: pytest.LogCaptureFixture) -> None:
    keys = Keys({WRITE: access_of("ingest", ["write", "artists"])})
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(keys=keys))
    event = "{ artistId: 1, albumId: 1, trackId: 1, timestamp: 1 }"
    send = f"mutation {{ sendListeningEvent(userId: 1, event: {event}) {{ timestamp }} }}"
    answer = request(app, "POST", "/graphql", headers={"x-api-key": WRITE}, json={"query": send}).json()
    assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert "writes" not in caplog.text
