"""Executes the examples of docs/gateway.md, from top to bottom."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Response

from schemas.catalogue import CATALOGUE
from serving.app import create_app
from serving.gateway import SchemaError, build_schema
from serving.settings import Settings
from store import Store, open_store
from tests.serving.clients import ask
from tests.serving.listeners import put

TEXT = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) (\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def examples() -> Iterator[dict[str, str]]:
    """For each answer and refusal, the blocks that lead to it."""
    example: dict[str, str] = {}
    for _, role, text in BLOCKS:
        example = {"schema": text} if role == "schema" else {**example, role: text}
        if role in ("answer", "refusal"):
            yield example


EXAMPLES = list(examples())


SIMILAR = FastAPI()
"""The service that the examples call."""


@SIMILAR.get("/artists/{artist}")
async def similar(artist: int, limit: int) -> dict[str, list[dict[str, int]]]:
    return {"artists": [{"id": artist + 1 + i} for i in range(limit)]}


@SIMILAR.get("/albums/{album}")
async def failing(album: int) -> Response:
    return Response("a secret", 500)


@pytest.fixture(scope="module")
def documented_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store that the examples speak of."""
    store = open_store(f"lmdb:{tmp_path_factory.mktemp('documented')}", create=True)
    charts = {"topK": [{"id": 102, "countPlays": 3}, {"id": 103, "countPlays": 2}]}
    put(store, 7, {"counts": 5, "firstlisten": 1_300_000_000, "topartists": charts})
    put(store, 102, {"artists": {"id": 102, "name": "artists 102"}})
    yield store
    store.close()


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "answer" in example])
def test_answer(example: dict[str, str], documented_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "user-profile.gql"
    path.write_text(example["schema"])
    variables = json.loads(example.get("variables", "{}"))
    app = create_app(path, documented_store, Settings({"similar": SIMILAR}))
    assert ask(app, example["query"], variables) == json.loads(example["answer"])


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "refusal" in example])
def test_refusal(example: dict[str, str]) -> None:
    with pytest.raises(SchemaError) as refusal:
        build_schema(example["schema"], "user-profile.gql")
    assert str(refusal.value) == example["refusal"].rstrip()


def test_there_are_examples() -> None:
    assert sum("answer" in example for example in EXAMPLES) == 5
    assert sum("refusal" in example for example in EXAMPLES) == 1


def test_topics_in_the_tables_are_all_that_can_be_served() -> None:
    table = TEXT.split("| topics |")[1].split("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {name for name, topic in CATALOGUE.items() if topic.place.column is not None}
