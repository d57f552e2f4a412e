import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.gateway.errors import SchemaError
from serving.gateway.schema import build_schema
from serving.gateway.transports.media_types import GRAPHQL_RESPONSE
from serving.gateway.transports.persisted import TrustedDocuments
from serving.setup import Settings
from tests.serving.clients import Watched, request

QUERY = "{ getUserProfile(userId: 5) { totalListenCount } }"
ANSWER = {"data": {"getUserProfile": {"totalListenCount": 5}}}
UPDATES = "subscription { listeningEventUpdate { timestamp } }"
JSON = "application/json"
STREAM = "text/event-stream"
URQL = f"{GRAPHQL_RESPONSE}, application/graphql+json, {JSON}, {STREAM}, multipart/mixed"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
STRICT = f"{GRAPHQL_RESPONSE}; charset=utf-8"


def post(app: FastAPI, body: Any, accept: str = "*/*", **headers: str) -> httpx.Response:
    return request(app, "POST", "/graphql", json=body, headers={"accept": accept, **headers})


def get(app: FastAPI, accept: str = "*/*", **parameters: str) -> httpx.Response:
    return request(app, "GET", "/graphql", params=parameters, headers={"accept": accept})


def code(response: httpx.Response) -> str:
    assert response.headers["content-type"] in (JSON, STRICT)
    return str(response.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize(
    ("accept", "media"), [(JSON, JSON), ("*/*", JSON), ("image/png", JSON), (GRAPHQL_RESPONSE, STRICT), (URQL, STRICT)]
)
@pytest.mark.parametrize(("method", "place"), [("GET", "params"), ("POST", "json")])
def test_query(app: FastAPI, accept: str, media: str, method: str, place: str) -> None:
    options: dict[str, Any] = {place: {"query": QUERY}}
    response = request(app, method, "/graphql", headers={"accept": accept}, **options)
    assert (response.status_code, response.headers["content-type"], response.json()) == (200, media, ANSWER)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        (
            {"query": "query ($u: Long!) { getUserProfile(userId: $u) { __typename } }", "variables": {"u": "x"}},
            "BAD_USER_INPUT",
        ),
        ({"query": "query ($u: Long!) { getUserProfile(userId: $u) { __typename } }"}, "BAD_USER_INPUT"),
        ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "mutation A { __typename } query B { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { __typename }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { __typename }", "operationName": ""}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "fragment F on Query { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
    ],
)
def test_query_that_is_not_executed(app: FastAPI, body: Any, wanted: str) -> None:
    response = post(app, body, GRAPHQL_RESPONSE)
    assert (response.status_code, code(response)) == (400, wanted)
    assert response.json().keys() == {"errors"}
    response = post(app, body, JSON)
    assert (response.status_code, code(response)) == (200, wanted)
    assert response.json()["data"] is None


def test_the_operation_that_is_named_is_executed(app: FastAPI) -> None:
    text = "query A { a: __typename } query B { b: __typename } mutation C { c: __typename }"
    answers = [post(app, {"query": text, "operationName": name}).json() for name in "ABC"]
    assert answers == [{"data": {"a": "Query"}}, {"data": {"b": "Query"}}, {"data": {"c": "Mutation"}}]


def test_error_of_an_executed_query_keeps_its_data(app: FastAPI) -> None:
    response = post(app, {"query": "{ getArtistRecommendations(userId: 5) { __typename } }"}, GRAPHQL_RESPONSE)
    assert (response.status_code, code(response)) == (200, "DOWNSTREAM_SERVICE_ERROR")
    assert response.json()["data"] == {"getArtistRecommendations": None}


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"content": b"{", "headers": {"content-type": JSON}}, 400),
        ({"content": b"\xff", "headers": {"content-type": JSON}}, 400),
        ({"data": {"query": QUERY}}, 415),
        ({"content": json.dumps({"query": QUERY})}, 415),
        ({"content": json.dumps({"query": QUERY}), "headers": {"content-type": "text/plain; a=application/json"}}, 415),
        ({"json": [{"query": QUERY}]}, 400),
        ({"json": {"query": 1}}, 400),
        ({"json": {"query": QUERY, "variables": [1]}}, 400),
        ({"json": {"query": QUERY, "extensions": "x"}}, 400),
        ({"json": {"query": QUERY, "operationName": 5}}, 400),
        ({"json": {"query": QUERY, "extensions": {"persistedQuery": []}}}, 400),
        ({"json": {"query": QUERY, "extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0"}}}}, 400),
        ({"json": {"query": ""}}, 400),
        ({"json": {}}, 400),
        ({"json": 5}, 400),
    ],
)
def test_bad_requests(app: FastAPI, options: dict[str, Any], status: int) -> None:
    response = request(app, "POST", "/graphql", **options)
    assert (response.status_code, code(response)) == (status, "BAD_REQUEST")


@pytest.mark.parametrize("parameters", [{}, {"variables": "{}"}, {"query": QUERY, "variables": "{"}, {"query": ""}])
def test_bad_addresses(app: FastAPI, parameters: dict[str, str]) -> None:
    response = get(app, **parameters)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


def test_variables_in_the_address(app: FastAPI) -> None:
    text = "query A($u: Long!) { getUserProfile(userId: $u) { totalListenCount } } query B { __typename }"
    assert get(app, query=text, variables='{"u": 5}', operationName="A").json() == ANSWER


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_other_methods(app: FastAPI, method: str) -> None:
    response = request(app, method, "/graphql")
    assert (response.status_code, code(response)) == (405, "BAD_REQUEST")
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("accept", [JSON, "*/*", GRAPHQL_RESPONSE, "multipart/mixed;deferSpec=20220824"])
def test_a_subscription_that_asks_for_no_stream(app: FastAPI, accept: str) -> None:
    for response in (post(app, {"query": UPDATES}, accept), get(app, accept, query=UPDATES)):
        assert (response.status_code, code(response)) == (406, "OPERATION_NOT_ACCEPTED")
        message = response.json()["errors"][0]["message"]
        assert "WebSocket" in message
        assert "text/event-stream" in message


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (QUERY, ANSWER),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($u: Long!) { totalListenCountUpdate(userId: $u) }", "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_event_stream_of_one_answer(app: FastAPI, method: str, text: str, answer: Any) -> None:
    response = post(app, {"query": text}, STREAM) if method == "POST" else get(app, STREAM, query=text)
    assert (response.status_code, response.headers["content-type"]) == (200, STREAM)
    assert "\r" not in response.text
    beat, event, end, rest = response.text.split("\n\n")
    assert (beat, end, rest) == (":", "event: complete\ndata: ", "")
    name, data = event.split("\n")
    found = json.loads(data.removeprefix("data: "))
    assert name == "event: next"
    assert found == answer or found["errors"][0]["extensions"] == {"code": answer}


def test_a_mutation_goes_by_no_get(app: FastAPI) -> None:
    for accept in (JSON, STREAM):
        response = get(app, accept, query="mutation { __typename }")
        assert (response.status_code, code(response)) == (405, "OPERATION_NOT_ACCEPTED")


def test_parts_of_a_subscription_that_fails(app: FastAPI) -> None:
    response = post(app, {"query": "subscription { nothing }"}, "multipart/mixed;subscriptionSpec=1.0,application/json")
    kind, *parameters = response.headers["content-type"].split(";")
    assert (kind, parameters) == ("multipart/mixed", ['boundary="graphql"', "subscriptionSpec=1.0"])
    before, part, after = response.text.split("\r\n--graphql")
    assert (before, after) == ("", "--\r\n")
    head, body = part.split("\r\n\r\n")
    assert head.strip() == "content-type: application/json"
    payload = json.loads(body)["payload"]
    assert payload["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}


def test_automatic_persisted_queries(app: FastAPI) -> None:
    hashed = {"extensions": persisted(QUERY)}
    by_get = {"extensions": json.dumps(persisted(QUERY))}
    for accept, status in ((JSON, 200), (GRAPHQL_RESPONSE, 400), (BROWSER, 200)):
        for response in (post(app, hashed, accept), get(app, accept, **by_get)):
            assert (response.status_code, code(response)) == (status, "PERSISTED_QUERY_NOT_FOUND")
            assert response.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert post(app, {"query": QUERY, **hashed}).json() == ANSWER
    assert post(app, hashed).json() == get(app, **by_get).json() == ANSWER
    wrong = {"query": "{ __typename }", **hashed}
    assert code(post(app, wrong)) == "BAD_REQUEST"
    assert post(app, hashed).json() == ANSWER


def test_only_trusted_documents_are_answered(profile_store: Watched) -> None:
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(documents=TrustedDocuments({"profile": QUERY})))
    assert post(app, {"query": QUERY}).json() == ANSWER
    assert post(app, {"documentId": "profile"}).json() == get(app, documentId="profile").json() == ANSWER
    assert post(app, {"extensions": persisted(QUERY)}).json() == ANSWER
    other = "{ __typename }"
    for refused in ({"query": other}, {"query": other, "extensions": persisted(other)}):
        response = post(app, refused)
        assert (response.status_code, code(response)) == (403, "DOCUMENT_NOT_TRUSTED")
    for unknown in ({"documentId": "other"}, {"extensions": persisted(other)}):
        assert code(post(app, unknown)) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_browser_gets_the_ide_where_it_asks_for_nothing_else(app: FastAPI) -> None:
    assert get(app, BROWSER).headers["content-type"].startswith("text/html")
    assert get(app, BROWSER, q="{").headers["content-type"].startswith("text/html")
    assert get(app, BROWSER, query=QUERY).json() == ANSWER
    assert get(app).status_code == 400


def test_a_client_that_leaves_ends_its_subscription(app: FastAPI) -> None:
    async def run() -> None:
        started = asyncio.Event()
        left = asyncio.Event()
        body = json.dumps({"query": UPDATES}).encode()
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(b"accept", STREAM.encode()), (b"content-type", JSON.encode())],
        }
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            if message := next(messages, None):
                return message
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            started.set()

        answering = asyncio.create_task(app(scope, receive, send))
        await started.wait()
        left.set()
        await asyncio.wait_for(answering, 60)

    asyncio.run(run())


CACHED = """
type Query {
    artist(id: Long!): Artist @topic(name: "artists", keyArgument: "id") @cacheControl(maxAge: 60)
    artists(limit: Int): [Artist!]! @topic(name: "artists") @cacheControl(maxAge: 30)
    plays(userId: Long!): Long @topic(name: "counts", keyArgument: "userId")
    user(userId: Long!): User @cacheControl(maxAge: 20)
}
type User {
    first: Long @topic(name: "firstlisten", keyArgument: "userId")
    plays: Long @topic(name: "counts", keyArgument: "userId") @cacheControl(maxAge: 5)
}
type Artist { id: Long! name: String! }
"""


@pytest.fixture
def cached(profile_store: Watched, tmp_path: Path) -> FastAPI:
    path = tmp_path / "cached.gql"
    path.write_text(CACHED)
    return create_app(path, profile_store, Settings(origins=["https://example.org"]))


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("{ artist(id: 1) { name } }", 60),
        ("{ artist(id: 1) { name } artists(limit: 1) { id } __typename }", 30),
        ("{ user(userId: 5) { first } }", 20),
        ("{ user(userId: 5) { ...F } artist(id: 1) { name } } fragment F on User { first ... { plays } }", 5),
        ("query ($no: Boolean = false) { artist(id: 1) { name } plays(userId: 5) @include(if: $no) }", None),
        ("{ plays(userId: 5) }", None),
        ("{ __typename }", None),
        ("{ __schema { queryType { name } } }", None),
    ],
)
def test_how_long_an_answer_may_be_kept(cached: FastAPI, query: str, kept: int | None) -> None:
    response = get(cached, query=query)
    assert response.headers.get("cache-control") == (kept and f"public, max-age={kept}")
    assert "cache-control" not in post(cached, {"query": query}).headers
    assert {"accept", "x-api-key"} <= {*response.headers["vary"].split(", ")}


def test_a_lifetime_is_not_negative() -> None:
    with pytest.raises(SchemaError, match=r"@cacheControl\(maxAge:\): give seconds, 0 or more"):
        build_schema(CACHED.replace("maxAge: 60", "maxAge: -1"))


def test_answers_with_errors_are_not_kept(app: FastAPI) -> None:
    for query in ("{", "{ getArtistRecommendations(userId: 5) { __typename } }"):
        assert not {"etag", "cache-control"} & get(app, query=query).headers.keys()


def test_a_client_that_has_the_answer_gets_no_body(cached: FastAPI) -> None:
    query = "{ artist(id: 1) { name } }"
    tag = get(cached, query=query).headers["etag"]
    assert get(cached, query="{ artist(id: 1) { id } }").headers["etag"] != tag
    for known, status in ((tag, 304), (f'"x", {tag.removeprefix("W/")}', 304), ("*", 304), ('"x"', 200), ("", 200)):
        options: dict[str, Any] = {"params": {"query": query}, "headers": {"if-none-match": known}}
        response = request(cached, "GET", "/graphql", **options)
        assert (response.status_code, response.headers["etag"]) == (status, tag)
        assert bool(response.content) == (status == 200)
        assert response.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("", False), ("br", False)],
)
def test_long_answers_are_compressed(app: FastAPI, accepted: str, compressed: bool) -> None:
    long = "{ __schema { types { name } } }"
    options: dict[str, Any] = {"json": {"query": long}, "headers": {"accept-encoding": accepted}}
    response = request(app, "POST", "/graphql", **options)
    assert response.headers.get("content-encoding") == ("gzip" if compressed else None)
    assert response.json() == post(app, {"query": long}).json()
    short = request(app, "POST", "/graphql", json={"query": QUERY}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in short.headers


def test_pages_of_named_origins_may_ask(app: FastAPI, cached: FastAPI) -> None:
    asked = {"origin": "https://example.org", "access-control-request-method": "POST"}
    asked["access-control-request-headers"] = "content-type,x-api-key"
    preflight = request(cached, "OPTIONS", "/graphql", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "https://example.org")
    answer = post(cached, {"query": "{ __typename }"}, origin="https://example.org")
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
    other = post(cached, {"query": "{ __typename }"}, origin="https://evil.example")
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" not in post(app, {"query": QUERY}, origin="https://example.org").headers
