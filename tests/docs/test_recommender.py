"""Sends the requests of docs/recommender.md, and compares the parameters, ranges and defaults that it names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from serving.recommender import app as service
from serving.recommender import ranking
from serving.recommender.__main__ import parser
from serving.recommender.graph import HALF_LIFE
from serving.recommender.ranking import DEFAULTS, Algorithm
from store import open_store
from tests.serving.clients import request
from tests.serving.recommender.graphs import events, listen

TEXT = (Path(__file__).parents[2] / "docs/recommender.md").read_text(encoding="utf-8")
ASKING = TEXT.partition("## The algorithms")[0]
EXAMPLES = re.findall(r"```request\n(\S+)\n```\n\n```json\n(.*?)```", TEXT, re.DOTALL)
PLAYED = {1: {10: 4, 11: 2}, 2: {10: 2, 20: 5}, 3: {11: 1, 21: 3}}


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The service over the listens that the examples speak of."""
    store = open_store(f"lmdb:{tmp_path_factory.mktemp('documented')}", create=True)
    listen(store, events(PLAYED))
    app = service.create_app(store)
    while request(app, "GET", "/health").status_code == 503:
        pass  # each request waits for the graph
    yield app
    app.state.keeper.stop()
    store.close()


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs from time to time."""
    return {name: value for name, value in answer.items() if name not in ("graphAge", "graphBuilt")}


@pytest.mark.parametrize(("path", "answer"), EXAMPLES)
def test_example(documented: FastAPI, path: str, answer: str) -> None:
    found, expected = request(documented, "GET", path).json(), json.loads(answer)
    assert found.keys() == expected.keys()
    assert lasting(found) == lasting(expected)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3


def test_parameters_are_documented_with_their_ranges_and_defaults() -> None:
    rows = {
        name: (text, default) for name, text, default in re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", ASKING, re.M)
    }
    assert rows.keys() == service.WANTED.keys() - {"userId", "itemId", "field"}
    for name, numbers in {
        "limit": (1, service.MOST_ITEMS),
        "walks": (1, service.MOST_WALKS),
        "walkLength": (service.SHORTEST_WALK, service.LONGEST_WALK),
    }.items():
        assert f", {numbers[0]} to {numbers[1]}" in rows[name][0]
    paths, salsa = DEFAULTS[Algorithm.PATHS], DEFAULTS[Algorithm.SALSA]
    for name, value in {"walks": "walks", "walkLength": "length", "resetProbability": "reset"}.items():
        assert rows[name][1] == f"{getattr(paths, value):g}; `salsa`: {getattr(salsa, value):g}"


def test_constants_of_the_formulae_are_those_of_the_code() -> None:
    assert f"(d(i) + {ranking.POPULARITY_OFFSET}) ** {ranking.POPULARITY_EXPONENT}" in TEXT
    assert f"half for every {HALF_LIFE} days" in TEXT


def test_options_are_documented() -> None:
    usage = re.search(r"^python -m serving.recommender (.*)$", TEXT, re.M)
    assert usage
    options = {name for action in parser()._actions for name in action.option_strings} - {"-h", "--help", "--version"}
    assert set(re.findall(r"--\w+", usage[1])) == options
    for name in ("host", "port", "workers"):
        assert f"--{name} {parser().get_default(name)}" in usage[1]
