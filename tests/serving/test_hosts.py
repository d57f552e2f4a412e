import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.hosts import Hosts, hosts_of
from serving.setup import Settings
from tests.serving.clients import Watched, request
from tests.serving.test_guard import connect


@pytest.mark.parametrize(
    ("listening", "answered", "refused"),
    [
        ("127.0.0.1", ["localhost", "localhost:80", "LocalHost.", "127.0.0.1:8000", "[::1]:8000"], ["127.0.0.2"]),
        ("::1", ["[::1]", "localhost:9"], ["[::2]", "::1"]),
        ("0.0.0.0", ["localhost", "10.1.2.3:80", "[2001:db8::1]:80"], ["1.2.3.4.evil.example"]),
        ("192.0.2.7", ["192.0.2.7"], ["localhost", "192.0.2.8"]),
    ],
)
def test_names_of_where_a_server_listens(listening: str, answered: list[str], refused: list[str]) -> None:
    hosts = hosts_of(listening, ["Profiles.Example"])
    for header in (*answered, "profiles.example", "profiles.example:443"):
        assert header in hosts
    for header in (
        *refused,
        "",
        "evil.example",
        "profiles.example.evil",
        "localhost@evil.example",
        "[",
        "[::1",
        "a:b:c",
    ):
        assert header not in hosts


@pytest.fixture
def named(profile_store: Watched) -> FastAPI:
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(hosts=Hosts(["here"])))
    profile_store.forget()
    return app


@pytest.mark.parametrize("path", ["/", "/graphql", "/schema", "/no"])
def test_other_names_are_not_answered(named: FastAPI, profile_store: Watched, path: str) -> None:
    response = request(named, "POST", path, headers={"host": "evil.example"}, json={"query": "{ __typename }"})
    assert response.status_code == 421
    assert "--allowed_host NAME" in response.json()["errors"][0]["message"]
    assert not profile_store.reads


def test_whoever_asks_for_health_may_do_so_by_any_name(named: FastAPI) -> None:
    assert request(named, "GET", "/health", headers={"host": "10.0.0.1"}).status_code == 200


def test_no_websocket_under_another_name(named: FastAPI) -> None:
    refused = [{"type": "websocket.close", "code": 1008}]
    assert connect(named, "/graphql", host="evil.example", origin="http://evil.example") == refused
