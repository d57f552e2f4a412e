"""What graphql-cop looks for in a server, check by check under its names, and what this one does about it."""

from typing import Any

import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.setup import Settings
from tests.serving.clients import Watched, request

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def production(profile_store: Watched) -> FastAPI:
    return create_app(DEFAULT_SCHEMA, profile_store, Settings(production=True))


def messages(app: FastAPI, query: str) -> list[str]:
    """The errors of a query, which is not executed."""
    answer = request(app, "POST", "/graphql", json={"query": query}).json()
    assert answer["data"] is None
    return [error["message"] for error in answer["errors"]]


def test_alias_overloading(app: FastAPI) -> None:
    query = "{ " + " ".join(f"a{i}: __typename" for i in range(101)) + " }"
    assert messages(app, query) == ["the query has 101 aliases; 30 are allowed"]


def test_array_based_query_batching(app: FastAPI) -> None:
    response = request(app, "POST", "/graphql", json=[{"query": "{ __typename }"}] * 10)
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "Batching is not enabled: send one operation in a request"


def test_directive_overloading(app: FastAPI) -> None:
    assert "the query has 10 directives in one place; 4 are allowed" in messages(
        app, "{ __typename" + " @aa" * 10 + "}"
    )


def test_field_duplication(app: FastAPI) -> None:
    assert messages(app, "{ " + "__typename " * 500 + "}") == ["the query has 500 fields; 400 are allowed"]


def test_circular_query_using_introspection(app: FastAPI) -> None:
    inner = "fields { type { fields { type { fields { type { fields { type { name } } } } } } } }"
    assert messages(app, f"{{ __schema {{ types {{ {inner} }} }} }}") == ["Maximum introspection depth exceeded"]


def test_circular_fragment(app: FastAPI) -> None:
    query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    assert messages(app, query) == ["Cannot spread fragment 'A' within itself via 'B'."]


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ __type(name: "Item") { name } }'])
def test_introspection(app: FastAPI, production: FastAPI, query: str) -> None:
    assert "errors" not in request(app, "POST", "/graphql", json={"query": query}).json()
    refused = messages(production, query)
    assert all(message.startswith("GraphQL introspection has been disabled") for message in refused)
    assert request(production, "POST", "/graphql", json={"query": "{ __typename }"}).json() == {
        "data": {"__typename": "Query"}
    }


@pytest.mark.parametrize("accept", ["text/html", "*/*", "text/html,application/json"])
def test_graphql_ide(production: FastAPI, accept: str) -> None:
    response = request(production, "GET", "/graphql", headers={"accept": accept})
    assert response.status_code in (400, 404)
    assert "html" not in response.text.lower()
    for path in ("/graphiql", "/graphiql/graphiql.min.js", "/playground", "/altair", "/console"):
        assert request(production, "GET", path).status_code == 404


SUGGESTIVE = (
    "{ getUserProfil }",
    "{ getUserProfile(userID: 5) { __typename } }",
    '{ getUserProfile(userId: "5") { totalListenCounts } }',
    "{ getArtistRecommendations(userId: 5, field: ARTISTS) { __typename } }",
    "query ($i: Lon) { getUserProfile(userId: $i) { __typename } }",
    "{ ...F } fragment F on Query { getUserProfile(userId: 5) { ... on UserProfil { __typename } } }",
    "{ getUserProfile(userId: 5) @includ(if: true) { __typename } }",
    "{ getUserProfile }",
)


def test_field_suggestions(app: FastAPI, production: FastAPI) -> None:
    assert any("Did you mean" in message for query in SUGGESTIVE for message in messages(app, query))
    assert not any("Did you mean" in message for query in SUGGESTIVE for message in messages(production, query))


def test_trace_mode(app: FastAPI) -> None:
    answer = request(app, "POST", "/graphql", json={"query": "{ __typename }"}).json()
    assert answer == {"data": {"__typename": "Query"}}


def test_get_method_query_support(app: FastAPI) -> None:
    """Queries change nothing, so another site gains nothing by having a browser send one: it cannot see the answer."""
    response = request(app, "GET", "/graphql", params={"query": "{ __typename }"}, headers={"origin": "http://evil"})
    assert response.json() == {"data": {"__typename": "Query"}}
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_mutation_is_not_allowed_over_get(app: FastAPI) -> None:
    response = request(app, "GET", "/graphql", params={"query": "mutation { __typename }"})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    (error,) = response.json()["errors"]
    assert error["message"] == "mutations are not allowed when using GET: send them by POST"


@pytest.mark.parametrize("media", [FORM, "multipart/form-data; boundary=x", "text/plain", ""])
def test_post_based_url_encoded_query(app: FastAPI, media: str) -> None:
    body: Any = b"query=%7B__typename%7D" if media == FORM else b'{"query": "{ __typename }"}'
    response = request(app, "POST", "/graphql", content=body, headers={"content-type": media})
    assert response.status_code in (400, 415)
    assert "Query" not in response.text


@pytest.mark.parametrize("query", ["qwerty cop { abc }", "{", "{ nothing }", "subscription { a }"])
def test_unhandled_errors_detection(app: FastAPI, query: str) -> None:
    response = request(app, "POST", "/graphql", json={"query": query})
    assert response.status_code < 500
    assert "traceback" not in response.text.lower()
    for error in response.json()["errors"]:
        assert error.keys() <= {"message", "locations", "extensions"}
        assert error["extensions"].keys() == {"code"}
