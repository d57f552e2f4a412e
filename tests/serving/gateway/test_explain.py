from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.setup import Settings
from store import open_store
from store.histories.event_set import unite
from store.profiles import computed, definitions, union
from tests import oracle
from tests.serving import listeners
from tests.serving.clients import Watched, request
from tests.serving.listeners import FULL, HUGE, NOBODY, USER
from tests.store.profiles.samples import columns, random_events

QUERY = {"query": FULL, "variables": {"userId": USER}}


def explained(app: FastAPI, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = request(app, "POST", "/graphql", json={**body, "extensions": {"explain": True}}).json()
    return found


def test_the_reads_of_a_profile_and_the_age_of_its_data(app: FastAPI, profile_store: Watched) -> None:
    answer = explained(app, QUERY)
    assert answer["data"] == {"getUserProfile": listeners.profile(USER)}
    found = answer["extensions"]["explain"]
    assert found["answeredBy"] == "plan"
    first, second = found["reads"]
    topics = ("counts", "firstlisten", "lastlisten", "topalbums", "topartists", "toptracks")
    assert first["keys"] == dict.fromkeys(topics, 1)
    assert second["keys"] == {"albums": 10, "artists": 10, "tracks": 10}
    assert 0 < first["ms"] + second["ms"] <= found["ms"]
    assert found["asOf"] == listeners.topics(USER)["lastlisten"]
    assert found["cachedNames"] == 0
    assert len(profile_store.reads) == 2
    found = explained(app, QUERY)["extensions"]["explain"]
    assert (len(found["reads"]), found["cachedNames"]) == (1, 30)


def test_the_newest_event_of_several_users_counts(app: FastAPI) -> None:
    query = "{ a: getUserProfile(userId: %d) { totalListenCount } b: getUserProfile(userId: %d) { __typename } }"
    found = explained(app, {"query": query % (USER, HUGE)})["extensions"]["explain"]
    assert found["asOf"] == max(listeners.topics(user)["lastlisten"] for user in (USER, HUGE))


def test_topics_that_the_store_does_not_have_are_named(lmdb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computed, "KNOWN_SECONDS", -1.0)
    store, events = open_store(lmdb_url, create=True), random_events(1, 50, users=1)
    union.write(store, unite(columns(events)))
    kept = {topic: text for topic, text in definitions.read(store).stored.items() if topic != "distinctalbums"}
    definitions.write(store, definitions.Definitions(kept, {}))
    query = "{ getUserProfile(userId: 0) { totalListenCount distinctAlbums } }"
    answer = explained(create_app(DEFAULT_SCHEMA, store), {"query": query})
    profile = oracle.profiles(events)[0]
    figures = {"totalListenCount": profile["counts"], "distinctAlbums": profile["distinctalbums"]}
    assert answer["data"] == {"getUserProfile": figures}
    assert [read["computed"] for read in answer["extensions"]["explain"]["reads"]] == [["distinctalbums"]]


def test_nobody_has_no_newest_event(app: FastAPI) -> None:
    query = f"{{ getUserProfile(userId: {NOBODY}) {{ totalListenCount }} }}"
    assert explained(app, {"query": query})["extensions"]["explain"]["asOf"] is None


def test_calls_of_services(profile_store: Watched) -> None:
    service = FastAPI()

    @service.get("/recommendation/{user}/{field}")
    async def recommend(user: int, field: str, limit: int) -> Any:
        return JSONResponse({"detail": "no"}, limit) if limit != 200 else {"recommendations": [{"id": user}]}

    query = "{ a: %s(limit: 200) { recommendations { id } } b: %s(limit: 503) { recommendations { id } } }"
    asked = query.replace("%s(", f"getArtistRecommendations(userId: {USER}, ")
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings({"recommender": service}))
    answer = explained(app, {"query": asked})
    assert answer["data"] == {"a": {"recommendations": [{"id": USER}]}, "b": None}
    calls = answer["extensions"]["explain"]["calls"]
    assert sorted((call["service"], call["status"]) for call in calls) == [("recommender", 200), ("recommender", 503)]
    assert all(0 < call["ms"] <= answer["extensions"]["explain"]["ms"] for call in calls)


def test_the_executor_is_named(app: FastAPI) -> None:
    assert (
        explained(app, {"query": "{ __schema { queryType { name } } }"})["extensions"]["explain"]["answeredBy"]
        == "executor"
    )


@pytest.mark.parametrize(
    ("headers", "there"), [({"x-explain": "true"}, True), ({"x-explain": "0"}, False), ({}, False)]
)
def test_by_a_header(app: FastAPI, headers: dict[str, str], there: bool) -> None:
    answer = request(app, "POST", "/graphql", json=QUERY, headers=headers).json()
    assert ("extensions" in answer) is there


def test_not_in_production(profile_store: Watched) -> None:
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings(production=True))
    assert "extensions" not in explained(app, QUERY)
