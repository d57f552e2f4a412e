"""Verifying a store: what is damaged is told by its cell, and nothing else is."""

from random import Random

import pytest

from schemas.wire import avro
from store import Cell, Store, layout, open_store, verify
from store.histories.deletions import NONE, Deletions, taken_back
from store.histories.event_set import unite
from store.profiles import definitions, union
from store.profiles.definitions import defaults
from store.verification import verify as verified
from tests.store.profiles.samples import columns, random_events

EVENTS = random_events(7, 1500, users=3)


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with users, deletions and names."""
    union.write(store, unite(columns(EVENTS)))
    union.write(store, unite(columns([])), Deletions(taken_back(columns(EVENTS[:3])), NONE.erased))
    for item in range(20):
        name = avro.encode("Item", {"id": item, "name": f"Item {item}"})
        store.write("artists", [(layout.row_key(item), [Cell("item", b"item", name)])])
    return store


def test_what_is_whole_is_said_to_be(filled: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main(["--store", filled.url]) == 0
    users = len({event.user for event in EVENTS})
    assert capsys.readouterr().out == f"{users} users and 20 names are what they must be\n"


def test_every_bit_is_noticed(lmdb_url: str) -> None:
    store = open_store(lmdb_url, create=True)
    union.write(store, unite(columns(EVENTS)))
    cells = [(key, cell) for key, row in store.scan(layout.USERS) for cell in row]
    random = Random(1)
    for key, cell in random.sample(cells, 150):
        data = bytearray(cell.value)
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        store.write(layout.USERS, [(key, [cell._replace(value=bytes(data))])])
        (damage,) = verified(store).damages
        told = (layout.USERS, key, *cell[:2]), (layout.USERS, key, *layout.VERSION)
        assert (damage.table, damage.key, damage.family, damage.qualifier) in told[: 2 if cell[0] == "history" else 1]
        store.write(layout.USERS, [(key, [cell])])
    assert verified(store).damages == []


def test_cells_that_are_missing_or_too_many_and_wrong_names(filled: Store, capsys: pytest.CaptureFixture[str]) -> None:
    key, row = next(iter(filled.scan(layout.USERS)))
    old = Cell("topartistsperyear", layout.bucket(5), b"\0")
    filled.update(layout.USERS, [key], lambda _: [(key, [*row[:2], *row[3:8], old, *row[8:]])])
    filled.write("artists", [(layout.row_key(7), [Cell("item", b"item", avro.encode("Item", {"id": 8, "name": "x"}))])])
    assert verify.main(["--store", filled.url]) == 1
    said = capsys.readouterr().err.splitlines()
    user = int.from_bytes(key, "big")
    assert f"users, row {user}, profile:{row[2].qualifier.decode()}: it does not follow from the history" in said
    assert f"users, row {user}, topartistsperyear:{5:016x}: it does not follow from the history" in said
    assert "artists, row 7, item:item: it is no name of this item" in said
    assert said[-1].startswith("error: 3 cells are not what they must be: `python -m pipelines.recompute --store ")


def test_a_store_that_is_being_recomputed_or_is_none_is_refused(
    filled: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    definitions.start(filled, defaults(3), {"topartists"})
    assert verify.main(["--store", filled.url]) == 1
    assert verify.main(["--store", "nothing"]) == 1
    told, other = capsys.readouterr().err.splitlines()
    assert told == f"error: store {filled.url} is being recomputed: verify it when that is done"
    assert other.startswith("error: ")
