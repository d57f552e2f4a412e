"""The store in a folder, as an LMDB environment: one process writes at a time, any number read without waiting.

A table is a named database; a cell is an entry under (row key, number of the family, qualifier), so a row and each
family of it lie together. Readers see the last commit, hence whole rows.
"""

import errno
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import lmdb

from store import layout
from store.interface import Cell, CellKey, CellRange, Change, Row, Store, StoreError
from store.lmdb.environment import Environment, close_leftover

MAP_BYTES = 1 << 40
"""Upper limit of the file. Address space only: the file grows as it is filled."""

READERS = 1024

_open: WeakValueDictionary[Path, "LmdbStore"] = WeakValueDictionary()
_opening = threading.Lock()


class LmdbStore(Store):
    """An LMDB environment. A process may open one only once, so `open` gives the one it has."""

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self.path = path
        with self._errors():
            self._opened = Environment(path, map_size=MAP_BYTES, max_dbs=len(layout.TABLES), max_readers=READERS)
        self._env = self._opened.env
        self._closing = self._opened.close_with(self)
        try:
            self._prepare()
        except BaseException:  # which holds this object for as long as it is looked at
            self._closing()
            raise

    def _prepare(self) -> None:
        with self._errors(), self._env.begin(write=True) as txn:  # else `open_db` waits with Python's lock held
            self._tables = {name: self._env.open_db(name.encode(), txn) for name in layout.TABLES}
        self.check_layout()

    @classmethod
    def open(cls, url: str, *, create: bool) -> "LmdbStore":
        """The store in the folder that `url` (`lmdb:FOLDER`) names."""
        path = Path(url.removeprefix("lmdb:")).resolve()
        if not create and not (path / "data.mdb").is_file():
            raise StoreError(f"there is no store in {path}: `python -m pipelines.profile --store {url}` makes one")
        with _opening:
            store = _open.get(path)
            if store is None or not store._opened.is_in_place():
                close_leftover(path)
                _make_folder(url, path)
                store = _open[path] = cls(url, path)
            return store

    def read(
        self, cells: Sequence[CellKey], ranges: Sequence[CellRange] = ()
    ) -> tuple[list[bytes | None], list[list[Cell]]]:
        with self._errors(), self._env.begin() as txn:
            values = [
                txn.get(_entry_key(key.table, key.key, key.family, key.qualifier), db=self._tables[key.table])
                for key in cells
            ]
            return values, [self._read_range(txn, asked) for asked in ranges]

    def _read_range(self, txn: Any, asked: CellRange) -> list[Cell]:
        prefix = asked.key + _FAMILY_CODES[asked.table][asked.family]
        with txn.cursor(self._tables[asked.table]) as cursor:
            return list(takewhile(asked.holds, _read_cells(cursor, asked.table, prefix, asked.start)))

    def rows(self, table: str, keys: Sequence[bytes], families: Sequence[str] | None = None) -> dict[bytes, Row]:
        with self._errors(), self._env.begin() as txn, txn.cursor(self._tables[table]) as cursor:
            return _read_rows(cursor, table, keys, families)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, families: Sequence[str] | None = None
    ) -> Iterator[tuple[bytes, Row]]:
        with self._errors(), self._env.begin() as txn, txn.cursor(self._tables[table]) as cursor:
            more = cursor.set_range(start)
            while more:
                key = cursor.key()[: layout.KEY_BYTES]
                if stop is not None and key >= stop:
                    return
                row = _read_row(cursor, table, key, families)
                if row:
                    yield key, row
                following = layout.after(key)
                more = following is not None and cursor.set_range(following)

    def write(self, table: str, rows: Iterable[tuple[bytes, Row]]) -> None:
        entries = (
            (_entry_key(table, key, cell.family, cell.qualifier), cell.value) for key, row in rows for cell in row
        )
        with self._errors(), self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            cursor.putmulti(entries)

    def update(self, table: str, keys: Sequence[bytes], change: Change) -> None:
        with self._errors(), self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            existing = _read_rows(cursor, table, keys, None)
            for key, row in change(existing):
                self._replace(cursor, table, key, existing.get(key, ()), row)

    def _replace(self, cursor: Any, table: str, key: bytes, old: Row, new: Row) -> None:
        if not old:
            cursor.putmulti([(_entry_key(table, key, family, column), value) for family, column, value in new])
            return
        before = {(cell.family, cell.qualifier): cell.value for cell in old}
        for family, qualifier, value in new:
            if before.pop((family, qualifier), None) != value:
                cursor.put(_entry_key(table, key, family, qualifier), value)
        for family, qualifier in before:
            cursor.set_key(_entry_key(table, key, family, qualifier))
            cursor.delete()

    def delete(self, table: str, key: bytes) -> None:
        with self._errors(), self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            while cursor.set_range(key) and cursor.key().startswith(key):
                cursor.delete()

    def clear(self, table: str) -> None:
        with self._errors(), self._env.begin(write=True) as txn:
            txn.drop(self._tables[table], delete=False)

    def close(self) -> None:
        with _opening:
            if _open.get(self.path) is self:
                del _open[self.path]
            self._closing()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except lmdb.MapFullError as error:
            raise StoreError(f"store {self.url} has reached its limit of {MAP_BYTES >> 30} GiB") from error
        except (lmdb.Error, OSError) as error:
            raise StoreError(f"store {self.url}: {error}{_remedy(str(error))}") from error


def _make_folder(url: str, path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"store {url}: cannot make the folder {path}: {error.strerror}") from error


def _remedy(message: str) -> str:
    # A write that found room for its first part only is an input/output error to LMDB.
    if any(os.strerror(code) in message for code in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO)):
        return ": make room, or choose another place with --store, and run again; what was committed is intact"
    return ""


def _entry_key(table: str, key: bytes, family: str, qualifier: bytes) -> bytes:
    return key + _FAMILY_CODES[table][family] + qualifier


def _read_rows(cursor: Any, table: str, keys: Sequence[bytes], families: Sequence[str] | None) -> dict[bytes, Row]:
    found = ((key, _read_row(cursor, table, key, families)) for key in keys)
    return {key: row for key, row in found if row}


def _read_row(cursor: Any, table: str, key: bytes, families: Sequence[str] | None) -> list[Cell]:
    if families is None:
        return list(_read_cells(cursor, table, key))
    ordered = [family for family in layout.TABLES[table] if family in families]
    return [cell for family in ordered for cell in _read_cells(cursor, table, key + _FAMILY_CODES[table][family])]


def _read_cells(cursor: Any, table: str, prefix: bytes, start: bytes = b"") -> Iterator[Cell]:
    if not cursor.set_range(prefix + start):
        return
    families = layout.TABLES[table]
    for entry, value in cursor.iternext():
        if not entry.startswith(prefix):
            return
        yield Cell(families[entry[layout.KEY_BYTES]], entry[layout.KEY_BYTES + 1 :], value)


_FAMILY_CODES = {
    table: {family: bytes([code]) for code, family in enumerate(families)} for table, families in layout.TABLES.items()
}
