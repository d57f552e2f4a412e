"""The schemas of the values, and their binary form."""

from pathlib import Path
from typing import Any

import pytest
from fastavro import validate

import schemas
from schemas.topics import CATALOGUE
from schemas.wire import avro

EVENT = {"userId": 2**63 - 1, "artistId": 0, "albumId": 1, "trackId": 2, "timestamp": 1_400_000_000, "deleted": False}
CHARTS = {"topK": [{"id": 7, "countPlays": 3}, {"id": 2**40, "countPlays": 1}]}
VALUES: dict[str, Any] = {
    "long": 402,
    "ListeningEvent": EVENT,
    "Item": {"id": 3, "name": 'Mötley "Crüe" \x17'},
    "Charts": CHARTS,
    "ChartsWindow": {"start": 0, "charts": CHARTS},
    "PlaysWindow": {"start": 86_400, "countPlays": 5},
}


@pytest.mark.parametrize("name", VALUES)
def test_values_come_back(name: str) -> None:
    value = VALUES[name]
    assert validate(value, avro.schema(name))
    assert avro.decode(name, avro.encode(name, value)) == value
    assert avro.decode(f"{name}[]", avro.encode(f"{name}[]", [value, value])) == [value, value]


def test_every_schema_file_is_tested() -> None:
    files = {path.stem for path in Path(schemas.__file__).parent.glob("*.avsc")}
    assert files == {name for name in VALUES if name != "long" and not name.endswith("Window")}


def test_every_topic_has_a_schema() -> None:
    for topic in CATALOGUE.values():
        assert avro.schema(topic.value)


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(
        KeyError, match="no Avro schema Chart; there are long, Charts, ChartsWindow, DistinctWindow, Item, Listen"
    ):
        avro.schema("Chart")


def test_known_bytes() -> None:
    """From the Avro specification's examples: zigzag longs, length-prefixed strings, blocks of arrays."""
    assert avro.encode("long", 64) == b"\x80\x01"
    assert avro.encode("Item", {"id": 1, "name": "foo"}) == b"\x02\x06foo"
    assert avro.encode("Charts", {"topK": [{"id": 3, "countPlays": 27}]}) == b"\x02\x06\x36\x00"
