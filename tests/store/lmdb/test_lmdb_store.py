"""What is special about the store in a folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from store import Store, StoreError, open_store
from store.layout import USERS, row_key
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
