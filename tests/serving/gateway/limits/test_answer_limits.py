"""Limits of the values that are read and of the bytes that are answered, whoever answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import load_schema
from serving.gateway.topics.topic_reader import RANGES_AT_ONCE
from serving.setup import Settings
from store import CellRange, open_store
from store.histories.event_set import unite
from store.profiles import union
from tests.oracle import Event
from tests.serving.clients import Watched, ask, execute
from tests.store.profiles.samples import columns

USER, EVENTS = 7, 100


@pytest.fixture(scope="module")
def history_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a store with a user of EVENTS events."""
    folder: Path = tmp_path_factory.mktemp("history")
    store = open_store(f"lmdb:{folder}", create=True)
    union.write(store, unite(columns([Event(USER, 1, 2, 3, 1000 + second) for second in range(EVENTS)])))
    store.close()
    return f"lmdb:{folder}"


@pytest.fixture
def history_store(history_url: str) -> Iterator[Watched]:
    """That store, watched."""
    store = open_store(history_url)
    yield Watched(store)
    store.close()


def aliases(number: int) -> str:
    """A query that asks for all events so often, from another second each time."""
    fields = (f"a{n}: listeningEvents(from: {n}) {{ timestamp }}" for n in range(number))
    return f"{{ getUserProfile(userId: {USER}) {{ {' '.join(fields)} }} }}"


@pytest.mark.parametrize(("number", "allowed"), [(1, 102), (3, 304), (20, 2021)])
def test_each_value_of_a_range_counts(history_store: Watched, number: int, allowed: int) -> None:
    limits = Limits(values=allowed)
    data, errors = execute(load_schema(DEFAULT_SCHEMA, limits), history_store, aliases(number), limits=limits)
    assert errors == []
    assert [len(events) for events in data["getUserProfile"].values()] == [EVENTS] * number
    limits = Limits(values=number * EVENTS)
    _, errors = execute(load_schema(DEFAULT_SCHEMA, limits), history_store, aliases(number), limits=limits)
    assert errors
    assert all(f"values or more; {limits.values} are allowed" in error for error in errors)


def test_many_ranges_are_read_one_after_the_other(history_store: Watched) -> None:
    """So a query that reads too much is found out before all of it is in memory."""
    limits = Limits(values=10)
    execute(load_schema(DEFAULT_SCHEMA, limits), history_store, aliases(30), limits=limits)
    ranges = [sum(isinstance(read, CellRange) for read in reads) for reads in history_store.reads]
    assert max(ranges) <= RANGES_AT_ONCE


@pytest.mark.parametrize("allowed", [400, 3000])
def test_an_answer_has_a_limit_of_bytes(history_store: Watched, allowed: int) -> None:
    app = create_app(DEFAULT_SCHEMA, history_store, Settings({"recommender": FastAPI()}, limits=Limits(bytes=allowed)))
    answer = ask(app, aliases(1))
    if allowed == 400:
        assert answer["errors"][0]["message"] == "the answer is too long; 400 bytes are allowed"
        assert answer["data"] is None
    else:
        assert len(answer["data"]["getUserProfile"]["a0"]) == EVENTS


SERVICE = FastAPI()


@SERVICE.get("/{n}")
async def answer(n: int) -> Any:
    return {"text": "x" * 100}


def test_the_answers_of_services_count_together(profile_store: Watched, tmp_path: Path) -> None:
    schema = tmp_path / "schema.gql"
    schema.write_text('type Query { text(n: Int!): Text @rest(url: "http://service/") } type Text { text: String! }')
    fields = " ".join(f"a{n}: text(n: {n}) {{ __typename }}" for n in range(10))
    limits = Limits(bytes=500)
    found = load_schema(schema, limits)
    data, errors = execute(found, profile_store, f"{{ {fields} }}", None, {"service": SERVICE}, limits)
    assert set(errors) == {"service 'service' made the answers of all services more than 500 bytes"}
    assert [one is None for one in data.values()].count(False) == 4
