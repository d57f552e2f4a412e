"""What every home of the store promises."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from store import Cell, CellKey, CellRange, Row, Store, StoreError, open_store
from store.digest import digest
from store.interface import by_layout
from store.layout import LAYOUT, META, TABLES, USERS, bucket, row_key
from tests.store import writers

LARGEST = 2**63 - 1


def put(store: Store, table: str, rows: dict[bytes, Row]) -> None:
    store.update(table, list(rows), lambda _: rows.items())


def random_rows(seed: int, n: int = 30) -> dict[bytes, Row]:
    """Rows by key, in key order."""
    random = Random(seed)
    rows: dict[bytes, Row] = {}
    for user in [*sorted(random.sample(range(1000), n - 2)), 2**32, LARGEST]:
        cells = {
            (random.choice(TABLES[USERS]), random.choice([b"a", b"b", bucket(5), bytes([0, 255, 10]), b"\xff" * 8]))
            for _ in range(random.randrange(1, 12))
        }
        rows[row_key(user)] = by_layout(USERS, [Cell(f, q, random.randbytes(random.randrange(50))) for f, q in cells])
    return rows


def test_rows_come_back_as_they_were_written(store: Store) -> None:
    rows = random_rows(1)
    put(store, USERS, rows)
    assert store.rows(USERS, list(rows)) == rows
    assert store.rows(USERS, [row_key(1001), *list(rows)[:2]]) == dict(list(rows.items())[:2])
    assert store.rows(USERS, []) == {}


def test_some_families_of_rows(store: Store) -> None:
    rows = random_rows(2)
    put(store, USERS, rows)
    families = ["history", "profile"]
    parts = {key: [cell for cell in row if cell.family in families] for key, row in rows.items()}
    expected = {key: row for key, row in parts.items() if row}
    assert store.rows(USERS, list(rows), families) == expected
    assert dict(store.scan(USERS, families=families)) == expected


def test_scans_are_in_key_order_and_half_open(store: Store) -> None:
    rows = random_rows(3)
    put(store, USERS, rows)
    keys = list(rows)
    assert list(store.scan(USERS)) == list(rows.items())
    for start, stop in [
        (keys[3], keys[9]),
        (row_key(0), keys[0]),
        (keys[9], keys[9]),
        (keys[9], keys[3]),
        (keys[-1], None),
    ]:
        expected = [(key, row) for key, row in rows.items() if start <= key and (stop is None or key < stop)]
        assert list(store.scan(USERS, start, stop)) == expected


def test_get_reads_cells_of_any_tables_in_the_order_asked(store: Store) -> None:
    put(store, USERS, {row_key(1): [Cell("profile", b"counts", b"x"), Cell("history", bucket(7), b"y")]})
    store.write("artists", [(row_key(i), [Cell("item", b"item", b"artist %d" % i)]) for i in range(3)])
    wanted = {
        CellKey("artists", row_key(2), "item", b"item"): b"artist 2",
        CellKey(USERS, row_key(1), "history", bucket(7)): b"y",
        CellKey(USERS, row_key(1), "history", bucket(8)): None,
        CellKey("albums", row_key(2), "item", b"item"): None,
        CellKey("artists", row_key(0), "item", b"item"): b"artist 0",
        CellKey(USERS, row_key(1), "profile", b"counts"): b"x",
        CellKey(USERS, row_key(2), "profile", b"counts"): None,
    }
    assert store.get(list(wanted)) == list(wanted.values())
    assert store.get([next(iter(wanted))] * 2) == [b"artist 2"] * 2
    assert store.get([]) == []


def test_read_gets_ranges_of_columns_and_cells_in_the_order_asked(store: Store) -> None:
    rows = random_rows(9)
    put(store, USERS, rows)
    store.write("artists", [(row_key(1), [Cell("item", b"item", b"x")])])
    keys, absent = list(rows), row_key(1001)
    ranges = [
        CellRange(USERS, key, family, start, stop)
        for key in (keys[4], keys[-1], absent, keys[0])
        for family in ("history", "profile", TABLES[USERS][-1])
        for start, stop in ((b"", None), (b"a", b"b"), (b"b", None), (b"", bytes([0, 255, 10])), (b"b", b"a"))
    ]
    cells = [CellKey("artists", row_key(1), "item", b"item"), CellKey(USERS, keys[0], *rows[keys[0]][0][:2])]
    values, found = store.read(cells, ranges)
    assert values == [b"x", rows[keys[0]][0].value]
    assert found == [
        [
            cell
            for cell in rows.get(asked.key, ())
            if cell.family == asked.family
            and asked.start <= cell.qualifier
            and (asked.stop is None or cell.qualifier < asked.stop)
        ]
        for asked in ranges
    ]
    assert store.read([], []) == ([], [])
    assert store.read([], ranges[:1])[1] == found[:1]


def test_an_update_replaces_whole_rows(store: Store) -> None:
    first, second = random_rows(4), random_rows(5)
    put(store, USERS, first)
    seen = {}

    def change(existing: dict[bytes, Row]) -> list[tuple[bytes, Row]]:
        seen.update(existing)
        return list(second.items())

    store.update(USERS, list(second), change)  # type: ignore[arg-type]
    assert seen == {key: row for key, row in first.items() if key in second}
    assert dict(store.scan(USERS)) == dict(sorted({**first, **second}.items()))


def test_an_update_to_an_empty_row_deletes_it(store: Store) -> None:
    put(store, USERS, random_rows(6))
    put(store, USERS, {key: [] for key in random_rows(6)})
    assert list(store.scan(USERS)) == []


def test_a_write_leaves_other_cells(store: Store) -> None:
    store.write(USERS, [(row_key(1), [Cell("profile", b"a", b"1"), Cell("profile", b"b", b"1")])])
    store.write(USERS, [(row_key(1), [Cell("profile", b"b", b"2")]), (row_key(2), [Cell("history", b"c", b"3")])])
    assert dict(store.scan(USERS)) == {
        row_key(1): [Cell("profile", b"a", b"1"), Cell("profile", b"b", b"2")],
        row_key(2): [Cell("history", b"c", b"3")],
    }


def test_many_rows_and_large_cells(store: Store) -> None:
    rows = {row_key(i): [Cell("item", b"item", b"%d" % i)] for i in range(60_000)}
    store.write("tracks", rows.items())
    assert list(store.scan("tracks")) == list(rows.items())
    large: dict[bytes, Row] = {row_key(i): [Cell("history", b"m", bytes([i]) * (5 << 20))] for i in range(4)}
    put(store, USERS, large)
    assert store.rows(USERS, list(large)) == large


def test_delete_and_clear(store: Store) -> None:
    rows = random_rows(7)
    put(store, USERS, rows)
    store.write("artists", [(row_key(1), [Cell("item", b"item", b"x")])])
    key = next(iter(rows))
    store.delete(USERS, key)
    store.delete(USERS, row_key(1001))
    assert dict(store.scan(USERS)) == {k: row for k, row in rows.items() if k != key}
    store.clear(USERS)
    assert list(store.scan(USERS)) == []
    assert len(list(store.scan("artists"))) == 1


def test_settings(store: Store) -> None:
    assert store.setting("k") is None
    store.set_setting("k", "10")
    assert (store.setting("k"), store.setting("layout")) == ("10", LAYOUT)


def test_another_layout_is_refused(store: Store) -> None:
    store.write(META, [(row_key(0), [Cell("setting", b"layout", b"0")])])
    store.close()
    with pytest.raises(StoreError, match=f"has layout version 0, this program reads and writes version {LAYOUT}: use"):
        open_store(store.url)


def test_a_store_which_does_not_exist_is_refused(store_url: str) -> None:
    with pytest.raises(StoreError, match=f"python -m pipelines.profile --store {store_url}"):
        open_store(store_url)


def test_a_process_has_one_store_for_a_url(store: Store) -> None:
    assert open_store(store.url) is store


def test_equal_data_has_equal_digests(store: Store, lmdb_url: str) -> None:
    other = open_store(f"{lmdb_url}-other", create=True)
    for one in (store, other):
        put(one, USERS, random_rows(8))
    assert digest(store) == digest(other)
    other.write("artists", [(row_key(1), [Cell("item", b"item", b"")])])
    assert digest(store) != digest(other)


def test_updates_by_threads_and_processes_lose_nothing(store: Store) -> None:
    command = [sys.executable, "-m", "tests.store.writers", "count", store.url, "20"]
    processes = [subprocess.Popen(command) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: writers.count_up(store, 20), range(2)))
    assert [process.wait() for process in processes] == [0, 0]
    assert [writers.generation_of(row) for _, row in store.scan(USERS)] == [80] * 5


def test_readers_see_whole_rows_while_another_process_writes(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-m", "tests.store.writers", "replace", store.url, "300"]) as writer:
        seen = set()
        while writer.poll() is None:
            seen |= {writers.generation_of(row) for _, row in store.scan(USERS)}
    assert writer.returncode == 0
    assert len(seen) > 3


def test_a_writer_which_is_killed_leaves_whole_rows(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-m", "tests.store.writers", "load", store.url, "1000000"]) as writer:
        while len(list(store.scan(USERS, families=["profile"]))) < 30:
            assert writer.poll() is None
        writer.kill()
    rows = list(store.scan(USERS))
    assert len(rows) >= 30
    assert {writers.generation_of(row) for _, row in rows} == {19}
    put(store, USERS, {row_key(1): writers.row_of(3)})
    assert writers.generation_of(store.rows(USERS, [row_key(1)])[row_key(1)]) == 3
