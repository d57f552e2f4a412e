import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import pytest
from fastapi import FastAPI, Request
from graphql import GraphQLError

from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import build_schema
from serving.gateway.services.destinations import Destinations
from serving.gateway.services.rest_call import Answer, Call
from serving.gateway.services.transport import Services
from tests.parts.processes import HOST, free_port
from tests.serving.clients import Watched, execute
from tests.serving.listeners import USER
from tests.serving.services import response, says

SECONDS = 0.3
"""Until a service is too slow, where one is to be."""


def fetch(url: str, path: str = "/x", seconds: float = 60) -> Answer:
    """The answer of a service at a URL."""

    limits = Limits(service_seconds=seconds, service_bytes=1000)

    async def run() -> Answer:
        async with aclosing(Services({"service": url}, limits)) as services:
            return await services.fetch(Call("GET", f"http://service{path}", None))

    return asyncio.run(run())


def test_request_goes_to_the_services_address_with_the_schemas_path() -> None:
    with says(response(b"{}")) as (url, seen):
        assert fetch(f"{url}/base/", "/x/AC%2FDC?c=%26") == Answer(200, b"{}")
    lines = seen[0].lower().splitlines()
    assert lines[0] == "get /base/x/ac%2fdc?c=%26 http/1.1"
    assert {"accept: application/json", "accept-encoding: identity"} <= set(lines)


def test_cookies_are_not_sent_back() -> None:
    async def run(url: str) -> None:
        async with aclosing(Services({"service": url})) as services:
            for _ in range(2):
                await services.fetch(Call("GET", "http://service/x", None))

    with says(response(b"{}", "200 OK", "set-cookie: session=1; path=/")) as (url, seen):
        asyncio.run(run(url))
    assert len(seen) == 2
    assert "session" not in seen[1]


def test_redirections_are_not_followed() -> None:
    with says(response(b"", "302 Found", "location: /other")) as (url, seen):
        assert fetch(url).status == 302
    assert len(seen) == 1


SLOW, LONG, GONE = (
    "service 'service' did not answer within 0.3 s",
    "service 'service' answered with more than 1000 bytes",
    "service 'service' cannot be reached (RemoteProtocolError)",
)


@pytest.mark.parametrize(
    ("answer", "ends", "message"),
    [
        (b"", False, SLOW),
        (response(b"x" * 100)[:-1], False, SLOW),
        (b"HTTP/1.1 200 OK\r\n", False, SLOW),
        (response(b"x" * 1001), False, LONG),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n" + b"x" * 2000, False, LONG),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001, False, LONG),
        (b"", True, GONE),
        (response(b"x" * 100)[:-1], True, GONE),
        (b"not HTTP\r\n\r\n", True, GONE),
    ],
    ids=["nothing", "body not ended", "headers not ended", "long", "length", "no length", "gone", "half", "not HTTP"],
)
def test_failure(answer: bytes, ends: bool, message: str) -> None:
    with says(answer, ends) as (url, _), pytest.raises(GraphQLError) as failure:
        fetch(url, seconds=SECONDS if message == SLOW else 60)
    assert failure.value.message == message


def test_answer_of_just_the_allowed_size() -> None:
    with says(response(b"x" * 1000)) as (url, _):
        assert fetch(url) == Answer(200, b"x" * 1000)


def test_nobody_listens() -> None:
    with pytest.raises(GraphQLError, match=r"service 'service' cannot be reached \(ConnectError\)"):
        fetch(f"http://{HOST}:{free_port()}")


def test_unknown_service_and_address_in_the_schema() -> None:
    services = Services({"history": FastAPI()}, destinations=Destinations([HOST]))
    with pytest.raises(GraphQLError, match="no service 'nope': start the server with --service nope=URL"):
        asyncio.run(services.fetch(Call("GET", "http://nope/x", None)))
    with pytest.raises(GraphQLError, match=rf"service '{HOST}' cannot be reached"):
        asyncio.run(services.fetch(Call("GET", f"http://{HOST}:{free_port()}/x", None)))


ECHO = FastAPI()
SEEN: list[str] = []


@ECHO.api_route("/{path:path}", methods=["GET", "POST"])
async def echo(path: str, request: Request) -> Any:
    SEEN.append(path)
    if path == "broken":
        raise ZeroDivisionError("password")
    return {"method": request.method, "path": path, "query": str(request.query_params), "sent": await request.body()}


SCHEMA = build_schema("""
type Query {
    echo(id: Long!, name: String): Echo @rest(url: "http://echo/a")
    post(ids: [Long!]!): Echo @rest(url: "http://echo/b", bodyParameter: "ids", httpMethod: POST)
    broken: Echo @rest(url: "http://echo/broken")
    user(userId: Long!): User
}
type User {
    totalListenCount: Long! @topic(name: "counts", keyArgument: "userId")
    echo: Echo @rest(url: "http://echo/c", queryParameter: ["userId"])
}
type Echo { method: String! path: String! query: String! sent: String! }
""")


def ask(store: Watched, query: str, services: Mapping[str, Any]) -> tuple[Any, list[str]]:
    SEEN.clear()
    return execute(SCHEMA, store, query, services=services)


def test_service_in_this_process(profile_store: Watched) -> None:
    query = """{ echo(id: 5, name: "a b") { method path query } post(ids: [1, 2]) { method path sent }
                 user(userId: 5) { totalListenCount echo { query } } }"""
    assert ask(profile_store, query, {"echo": ECHO}) == (
        {
            "echo": {"method": "GET", "path": "a/5", "query": "name=a+b"},
            "post": {"method": "POST", "path": "b", "sent": "[1,2]"},
            "user": {"totalListenCount": USER, "echo": {"query": "userId=5"}},
        },
        [],
    )


def test_the_same_call_is_made_once(profile_store: Watched) -> None:
    query = "{ a: echo(id: 5) { path } b: echo(id: 5) { method } c: echo(id: 6) { path } }"
    data, errors = ask(profile_store, query, {"echo": ECHO})
    assert (data["b"], errors) == ({"method": "GET"}, [])
    assert sorted(SEEN) == ["a/5", "a/6"]


def test_a_failing_service_costs_only_its_fields(profile_store: Watched, caplog: pytest.LogCaptureFixture) -> None:
    query = "{ broken { path } again: broken { path } user(userId: 5) { totalListenCount } }"
    data, errors = ask(profile_store, query, {"echo": ECHO})
    assert data == {"broken": None, "again": None, "user": {"totalListenCount": USER}}
    assert errors == ["internal error: it is in the server's log"] * 2
    assert SEEN == ["broken"]
    assert "password" in caplog.text
