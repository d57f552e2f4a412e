"""Clients that people use, from npm, against a running server: what they get is what plain HTTP gives."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.runners.golang import NotBuiltError
from store import open_store
from store.histories.event_set import unite
from store.profiles import union
from store.values import Address
from store.values import write as write_value
from tests.oracle import Event
from tests.parts import node
from tests.serving.processes import started, wait_for
from tests.store.profiles.samples import columns

SCRIPTS = Path(__file__).with_name("npm")
YEAR = 31_556_952
RELAYED = """
query Profile($userId: Long!) {
    getUserProfile(userId: $userId) {
        totalListenCount
        artistChartsPerYear { start charts { topK { countPlays artist { id name } } } }
    }
}
"""


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store in which a user plays the same items in five years, each year other numbers of times.

    Artists, albums and tracks have the same ids and other names, so that a cache which mixes them up is found out.
    """
    store = open_store(f"lmdb:{tmp_path_factory.mktemp('clients')}", create=True)
    events = [
        Event(1, item, item, item, year * YEAR + item * 1000 + play)
        for year in range(40, 45)
        for item in range(1, 11)
        for play in range(1 + (item * year) % 7)
    ]
    for kind in ("artists", "albums", "tracks"):
        for item in range(1, 11):
            write_value(store, Address(kind, item), {"id": item, "name": f"{kind} {item}"})
    union.write(store, unite(columns(events)))
    store.set_setting("contents", "whole")
    store.close()
    return store.url


@pytest.fixture(scope="module")
def address(store_url: str) -> Iterator[str]:
    with started("serving", "--store", store_url, "--open") as (_, url):
        wait_for(url)
        yield url


def run(script: str, address: str) -> Any:
    """What a script tells of a server."""
    try:
        return json.loads(node.run_module(SCRIPTS / script, address))
    except NotBuiltError as error:
        pytest.skip(str(error))
    except subprocess.CalledProcessError as error:
        raise AssertionError(error.stderr) from error


def ask(address: str, query: str) -> Any:
    """What plain HTTP gives."""
    response = httpx.post(f"{address}/graphql", json={"query": query, "variables": {"userId": 1}}, timeout=60)
    return response.json()["data"]


CHARTS = "{0}ChartsPerYear {{ start charts {{ topK {{ countPlays {0} {{ id name }} }} }} }}"


def charts(*kinds: str) -> str:
    return " ".join(CHARTS.format(kind) for kind in kinds)


def without_types(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_types(inner) for name, inner in value.items() if name != "__typename"}
    return [without_types(inner) for inner in value] if isinstance(value, list) else value


def test_apollo(address: str) -> None:
    fields = f"totalListenCount {charts('artist', 'album', 'track')}"
    plain = ask(address, f"query ($userId: Long!) {{ getUserProfile(userId: $userId) {{ {fields} }} }}")
    told = without_types(run("apollo.js", address))
    assert told["network"] == told["cache"] == plain
    assert {"Artist", "Album", "Track"} == set(told["entities"])
    assert told["persisted"] == [plain, plain]
    assert told["requests"] == ["GET", "POST", "GET"]
    assert told["multipart"]["totalListenCountUpdate"] >= 1
    assert told["socket"]["totalListenCountUpdate"] >= 1
    assert told["error"] == "GRAPHQL_VALIDATION_FAILED"


def test_urql_graphql_sse_and_graphql_ws(address: str) -> None:
    plain = ask(
        address, f"query ($userId: Long!) {{ getUserProfile(userId: $userId) {{ {charts('artist', 'album')} }} }}"
    )
    told = run("urql.js", address)
    assert told["error"] is None
    assert told["plain"] == told["cached"] == plain
    assert told["code"] == "GRAPHQL_VALIDATION_FAILED"
    for name in ("fetched", "forwarded"):
        assert told[name]["totalListenCountUpdate"] >= 1
    for name in ("distinct", "single", "socket"):
        assert told[name]["data"]["totalListenCountUpdate"] >= 1
    assert told["distinctQuery"] == told["singleQuery"] == {"data": {"__typename": "Query"}}
    assert told["refused"] == "GRAPHQL_PARSE_FAILED"


def test_relay_asks_for_trusted_documents(store_url: str, tmp_path: Path) -> None:
    documents = tmp_path / "documents.json"
    documents.write_text(json.dumps({"profile": RELAYED}))
    with started("serving", "--store", store_url, "--documents", str(documents)) as (_, address):
        wait_for(address)
        assert run("relay.js", address) == ask(address, RELAYED)


def test_the_types_that_graphql_codegen_makes_fit(address: str) -> None:
    assert run("codegen.js", address) == []
