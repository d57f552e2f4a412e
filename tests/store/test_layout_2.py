"""A store of layout 2, as its program wrote it: read as it is, written on, and brought up to date."""

import json
from pathlib import Path
from typing import Any

import lmdb
import pytest

from pipelines import recompute
from schemas.metrics import USER_METRICS
from store import Store, layout, open_store
from store.digest import digest
from store.histories.event_set import unite
from store.profiles import computed, definitions, union
from store.values import Address, Range, read
from tests import oracle, stored
from tests.oracle import Event
from tests.store.profiles.samples import columns

WRITTEN: Any = json.loads((Path(__file__).parent / "layout_2.json").read_text())
"""The entries of the store's tables, and the events it was loaded with; `k` is the length of its charts."""

EVENTS = [Event(*event) for event in WRITTEN["events"]]
K = WRITTEN["k"]
COMPUTED = {metric.topic for metric in USER_METRICS if not metric.stored}
MORE = [event._replace(time=event.time + 500_000) for event in EVENTS[::7]]


@pytest.fixture
def old(tmp_path: Path) -> Store:
    """The store, opened by the present program."""
    folder = tmp_path / "store"
    folder.mkdir()
    with lmdb.open(str(folder), max_dbs=16) as environment:
        for table, entries in WRITTEN["tables"].items():
            database = environment.open_db(table.encode())
            with environment.begin(write=True, db=database) as transaction:
                for key, value in entries.items():
                    transaction.put(bytes.fromhex(key), bytes.fromhex(value))
    return open_store(f"lmdb:{folder}")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computed, "KNOWN_SECONDS", -1.0)


def test_it_is_read_as_it_is_and_the_rest_is_computed(old: Store) -> None:
    assert {*computed.computed(old)} == {*definitions.read(old).missing()} | COMPUTED
    assert "distinctartists" in computed.computed(old)
    assert "topartists" not in computed.computed(old)
    assert "playsperday" in computed.computed(old)  # it lay in cells of years then
    for user, profile in oracle.profiles(EVENTS, K).items():
        topics = ("counts", "toptracks", "distinctartists")
        assert read(old, [Address(topic, user) for topic in topics]) == [profile[topic] for topic in topics]
        windowed = ("topalbumspermonth", "playsperday", "toptracksperweek", "playsperweek")
        assert read(old, [Range(topic, user) for topic in windowed]) == [profile[topic] for topic in windowed]
    assert old.setting("layout") == "2"


def test_its_topics_have_the_same_bytes_as_now(old: Store, tmp_path: Path) -> None:
    new = open_store(f"lmdb:{tmp_path}/new", create=True)
    definitions.write(new, definitions.read(old))
    union.write(new, unite(columns(EVENTS)))
    families = ["profile", "history", *(d.topic for d in definitions.read(old).written if d.metric.windowed)]
    cells = [
        {(key, *cell) for key, row in store.scan(layout.USERS, families=families) for cell in row}
        - {(key, *cell) for key, row in store.scan(layout.USERS) for cell in row if cell[:2] == layout.VERSION}
        for store in (old, new)
    ]
    assert cells[0] == cells[1]


def test_it_is_written_on_with_what_it_has(old: Store) -> None:
    union.write(old, unite(columns(MORE)))
    profiles = oracle.profiles([*EVENTS, *MORE], K)
    missing = {*definitions.read(old).missing()}
    assert stored.profiles(old) == {
        user: {topic: value for topic, value in profile.items() if topic not in missing}
        for user, profile in profiles.items()
    }
    user = EVENTS[0].user
    assert read(old, [Address("distincttracks", user)]) == [profiles[user]["distincttracks"]]


def test_it_is_brought_up_to_date(old: Store, tmp_path: Path) -> None:
    union.write(old, unite(columns(MORE)))
    recompute.main(["--store", old.url])
    new = open_store(f"lmdb:{tmp_path}/new", create=True)
    definitions.write(new, definitions.of_catalogue(K))
    union.write(new, unite(columns([*EVENTS, *MORE])))
    assert stored.profiles(old) == oracle.profiles([*EVENTS, *MORE], K)
    assert digest(old) == digest(new)
    assert old.setting("layout") == layout.LAYOUT
    old.close()
    assert digest(open_store(old.url)) == digest(new)
