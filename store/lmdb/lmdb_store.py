"""The store in a folder, as an LMDB environment: one process writes at a time, any number read without waiting.

A table is a named database; a cell is an entry under (row key, number of the family, qualifier), so a row and each
family of it lie together. Readers see the last commit, hence whole rows.
"""

import errno
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import lmdb

from store import layout
from store.interface import LAYOUT_SETTING, Amend, Cell, CellKey, CellRange, Change, Row, Store, StoreError, by_layout
from store.lmdb import families
from store.lmdb.environment import Environment, close_leftover

MAP_BYTES = 1 << 40
"""Upper limit of the file. Address space only: the file grows as it is filled."""

READERS = 1024

_LAST_QUALIFIER = b"\xff" * 512
"""Above all qualifiers: LMDB takes no longer keys."""

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
            self._families = self._kept_families(txn)
        self.check_layout()

    def _kept_families(self, txn: Any) -> families.Families:
        version, text = (
            txn.get(layout.row_key(0) + b"\0" + name.encode(), db=self._tables[layout.META])
            for name in (LAYOUT_SETTING, families.SETTING)
        )
        return families.decode(version and version.decode(), text and text.decode())

    def add_families(self, names: Iterable[str]) -> None:
        with self._errors(), self._env.begin(write=True) as txn:
            found = self._kept_families(txn).with_all(layout.USERS, names)
            for name, value in ((families.SETTING, str(found)), (LAYOUT_SETTING, layout.LAYOUT)):
                txn.put(layout.row_key(0) + b"\0" + name.encode(), value.encode(), db=self._tables[layout.META])
        self._families = found

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
            return self._read(txn, cells, ranges)

    def _read(
        self, txn: Any, cells: Sequence[CellKey], ranges: Sequence[CellRange]
    ) -> tuple[list[bytes | None], list[list[Cell]]]:
        return self._read_values(txn, cells), self._read_ranges(txn, ranges)

    def _read_values(self, txn: Any, cells: Sequence[CellKey]) -> list[bytes | None]:
        found: dict[tuple[str, bytes], bytes] = {}
        keys = [(table, self._entry(txn, table, key, family, column)) for table, key, family, column in cells]
        for table in {cell.table for cell in cells}:
            with txn.cursor(self._tables[table]) as cursor:
                wanted = [entry for of, entry in keys if of == table and entry is not None]
                found.update(((table, entry), value) for entry, value in cursor.getmulti(wanted))
        return [found.get(key) for key in keys]  # type: ignore[arg-type]

    def _entry(self, txn: Any, table: str, key: bytes, family: str, column: bytes) -> bytes | None:
        """The key of a cell's entry; None if there is no such family."""
        code = self._families.code(table, family) or self._code(txn, table, family)
        return None if code is None else key + code + column

    def _read_ranges(self, txn: Any, ranges: Sequence[CellRange]) -> list[list[Cell]]:
        with ExitStack() as stack:
            tables = {asked.table for asked in ranges}
            cursors = {table: stack.enter_context(txn.cursor(self._tables[table])) for table in tables}
            return [self._read_range(txn, cursors[asked.table], asked) for asked in ranges]

    def _read_range(self, txn: Any, cursor: Any, asked: CellRange) -> list[Cell]:
        table, key, family, start, stop = asked
        prefix = self._entry(txn, table, key, family, b"")
        if prefix is None or not cursor.set_range(prefix + start):
            return []
        end, length = prefix + (_LAST_QUALIFIER if stop is None else stop), len(prefix)
        entries = takewhile(lambda entry: entry[0] < end, cursor.iternext())
        return [Cell(family, entry[length:], value) for entry, value in entries]

    def _code(self, txn: Any, table: str, family: str) -> bytes | None:
        """The byte of a family; another process may have given it one since the store was opened."""
        code = self._families.code(table, family)
        if code is None:
            self._families = self._kept_families(txn)
            code = self._families.code(table, family)
        return code

    def rows(self, table: str, keys: Sequence[bytes], families: Sequence[str] | None = None) -> dict[bytes, Row]:
        with self._errors(), self._env.begin() as txn, txn.cursor(self._tables[table]) as cursor:
            return self._read_rows(txn, cursor, table, keys, families)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, families: Sequence[str] | None = None
    ) -> Iterator[tuple[bytes, Row]]:
        with self._errors(), self._env.begin() as txn, txn.cursor(self._tables[table]) as cursor:
            more = cursor.set_range(start)
            while more:
                key = cursor.key()[: layout.KEY_BYTES]
                if stop is not None and key >= stop:
                    return
                row = self._read_row(txn, cursor, table, key, families)
                if row:
                    yield key, row
                following = layout.after(key)
                more = following is not None and cursor.set_range(following)

    def write(self, table: str, rows: Iterable[tuple[bytes, Row]]) -> None:
        with self._errors(), self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            cursor.putmulti(self._entries(txn, table, rows))

    def write_column(
        self, table: str, family: str, qualifier: bytes, keys: Sequence[bytes], values: Sequence[bytes]
    ) -> None:
        with self._errors(), self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            rest = self._known_code(txn, table, family) + qualifier
            cursor.putmulti([*zip([key + rest for key in keys], values, strict=True)])

    def _entries(self, txn: Any, table: str, rows: Iterable[tuple[bytes, Row]]) -> Iterator[tuple[bytes, bytes]]:
        codes: dict[str, bytes] = {}
        for key, row in rows:
            for family, qualifier, value in row:
                if family not in codes:
                    codes[family] = self._known_code(txn, table, family)
                yield key + codes[family] + qualifier, value

    def _known_code(self, txn: Any, table: str, family: str) -> bytes:
        code = self._families.code(table, family) or self._code(txn, table, family)
        if code is None:
            raise StoreError(f"store {self.url} has no family {family}: `python -m pipelines.recompute` brings it")
        return code

    def update(self, table: str, keys: Sequence[bytes], change: Change) -> None:
        with self._errors(), self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            existing = self._read_rows(txn, cursor, table, keys, None)
            for key, row in change(existing):
                self._replace(txn, cursor, table, key, existing.get(key, ()), row)

    def amend(self, table: str, keys: Sequence[bytes], change: Amend) -> None:
        with self._errors(), self._env.begin(write=True) as txn, txn.cursor(self._tables[table]) as cursor:
            for found in change(partial(self._read, txn), keys):
                cursor.putmulti(self._entries(txn, table, [(found.key, found.cells)]))
                for family, qualifier in found.deleted:
                    cursor.set_key(found.key + self._known_code(txn, table, family) + qualifier)
                    cursor.delete()

    def _replace(self, txn: Any, cursor: Any, table: str, key: bytes, old: Row, new: Row) -> None:
        if not old:
            cursor.putmulti(self._entries(txn, table, [(key, new)]))
            return
        before = {(cell.family, cell.qualifier): cell.value for cell in old}
        for family, qualifier, value in new:
            if before.pop((family, qualifier), None) != value:
                cursor.put(key + self._known_code(txn, table, family) + qualifier, value)
        for family, qualifier in before:
            cursor.set_key(key + self._known_code(txn, table, family) + qualifier)
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

    def _read_rows(
        self, txn: Any, cursor: Any, table: str, keys: Sequence[bytes], wanted: Sequence[str] | None
    ) -> dict[bytes, Row]:
        found = ((key, self._read_row(txn, cursor, table, key, wanted)) for key in keys)
        return {key: row for key, row in found if row}

    def _read_row(self, txn: Any, cursor: Any, table: str, key: bytes, wanted: Sequence[str] | None) -> list[Cell]:
        if wanted is None:
            cells = list(self._read_cells(txn, cursor, table, key))
            return cells if self._families.is_ordered(table) else by_layout(table, cells)
        codes = [self._code(txn, table, family) for family in layout.TABLES[table] if family in wanted]
        return [cell for code in codes if code for cell in self._read_cells(txn, cursor, table, key + code)]

    def _read_cells(self, txn: Any, cursor: Any, table: str, prefix: bytes, start: bytes = b"") -> Iterator[Cell]:
        if not cursor.set_range(prefix + start):
            return
        for entry, value in cursor.iternext():
            if not entry.startswith(prefix):
                return
            family = self._families.name(table, entry[layout.KEY_BYTES])
            if family is not None:  # else it is of a metric that this program does not know
                yield Cell(family, entry[layout.KEY_BYTES + 1 :], value)

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
