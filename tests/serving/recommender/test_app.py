import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from serving.recommender.app import create_app
from serving.recommender.user_plays import FIELDS
from store import Store, StoreError, open_store
from tests.serving.clients import request
from tests.serving.recommender import oracle
from tests.serving.recommender.graphs import Played, events, listen, random_plays

PLAYED: Played = {
    **random_plays(np.random.default_rng(1), 40, 30),
    1: {1000: 5, 9: 1},
    2: {77: 3},  # alone with its item
}
MULTIPLE = {"artist": 1, "album": 10, "track": 100}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The service over a store, as soon as it answers."""
    store = open_store(f"lmdb:{tmp_path_factory.mktemp('played')}", create=True)
    listen(store, events(PLAYED))
    app = create_app(store)
    while request(app, "GET", "/health").status_code == 503:
        pass  # each request waits for the graph
    yield app
    app.state.keeper.stop()
    store.close()


def get(app: FastAPI, path: str, **parameters: Any) -> Any:
    response = request(app, "GET", path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("field", ["artist", "ALBUM", "Track"])
def test_recommendations_are_unknown_items_best_first(service: FastAPI, field: str) -> None:
    answer = get(service, f"/recommendation/1/{field}", seed=1, walks=1000)
    assert answer.keys() == {"recommendations", "coldStart", "graphAge", "graphBuilt"}
    assert answer["coldStart"] is False
    assert answer["graphAge"] >= 0
    ids = [entry["id"] for entry in answer["recommendations"]]
    scores = [entry["score"] for entry in answer["recommendations"]]
    times = MULTIPLE[field.lower()]
    reached = {item * times for item, weight in oracle.paths(PLAYED, 1, 3, 0).items() if weight} - {1000 * times}
    assert len(ids) == 10
    assert set(ids) <= reached - {9 * times}
    assert scores == sorted(scores, reverse=True)
    assert (
        get(service, f"/recommendation/1/{field}", seed=1, walks=1000)["recommendations"] == answer["recommendations"]
    )
    few = get(service, f"/recommendation/1/{field}", seed=1, walks=1000, limit=3)["recommendations"]
    assert [entry["id"] for entry in few] == ids[:3]


def test_the_classic_algorithm_counts_visits(service: FastAPI) -> None:
    parameters = {"walks": 10_000, "walkLength": 21, "resetProbability": 0.1}
    answer = get(service, "/recommendation/1/artist", algorithm="salsa", limit=5, **parameters)
    expected = oracle.salsa(PLAYED, 1, 10_000, 21, 0.1)
    for entry in answer["recommendations"]:
        assert entry["score"] == pytest.approx(expected[entry["id"]], rel=0.2)
        assert entry["score"] == int(entry["score"])


def test_explanations_name_own_items(service: FastAPI) -> None:
    answer = get(service, "/recommendation/1/artist", explain="true")
    reasons = [[reason["id"] for reason in entry["because"]] for entry in answer["recommendations"]]
    assert all(ids in ([1000], [1000, 9]) for ids in reasons)
    assert "because" not in get(service, "/recommendation/1/artist")["recommendations"][0]


@pytest.mark.parametrize("user", [999_999_999, 0, 2**63 - 1, 2])
def test_cold_start_is_what_is_popular_now_without_what_is_known(service: FastAPI, user: int) -> None:
    answer = get(service, f"/recommendation/{user}/artist", limit=20, explain="true")
    items = {item for row in PLAYED.values() for item in row}
    counts = {item: sum(item in row for row in PLAYED.values()) for item in items}
    best = sorted(counts.keys() - PLAYED.get(user, {}).keys(), key=lambda item: (-counts[item], item))[:20]
    assert answer["coldStart"] is True
    assert [entry["id"] for entry in answer["recommendations"]] == best
    assert all(entry["because"] == [] for entry in answer["recommendations"])


NUMBER = "a whole number from 0 to 9223372036854775807"
BAD = [
    ("/recommendation/-1/artist", {}, f"userId must be {NUMBER}"),
    ("/recommendation/x/artist", {}, f"userId must be {NUMBER}"),
    (f"/recommendation/{2**63}/artist", {}, f"userId must be {NUMBER}"),
    ("/recommendation/1/genre", {}, "field must be one of artist, album, track"),
    ("/recommendation/1/artists", {}, "field must be one of artist, album, track"),
    *(
        ("/recommendation/1/artist", {"limit": limit}, "limit must be a whole number from 1 to 100")
        for limit in ("0", "-1", "101", "ten", "1.5", "", "1e999", str(10**30))
    ),
    *(
        ("/recommendation/1/artist", {"walks": walks}, "walks must be a whole number from 1 to 10000")
        for walks in ("0", "-1", "10001", "nan", "9" * 5000)
    ),
    *(
        ("/recommendation/1/artist", {"walkLength": length}, "walkLength must be a whole number from 3 to 200")
        for length in ("2", "201", "-3", "a")
    ),
    *(
        ("/recommendation/1/artist", {"resetProbability": p}, "resetProbability must be a number from 0 to less than 1")
        for p in ("-0.1", "1", "1.5", "nan", "inf", "p")
    ),
    ("/recommendation/1/artist", {"algorithm": "magic"}, "algorithm must be one of paths, salsa"),
    ("/recommendation/1/artist", {"seed": "-1"}, f"seed must be {NUMBER}"),
    ("/recommendation/1/artist", {"explain": "perhaps"}, "explain must be true or false"),
    (
        "/recommendation/-1/genre",
        {"limit": "0"},
        f"userId must be {NUMBER}; field must be one of artist, album, track; "
        "limit must be a whole number from 1 to 100",
    ),
    ("/listeners/artist/-1", {}, f"itemId must be {NUMBER}"),
    ("/listeners/genre/1", {}, "field must be one of artist, album, track"),
    ("/listeners/artist/1", {"limit": "0"}, "limit must be a whole number from 1 to 100"),
]


@pytest.mark.parametrize(("path", "parameters", "message"), BAD)
def test_what_is_wrong_is_named_with_its_range(
    service: FastAPI, path: str, parameters: dict[str, str], message: str
) -> None:
    response = request(service, "GET", path, params=parameters)
    assert (response.status_code, response.json()) == (400, {"detail": message})


@pytest.mark.parametrize("path", ["/recommendation/1", "/recommendation/1/artist/2", "/"])
def test_what_is_not_there_is_404(service: FastAPI, path: str) -> None:
    assert request(service, "GET", path).status_code == 404


@pytest.mark.parametrize(
    "parameters",
    [
        {"walks": 1, "walkLength": 3},
        {"walks": 10_000, "walkLength": 200, "resetProbability": 0},
        {"walks": 10_000, "walkLength": 200, "resetProbability": 0.999999},
        {"walks": 1, "walkLength": 200, "algorithm": "salsa", "limit": 100},
    ],
)
@pytest.mark.parametrize("user", list(PLAYED)[:6])
def test_the_ends_of_the_ranges_give_recommendations(service: FastAPI, user: int, parameters: dict[str, Any]) -> None:
    assert get(service, f"/recommendation/{user}/artist", **parameters)["recommendations"]


def test_listeners(service: FastAPI) -> None:
    plays = {user: row[1000] for user, row in PLAYED.items() if 1000 in row}
    top = sorted(plays.items(), key=lambda entry: (-entry[1], entry[0]))[:4]
    for field in FIELDS:
        answer = get(service, f"/listeners/{field}/{1000 * MULTIPLE[field]}", limit=4)
        assert (answer["listeners"], answer["plays"]) == (len(plays), sum(plays.values()))
        assert [(entry["userId"], entry["plays"]) for entry in answer["top"]] == top
    response = request(service, "GET", "/listeners/artist/12345")
    assert (response.status_code, response.json()) == (404, {"detail": "nobody plays the artist 12345"})


def test_health_tells_the_size(service: FastAPI) -> None:
    edges = sum(map(len, PLAYED.values()))
    answer = get(service, "/health")
    assert (answer["status"], answer["edges"]) == ("ok", dict.fromkeys(FIELDS, edges))


def test_without_a_graph_it_is_503_which_says_to_wait(
    lmdb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.recommender.app.PATIENCE_SECONDS", 0.1)
    store = open_store(lmdb_url, create=True)

    def fail(*_: object, **__: object) -> None:
        raise StoreError("the store is away")

    monkeypatch.setattr(store, "scan", fail)
    app = create_app(store)
    response = request(app, "GET", "/recommendation/1/artist")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.json() == {"detail": "the graph is being built: try again later"}
    app.state.keeper.stop()
    store.close()


def test_requests_are_answered_while_listens_come(lmdb_url: str) -> None:
    store = open_store(lmdb_url, create=True)
    listen(store, events(PLAYED))
    app = create_app(store)

    async def until(client: httpx.AsyncClient, path: str, holds: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(60):
            while True:
                response = await client.get(path)
                assert response.status_code in (200, 503)
                if response.status_code == 200 and holds(response.json()):
                    return

    async def run(store: Store) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            await until(client, "/recommendation/5000/artist", lambda answer: bool(answer["coldStart"]))
            await asyncio.to_thread(listen, store, events({5000: {1000: 3}, 5001: {1000: 1, 123_456: 9}}))
            await until(client, "/recommendation/5000/artist", lambda answer: not answer["coldStart"])
            found = (await client.get("/recommendation/5000/artist?limit=100")).json()["recommendations"]
            assert 123_456 in [entry["id"] for entry in found]

    asyncio.run(run(store))
    app.state.keeper.stop()
    store.close()
