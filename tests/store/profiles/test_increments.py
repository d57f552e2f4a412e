"""Events added to rows that are there: the same bytes as rows derived from all events, and only what changes."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from schemas.events import Field
from schemas.metrics import STORED_METRICS, Combine, Metric
from store import Cell, CellKey, CellRange, Store, layout, open_store
from store.digest import digest
from store.histories.deletions import NONE, Deletions, marks, taken_back
from store.histories.event_set import unite
from store.profiles import definitions, increments, union
from store.profiles.definitions import defaults
from tests import oracle, stored
from tests.oracle import Event
from tests.store.profiles.samples import columns

START = 1_200_000_000


def listens(random: Random, n: int, users: int, items: int, span: int, start: int = START) -> list[Event]:
    """Listens of which few items have many."""
    return [
        Event(
            random.randrange(1, users + 1),
            artist := int(random.paretovariate(1.1) * 5) % items,
            artist * 3 + random.randrange(2),
            artist * 30 + random.randrange(10),
            start + random.randrange(span),
        )
        for _ in range(n)
    ]


def write(store: Store, events: list[Event], deleted: Deletions = NONE) -> None:
    union.write(store, unite(columns(events)), deleted)


@pytest.fixture
def other(tmp_path: Any) -> Store:
    """A store to compare with."""
    return open_store(f"lmdb:{tmp_path}/other", create=True)


class Additions:
    """Counts the users to whom events were added, and those left to be derived."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.added = self.left = 0
        add = increments.add

        def counted(store: Store, added: Any, changed: Any) -> Any:
            left = add(store, added, changed)
            self.added += len(added.users) - len(left)
            self.left += len(left)
            return left

        monkeypatch.setattr(increments, "add", counted)


@pytest.fixture
def additions(monkeypatch: pytest.MonkeyPatch) -> Additions:
    return Additions(monkeypatch)


@pytest.mark.parametrize("seed", range(8))
def test_rows_come_to_the_same_bytes(store: Store, other: Store, additions: Additions, seed: int) -> None:
    random = Random(seed)
    span, items = random.choice([10**5, 3 * 10**6, 10**8]), random.choice([30, 300, 5000])
    events = listens(random, random.randrange(900, 3000), 3, items, span)
    write(store, events)
    for _ in range(6):
        more = listens(random, random.randrange(1, 60), 4, items, span, START + random.choice([0, span]))
        more += random.sample(events, 5)
        more += [event._replace(album=event.album + random.choice([-1, 1])) for event in random.sample(events, 2)]
        write(store, more)
        events += more
    write(other, events)
    assert digest(store) == digest(other)
    assert stored.profiles(store) == oracle.profiles(events)
    assert additions.added > 6


def test_what_was_deleted_stays_so_and_the_rest_is_added(store: Store, other: Store, additions: Additions) -> None:
    random = Random(1)
    events = listens(random, 900, 1, 50, 10**8)
    gone, late = columns(events[:20]), columns(listens(random, 1, 1, 9, 1, START - 100))
    write(store, events)
    write(store, [], Deletions(taken_back(gone), NONE.erased))
    write(store, [], Deletions(NONE.taken, marks(columns([events[0]._replace(time=START + 5000)]))))
    left = additions.left
    more = listens(random, 30, 1, 50, 10**8) + events[:20]
    write(store, more)
    union.write(store, unite(late))
    assert additions.left == left
    write(other, [*events, *more])
    union.write(other, unite(late))
    write(other, [], Deletions(taken_back(gone), NONE.erased))
    write(other, [], Deletions(NONE.taken, marks(columns([events[0]._replace(time=START + 5000)]))))
    assert digest(store) == digest(other)


def test_rows_are_derived_while_definitions_are_coming(store: Store, additions: Additions) -> None:
    random = Random(2)
    events = listens(random, 900, 1, 50, 10**8)
    write(store, events)
    definitions.start(store, defaults(3), {"topartists"})
    more = listens(random, 5, 1, 50, 10**8)
    write(store, more)
    assert additions.added == 0
    assert stored.profiles(store)[1]["topartists"] == oracle.profiles([*events, *more], 3)[1]["topartists"]


def test_any_number_of_all_time_is_added_to(
    lmdb_url: str, other: Store, additions: Additions, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = Metric("leastartist", Combine.MINIMUM, Field.ARTIST)
    most = Metric("greatesttrack", Combine.MAXIMUM, Field.TRACK)
    monkeypatch.setattr(definitions, "STORED_METRICS", (*STORED_METRICS, least, most))
    random, store = Random(5), open_store(lmdb_url, create=True)
    events = listens(random, 600, 1, 5000, 10**8)
    write(store, events)
    more = [event._replace(artist=0, track=10**9) for event in listens(random, 3, 1, 5000, 10**8)]
    write(store, more)
    write(other, [*events, *more])
    assert additions.added == 1
    assert digest(store) == digest(other)
    store.close()


def test_an_event_reads_and_writes_little_however_many_there_are(lmdb_url: str) -> None:
    random = Random(3)
    store = open_store(lmdb_url, create=True)
    sizes = {}
    for user, n in enumerate((1000, 9000, 60_000), 1):
        span = n * 17_000  # as often as the average user of LFM-1b
        write(store, [event._replace(user=user) for event in listens(random, n, 1, 20_000, span)])
        event = listens(random, 1, 1, 20_000, 1, START + span - 10**6)[0]._replace(user=user)
        sizes[n] = read_and_written(store, event)
    for read, written in sizes.values():
        assert 0 < read < 16 << 10
        assert 0 < written < 4 << 10
    store.close()


def read_and_written(store: Store, event: Event) -> tuple[int, int]:
    """The bytes of values which are read and written when an event is added."""
    read, written = 0, 0
    amend = store.amend

    def watched(table: str, keys: Sequence[bytes], change: Any) -> None:
        def counted(ask: Any, wanted: Sequence[bytes]) -> Any:
            def reading(cells: Sequence[CellKey], ranges: Sequence[CellRange]) -> tuple[Any, list[list[Cell]]]:
                nonlocal read
                values, rows = ask(cells, ranges)
                read += sum(len(value) for value in values if value) + sum(len(c.value) for row in rows for c in row)
                return values, rows

            nonlocal written
            for amendment in change(reading, wanted):
                written += sum(len(cell.value) for cell in amendment.cells)
                yield amendment

        amend(table, keys, counted)

    store.amend = watched  # type: ignore[method-assign]
    write(store, [event])
    store.amend = amend  # type: ignore[method-assign]
    return read, written


def test_a_row_that_another_writer_changes_meanwhile_is_changed_again(bigtable_url: str, other: Store) -> None:
    random = Random(4)
    store = open_store(bigtable_url, create=True)
    events = listens(random, 900, 1, 50, 10**8)
    write(store, events)
    first, second, third = (listens(random, 3, 1, 50, 10**8) for _ in range(3))
    read, meanwhile = store.read, iter([first, second])

    def interrupted(cells: Sequence[CellKey], ranges: Sequence[CellRange] = ()) -> Any:
        found = read(cells, ranges)
        if any(cell.table == layout.USERS and cell.family == layout.TALLIES for cell in cells) and not ranges:
            more = next(meanwhile, None)
            if more:
                write(store, more)
        return found

    store.read = interrupted  # type: ignore[method-assign]
    write(store, third)
    store.read = read  # type: ignore[method-assign]
    write(other, [*events, *first, *second, *third])
    assert digest(store) == digest(other)
