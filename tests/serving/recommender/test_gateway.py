"""Recommendations through GraphQL, of the real sample and of generated data, with the recommender built in."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from data.format import KINDS, siblings
from schemas import DEFAULT_SCHEMA
from schemas.topics import UNKNOWN_NAME
from serving.app import create_app
from serving.gateway.limits.request_limits import Limits
from serving.recommender import app as recommender
from serving.setup import Settings
from store import open_store
from tests import oracle
from tests.pipelines.jobs import run_profile
from tests.serving.clients import ask, request
from tests.test_end_to_end import generated, real

PATIENT = Limits(service_seconds=60)
"""However busy the machine is."""

QUERY = """query ($userId: Long!, $field: FieldType!, $algorithm: String) {
    getArtistRecommendations(userId: $userId, field: $field, limit: 5, algorithm: $algorithm, seed: 1) {
        coldStart graphAge recommendations { id name score FIELD { id name } because { id name } }
    }
}"""
LISTENERS = "query ($field: FieldType!, $id: Long!) { getListeners(field: $field, itemId: $id) { listeners plays } }"


@pytest.mark.parametrize("make", [real, generated])
def test_recommendations_of_every_user(make: Callable[[Path], Path], lmdb_url: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    run_profile(path, lmdb_url, "--rejects", str(tmp_path / "rejects.tsv"))
    lines = (line for line in path.read_bytes().split(b"\n") if oracle.is_valid(line))
    events = oracle.distinct(oracle.parse(lines))
    names = {kind: oracle.names(Path(str(of))) for kind, of in siblings(str(path)).items()}
    store = open_store(lmdb_url)
    service = recommender.create_app(store)
    while request(service, "GET", "/health").status_code == 503:
        pass  # each request waits for the graph
    app = create_app(DEFAULT_SCHEMA, store, Settings({"recommender": service}, limits=PATIENT))
    for kind in KINDS:
        check(app, kind.removesuffix("s"), events, names[kind])
    service.state.keeper.stop()
    store.close()


def check(app: FastAPI, field: str, events: list[oracle.Event], names: dict[int, str]) -> None:
    """Asserts that recommendations are unknown, named, explained and in order, and that listeners are counted."""
    known: dict[int, set[int]] = {}
    for event in events:
        known.setdefault(event.user, set()).add(getattr(event, field))
    everything = set().union(*known.values())
    for user, algorithm in zip(list(known)[:20], ("paths", "salsa", None) * 7, strict=False):
        found = recommendations(app, field, user, algorithm)
        assert found["coldStart"] is False
        entries = found["recommendations"]
        assert entries
        for entry in entries:
            assert entry["id"] in everything - known[user]
            assert entry[field] == {"id": entry["id"], "name": names.get(entry["id"], UNKNOWN_NAME)}
            assert entry["name"] == names.get(entry["id"])
            assert entry["because"]
            for reason in entry["because"]:
                assert reason["id"] in known[user]
                assert reason["name"] == names.get(reason["id"], UNKNOWN_NAME)
        order = [(-entry["score"], entry["id"]) for entry in entries]
        assert order == sorted(order)
    nobody = recommendations(app, field, max(known) + 1, None)
    assert (nobody["coldStart"], len(nobody["recommendations"])) == (True, 5)
    item, plays = Counter(getattr(event, field) for event in events).most_common(1)[0]
    answer = ask(app, LISTENERS, {"field": field.upper(), "id": item})["data"]["getListeners"]
    assert answer == {"listeners": sum(item in items for items in known.values()), "plays": plays}
    assert ask(app, LISTENERS, {"field": field.upper(), "id": max(everything) + 1}) == {"data": {"getListeners": None}}


def recommendations(app: FastAPI, field: str, user: int, algorithm: str | None) -> Any:
    variables = {"userId": user, "field": field.upper(), "algorithm": algorithm}
    answer = ask(app, QUERY.replace("FIELD", field), variables)
    assert "errors" not in answer, answer
    return answer["data"]["getArtistRecommendations"]
