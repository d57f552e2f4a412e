"""A topic as a table holds what the oracle says, in key order, on both homes of a store."""

from pathlib import Path
from typing import Any

import pytest

import pipelines
from data.format import KINDS, SAMPLE, siblings
from pipelines import profile
from schemas.topics import CATALOGUE
from schemas.wire import avro
from store import Cell, Store, layout, table, values
from store.values import Address
from tests import oracle


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a store with the sample."""
    folder = tmp_path_factory.mktemp("sample")
    profile.main(["--store", f"lmdb:{folder}/store", "--rejects", str(folder / "rejects.tsv")])
    return f"lmdb:{folder}/store"


@pytest.fixture(scope="module")
def expected() -> dict[int, dict[str, Any]]:
    with Path(SAMPLE).open() as lines:
        return oracle.profiles(oracle.parse(lines))


def rows_of(topic: str, user: int, value: Any) -> list[dict[str, Any]]:
    """The rows for a value of the oracle."""
    if isinstance(value, list):
        return [{"userId": user, **{name: _plain(of) for name, of in window.items()}} for window in value]
    return [{"userId": user, topic: _plain(value)}]


def _plain(value: Any) -> Any:
    return value["topK"] if isinstance(value, dict) else value


@pytest.mark.parametrize("topic", [t.name for t in CATALOGUE.values() if t.place.table == "users"])
def test_topics_of_users(topic: str, url: str, expected: dict[int, dict[str, Any]]) -> None:
    rows = [row for user in sorted(expected) for row in rows_of(topic, user, expected[user][topic])]
    assert table(url, topic).to_pylist() == rows


@pytest.mark.parametrize("kind", KINDS)
def test_names(kind: str, url: str) -> None:
    names = oracle.names(Path(str(siblings(SAMPLE)[kind])))
    assert table(url, kind).to_pylist() == [{"id": item, "name": names[item]} for item in sorted(names)]


def test_the_histories_are_events_to_compute_profiles_of(url: str) -> None:
    assert pipelines.profiles(table(url, "listeningevents")).equals(pipelines.profiles(SAMPLE))


def test_a_topic_without_values_has_its_columns(store: Store) -> None:
    found = table(store, "playsperday")
    assert (found.num_rows, found.column_names) == (0, ["userId", "start", "countPlays"])


def test_an_open_store_of_either_home(store: Store) -> None:
    values.write(store, Address("artists", 7), {"id": 7, "name": "Seven"})
    window = {"start": 3600, "charts": {"topK": [{"id": 7, "countPlays": 2}]}}
    cell = Cell("trendingartists", layout.bucket(3600), avro.encode("ChartsWindow", window))
    store.write("trending", [(b"HOUR".ljust(layout.KEY_BYTES, b"\0"), [cell])])
    assert table(store, "artists").to_pylist() == [{"id": 7, "name": "Seven"}]
    assert table(store, "trendingartists").to_pylist() == [
        {"key": "HOUR", "start": 3600, "charts": [{"id": 7, "countPlays": 2}]}
    ]


def test_an_unknown_topic_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match="no topic 'count': there are listeningevents, "):
        table(url, "count")
