"""What is special about the store in a folder."""

import gc
import shutil
import subprocess
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store import Cell, Store, StoreError, open_store
from store.layout import META, USERS, row_key
from store.lmdb.lmdb_store import LmdbStore
from tests.parts.absence import locked
from tests.parts.processes import limited
from tests.store import writers


def test_a_full_disk_is_an_error_and_leaves_what_was_committed(lmdb_url: str) -> None:
    store = open_store(lmdb_url, create=True)
    writers.load(store, 20)
    limit = (Path(lmdb_url.removeprefix("lmdb:")) / "data.mdb").stat().st_size + 100_000
    run = subprocess.run(
        limited([sys.executable, "-m", "tests.store.writers", "load", lmdb_url, "10000"], limit),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert f"StoreError: store {lmdb_url}: " in run.stderr
    assert "make room, or choose another place with --store" in run.stderr
    rows = list(store.scan(USERS))
    assert len(rows) >= 20
    assert {writers.generation_of(row) for _, row in rows} == {19}
    store.close()


OPENING = """
import sys
from threading import Thread
from store import open_store
opening = Thread(target=open_store, args=sys.argv[1:], daemon=True)
opening.start()
opening.join(0.5)
print(opening.is_alive())
"""


def test_opening_waits_for_a_writer_but_other_threads_do_not(lmdb_url: str) -> None:
    open_store(lmdb_url, create=True).close()
    with locked(Path(lmdb_url.removeprefix("lmdb:"))):
        run = subprocess.run([sys.executable, "-c", OPENING, lmdb_url], capture_output=True, timeout=60, check=True)
    assert run.stdout == b"True\n"


def test_a_folder_which_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make the folder .*: Not a directory"):
        open_store(f"lmdb:{tmp_path}/file/store", create=True)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"not a store" * 1000)
    with pytest.raises(StoreError, match=f"store lmdb:{tmp_path}: .*MDB_INVALID"):
        open_store(f"lmdb:{tmp_path}")


def test_the_last_key_ends_a_scan(lmdb_url: str) -> None:
    store: Store = open_store(lmdb_url, create=True)
    last = b"\xff" * 8
    store.update(USERS, [last], lambda _: [(last, writers.row_of(1))])
    assert [key for key, _ in store.scan(USERS, row_key(5))] == [last]
    store.close()


@pytest.fixture
def no_collections() -> Iterator[None]:
    """Nothing in a circle is collected but when the test says so."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collections")
def test_a_store_is_opened_again_though_a_transaction_of_the_last_one_is_held(lmdb_url: str) -> None:
    store = open_store(lmdb_url, create=True)
    assert isinstance(store, LmdbStore)
    store.set_setting("k", "1")
    held = store._env.begin()
    del store
    assert open_store(lmdb_url).setting("k") == "1"
    assert held


@pytest.mark.usefixtures("no_collections")
def test_a_store_is_opened_again_while_the_last_one_is_collected(lmdb_url: str) -> None:
    class Circle:
        def __init__(self) -> None:
            self.circle, self.store = self, open_store(lmdb_url, create=True)

    opened: list[Store] = []
    circle = Circle()
    circle.store.set_setting("k", "1")
    notice = weakref.ref(circle, lambda _: opened.append(open_store(lmdb_url)))
    del circle
    gc.collect()
    assert notice() is None
    assert [store.setting("k") for store in opened] == ["1"]


def test_threads_let_a_store_go_and_open_it_again(lmdb_url: str) -> None:
    open_store(lmdb_url, create=True).set_setting("k", "1")

    def read_many(_: int) -> set[str | None]:
        return {open_store(lmdb_url).setting("k") for _ in range(200)}

    with ThreadPoolExecutor(4) as threads:
        assert [*threads.map(read_many, range(4))] == [{"1"}] * 4


def test_a_store_that_was_refused_is_no_longer_open(lmdb_url: str) -> None:
    open_store(lmdb_url, create=True).write(META, [(row_key(0), [Cell("setting", b"layout", b"0")])])
    for _ in range(2):
        with pytest.raises(StoreError, match="has layout version 0") as held:
            open_store(lmdb_url)
    assert held.tb


@pytest.mark.parametrize("replaced", ["data.mdb", "."])
def test_a_store_made_anew_in_its_place_is_another(lmdb_url: str, replaced: str) -> None:
    store, folder = open_store(lmdb_url, create=True), Path(lmdb_url.removeprefix("lmdb:"))
    store.set_setting("k", "1")
    shutil.rmtree(folder) if replaced == "." else (folder / replaced).unlink()
    with pytest.raises(StoreError, match="there is no store in"):
        open_store(lmdb_url)
    anew = open_store(lmdb_url, create=True)
    assert anew.setting("k") is None
    store.close()
    assert open_store(lmdb_url) is anew
    with pytest.raises(StoreError, match="closed"):
        store.setting("k")
