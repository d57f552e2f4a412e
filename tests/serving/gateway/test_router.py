from typing import Any

import pytest
from fastapi import FastAPI

from serving.gateway.router import GRAPHQL_RESPONSE
from tests.serving.clients import request

QUERY = "{ getUserProfile(userId: 5) { totalListenCount } }"
ANSWER = {"data": {"getUserProfile": {"totalListenCount": 5}}}
JSON = "application/json"


@pytest.mark.parametrize(("accept", "media"), [(JSON, JSON), (GRAPHQL_RESPONSE, f"{GRAPHQL_RESPONSE}; charset=utf-8")])
@pytest.mark.parametrize(("method", "place"), [("GET", "params"), ("POST", "json")])
def test_query(app: FastAPI, accept: str, media: str, method: str, place: str) -> None:
    options: dict[str, Any] = {place: {"query": QUERY}}
    response = request(app, method, "/graphql", headers={"accept": accept}, **options)
    assert (response.status_code, response.headers["content-type"], response.json()) == (200, media, ANSWER)


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query ($u: Long!) { getUserProfile(userId: $u) { __typename } }", "variables": {"u": "x"}},
    ],
)
def test_query_that_is_not_executed(app: FastAPI, body: Any) -> None:
    response = request(app, "POST", "/graphql", headers={"accept": GRAPHQL_RESPONSE}, json=body)
    assert response.status_code == 400
    assert response.json().keys() == {"errors"}
    response = request(app, "POST", "/graphql", headers={"accept": JSON}, json=body)
    assert response.status_code == 200
    assert response.json()["data"] is None


def test_error_of_an_executed_query_keeps_its_data(app: FastAPI) -> None:
    query = "{ getArtistRecommendations(userId: 5) { __typename } }"
    response = request(app, "POST", "/graphql", headers={"accept": GRAPHQL_RESPONSE}, json={"query": query})
    assert response.status_code == 200
    assert response.json()["data"] == {"getArtistRecommendations": None}


@pytest.mark.parametrize(
    "options",
    [
        {"content": b"{", "headers": {"content-type": JSON}},
        {"content": b"\xff", "headers": {"content-type": JSON}},
        {"data": {"query": QUERY}},
        {"json": [{"query": QUERY}]},
        {"json": {"query": 1}},
        {"json": {"query": QUERY, "variables": [1]}},
        {"json": {}},
    ],
)
def test_bad_requests(app: FastAPI, options: dict[str, Any]) -> None:
    response = request(app, "POST", "/graphql", **options)
    assert response.status_code == 400
    assert "Traceback" not in response.text
