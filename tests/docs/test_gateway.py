"""Executes the examples of docs/gateway.md, from top to bottom."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from schemas.topics import CATALOGUE
from serving.app import create_app
from serving.gateway.errors import SchemaError
from serving.gateway.schema import build_schema
from serving.keys import OPEN
from serving.setup import Settings
from store import Store, open_store
from store.histories.event_set import unite
from store.profiles import union
from tests.oracle import Event
from tests.serving.clients import ask, subscribed
from tests.serving.listeners import put
from tests.store.profiles.samples import columns

TEXT = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) (\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def examples() -> Iterator[dict[str, str]]:
    """For each answer and refusal, the blocks that lead to it."""
    example: dict[str, str] = {}
    for _, role, text in BLOCKS:
        example = {"schema": text} if role == "schema" else {**example, role: text}
        if role in ("answer", "refusal", "event"):
            yield example


EXAMPLES = list(examples())


SIMILAR = FastAPI()
"""The service that the examples call."""


@SIMILAR.get("/artists/{artist}")
async def similar(artist: int, limit: int) -> dict[str, list[dict[str, int]]]:
    return {"artists": [{"id": artist + 1 + i} for i in range(limit)]}


@SIMILAR.get("/covers")
async def covers(request: Request) -> list[dict[str, Any]]:
    keys = [int(key) for key in request.query_params.getlist("id")]
    return [{"artistId": key, "url": f"/{key}.png"} for key in reversed(keys)]


@SIMILAR.get("/albums/{album}")
async def failing(album: int) -> Response:
    return Response("a secret", 500)


@pytest.fixture(scope="module")
def documented_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store that the examples speak of."""
    store = open_store(f"lmdb:{tmp_path_factory.mktemp('documented')}", create=True)
    charts = {"topK": [{"id": 102, "countPlays": 3}, {"id": 103, "countPlays": 2}]}
    put(store, 7, {"counts": 5, "firstlisten": 1_300_000_000, "topartists": charts})
    for artist in (102, 202, 205):
        put(store, artist, {"artists": {"id": artist, "name": f"artists {artist}"}})
    store.set_setting("contents", "whole")
    listen(store, 8, 1_300_000_000, 1_300_100_000, 1_300_100_001)
    yield store
    store.close()


def listen(store: Store, user: int, *times: int) -> None:
    """Writes events of a user at these times."""
    union.write(store, unite(columns([Event(user, 102, 1, 1, time) for time in times])))


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "event" in example])
def test_event(example: dict[str, str], documented_store: Store) -> None:
    schema, times = build_schema(example["schema"]), iter(range(1_300_000_000, 1_400_000_000))
    (found,) = asyncio.run(
        subscribed(documented_store, schema, example["query"], lambda _: listen(documented_store, 11, next(times)), 1)
    )
    assert {"data": found.data} == json.loads(example["event"])
    assert found.errors is None


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "answer" in example])
def test_answer(example: dict[str, str], documented_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "user-profile.gql"
    path.write_text(example["schema"])
    variables = json.loads(example.get("variables", "{}"))
    app = create_app(path, documented_store, Settings({"similar": SIMILAR}, OPEN))
    assert ask(app, example["query"], variables) == json.loads(example["answer"])


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "refusal" in example])
def test_refusal(example: dict[str, str]) -> None:
    with pytest.raises(SchemaError) as refusal:
        build_schema(example["schema"], "user-profile.gql")
    assert str(refusal.value) == example["refusal"].rstrip()


def test_there_are_examples() -> None:
    assert sum("answer" in example for example in EXAMPLES) == 9
    assert sum("refusal" in example for example in EXAMPLES) == 1


def test_topics_in_the_tables_are_all_that_can_be_served() -> None:
    table = TEXT.split("| topics |")[1].split("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {name for name, topic in CATALOGUE.items() if topic.place.column is not None}
    table = TEXT.split("| topics with values along time |")[1].split("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {name for name, topic in CATALOGUE.items() if topic.place.bucket is not None}
