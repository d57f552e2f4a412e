"""Whatever a client sends, it is told what is wrong with it: no status 500, and nothing in the log."""

import logging

import pytest
from fastapi import FastAPI

from tests.serving.clients import request

MANY = "9" * 50_000
LIMITED = "getArtistRecommendations(userId: 5, limit: %s) { __typename }"
TOO_LONG = "a value in the query cannot be read: it has too many digits"


@pytest.mark.parametrize(
    "body", [b"null", b"5", b'"x"', b"true", b"1.5", b"", b"\xff", b"{", b"[" * 5000, b'{"query": 1e999}']
)
def test_bodies(app: FastAPI, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    response = request(app, "POST", "/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "query",
    [f"{{ {LIMITED % MANY} }}", f"query ($n: Int = {MANY}) {{ {LIMITED % '$n'} }}", f"{{ {LIMITED % f'-{MANY}'} }}"],
)
def test_numbers_of_many_digits(app: FastAPI, query: str, caplog: pytest.LogCaptureFixture) -> None:
    errors = request(app, "POST", "/graphql", json={"query": query}).json()["errors"]
    assert TOO_LONG in [error["message"] for error in errors]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("path", ["/user/{}", "/artist/{}", "/user/1/{}", "/user/{}/1"])
def test_ids_in_paths(app: FastAPI, path: str) -> None:
    assert request(app, "GET", path.format("5" * 19)).status_code == 200
    for wrong in ("5" * 20, "5" * 5000, "-1", "٣"):
        assert request(app, "GET", path.format(wrong)).status_code == 404
