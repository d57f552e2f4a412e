"""The store in Google Bigtable, or in its emulator where the environment names one.

What is read goes through the official client, which assembles rows; what is written does not, see `bigtable_rpc`. What
failed is repeated here: the client would wait up to a minute in between, and longer than it takes to be back.
"""

import re
import threading
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.cloud.bigtable.data import BigtableDataClient, ReadRowsQuery, RowRange
from google.cloud.bigtable.data._sync_autogen._swappable_channel import SwappableChannel
from google.cloud.bigtable.data.row_filters import (
    BlockAllFilter,
    CellsColumnLimitFilter,
    ColumnQualifierRegexFilter,
    ColumnRangeFilter,
    FamilyNameRegexFilter,
    RowFilterChain,
    RowFilterUnion,
)

from store import layout
from store.bigtable import bulk, conditional
from store.bigtable.rpc import RECONNECT, Patience, Rpc, emulator, errors, passing
from store.bigtable.tables import Tables
from store.interface import LAYOUT_SETTING, Amend, Cell, CellKey, CellRange, Change, Row, Store, StoreError, by_layout

READ_SECONDS = 60.0
"""Time limit of one request that reads. A scan which takes longer goes on with another."""

MOST_COLUMNS = 64
"""Columns with names that are no words which a request asks for one by one; of more their families are asked for."""

_FORM = re.compile(r"bigtable://([\w.:-]+)/([\w-]+)")

_open: WeakValueDictionary[tuple[str, str | None], "BigtableStore"] = WeakValueDictionary()
_opening = threading.Lock()


class BigtableStore(Store):
    """The tables of one Bigtable instance. Of each URL a process has one, which its threads share."""

    def __init__(self, url: str, project: str, instance: str, *, create: bool) -> None:
        self.url = url
        name = f"projects/{project}/instances/{instance}"
        with errors(url):
            self._admin = Tables(name)
            self._prepare_tables(create=create)
            self._rpc = Rpc(name)
            self._client = _client(project)
            self._tables = {table: self._client.get_table(instance, table) for table in layout.TABLES}
        self._pool = ThreadPoolExecutor(len(layout.TABLES))
        self.check_layout()

    @classmethod
    def open(cls, url: str, *, create: bool) -> "BigtableStore":
        """The store that `url` (`bigtable://PROJECT/INSTANCE`) names."""
        match = _FORM.fullmatch(url)
        if match is None:
            raise StoreError(f"store {url!r} does not name a Bigtable instance: use bigtable://PROJECT/INSTANCE")
        with _opening:
            store = _open.get((url, emulator()))
            if store is None:
                store = _open[url, emulator()] = cls(url, *match.groups(), create=create)
            return store

    def _prepare_tables(self, *, create: bool) -> None:
        if create:
            self._admin.create()
        elif missing := self._admin.missing():
            raise StoreError(
                f"store {self.url} has no tables {', '.join(missing)}: "
                f"`python -m pipelines.profile --store {self.url}` makes them"
            )

    def read(
        self, cells: Sequence[CellKey], ranges: Sequence[CellRange] = ()
    ) -> tuple[list[bytes | None], list[list[Cell]]]:
        tables = [*dict.fromkeys([*(key.table for key in cells), *(asked.table for asked in ranges)])]
        side_by_side = self._pool.map if len(tables) > 1 else map
        with errors(self.url):
            found = dict(zip(tables, side_by_side(partial(self._read_cells, cells, ranges), tables), strict=True))
        values = {
            (table, key, cell.family, cell.qualifier): cell.value
            for table, rows in found.items()
            for key, row in rows.items()
            for cell in row
        }
        return [values.get(key) for key in cells], [
            [*filter(asked.holds, found[asked.table].get(asked.key, ()))] for asked in ranges
        ]

    def _read_cells(self, cells: Sequence[CellKey], ranges: Sequence[CellRange], table: str) -> dict[bytes, Row]:
        """Rows of one table, with those cells and ranges of theirs at least which are asked for."""
        single = [key for key in cells if key.table == table]
        several = [
            asked for asked in ranges if asked.table == table and (asked.stop is None or asked.start < asked.stop)
        ]
        filters = [_range_filter(*asked) for asked in {(r.family, r.start, r.stop) for r in several}]
        columns = {(key.family, key.qualifier) for key in single}
        if len(columns) <= MOST_COLUMNS and not all(qualifier.isalnum() for _, qualifier in columns):
            filters += [_range_filter(family, qualifier, qualifier + b"\0") for family, qualifier in columns]
        elif columns:
            filters.append(_filter({family for family, _ in columns}, {qualifier for _, qualifier in columns}))
        keys = {key.key for key in single} | {asked.key for asked in several}
        return self._read(table, keys, _any(filters)) if keys else {}

    def rows(self, table: str, keys: Sequence[bytes], families: Sequence[str] | None = None) -> dict[bytes, Row]:
        if not keys:
            return {}  # a query without keys would ask for all rows
        with errors(self.url):
            return self._read(table, keys, _filter(families))

    def _read(self, table: str, keys: Iterable[bytes], row_filter: Any) -> dict[bytes, Row]:
        query, patience = _query(table, row_filter, row_keys=[*keys]), Patience()
        while True:
            try:
                return {row.row_key: _row(table, row) for row in self._tables[table].read_rows(query, **_once())}
            except GoogleAPICallError as error:
                patience.wait(passing(error))

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, families: Sequence[str] | None = None
    ) -> Iterator[tuple[bytes, Row]]:
        row_filter, patience = _filter(families), Patience()
        with errors(self.url):
            while stop is None or start < stop:  # Bigtable refuses an empty range
                query = _query(table, row_filter, row_ranges=[RowRange(start or None, stop)])
                try:
                    for row in self._tables[table].read_rows_stream(query, **_once()):
                        yield row.row_key, _row(table, row)
                        start = row.row_key + b"\0"
                        patience.renew()
                except GoogleAPICallError as error:
                    patience.wait(passing(error))
                else:
                    return

    def write(self, table: str, rows: Iterable[tuple[bytes, Row]]) -> None:
        with errors(self.url):
            bulk.write(self._rpc, table, rows)

    def update(self, table: str, keys: Sequence[bytes], change: Change) -> None:
        def replace(pending: Sequence[bytes]) -> conditional.Outcome:
            existing = self.rows(table, pending)
            wanted = {*pending}
            changed = ((key, row) for key, row in change(existing) if key in wanted)
            with errors(self.url):
                return conditional.replace(self._rpc, table, existing, changed)

        self._until_done(keys, replace)

    def amend(self, table: str, keys: Sequence[bytes], change: Amend) -> None:
        def amend(pending: Sequence[bytes]) -> conditional.Outcome:
            amendments = [*change(self.read, pending)]
            with errors(self.url):
                return conditional.amend(self._rpc, table, amendments)

        self._until_done(keys, amend)

    def _until_done(self, keys: Iterable[bytes], write: Callable[[Sequence[bytes]], conditional.Outcome]) -> None:
        """Writes rows, and those again which another writer changed meanwhile, or that did not arrive."""
        pending, patience = set(keys), Patience()
        while pending:
            outcome = write(sorted(pending))
            if outcome.replaced:
                patience.renew()
            if outcome.error:
                with errors(self.url):
                    patience.wait(outcome.error)
            pending = set(outcome.undone)

    def add_families(self, names: Iterable[str]) -> None:
        with errors(self.url):
            self._admin.add_families(layout.USERS, [*names])
        self.set_setting(LAYOUT_SETTING, layout.LAYOUT)

    def delete(self, table: str, key: bytes) -> None:
        with errors(self.url):
            bulk.delete(self._rpc, table, key)

    def clear(self, table: str) -> None:
        with errors(self.url):
            self._admin.clear(table)

    def close(self) -> None:
        with _opening:
            for key in [key for key, store in _open.items() if store is self]:
                del _open[key]
        self._pool.shutdown()
        self._rpc.close()
        self._admin.close()
        for table in self._tables.values():
            table.close()
        self._client.close()


class _Client(BigtableDataClient):
    """The official client, which with the emulator takes messages of any size, as it does with Bigtable."""

    def _build_grpc_channel(self, *arguments: Any, **options: Any) -> Any:
        host = emulator()
        if host is None:
            return super()._build_grpc_channel(*arguments, **options)
        # The emulator sends a row in one message; a long history has more than the 4 MB that gRPC takes by default.
        unlimited = ("grpc.max_receive_message_length", -1)
        return SwappableChannel(partial(grpc.insecure_channel, host, [unlimited, *RECONNECT]))


def _client(project: str) -> BigtableDataClient:
    with warnings.catch_warnings():
        # It warns of the emulator, which the user has just asked for.
        warnings.filterwarnings("ignore", "Connecting to Bigtable emulator", RuntimeWarning)
        return _Client(project=project)


def _once() -> dict[str, Any]:
    """What makes the client send a request, and not repeat it."""
    return {"operation_timeout": READ_SECONDS, "attempt_timeout": READ_SECONDS, "retryable_errors": ()}


def _filter(families: Collection[str] | None, qualifiers: Collection[bytes] = ()) -> Any:
    """Lets one value of each column through, of some families only, and of some columns if their names are plain."""
    one = CellsColumnLimitFilter(1)
    parts: list[Any] = []
    if families is not None:
        parts.append(FamilyNameRegexFilter("|".join(map(re.escape, sorted(families)))))
    if qualifiers and all(qualifier.isalnum() for qualifier in qualifiers):
        parts.append(ColumnQualifierRegexFilter(b"|".join(sorted(qualifiers))))
    return RowFilterChain(filters=[*parts, one]) if parts else one


def _range_filter(family: str, start: bytes, stop: bytes | None) -> Any:
    """Lets one value through of each column of a family in a range."""
    columns = ColumnRangeFilter(family, start or None, stop, inclusive_end=None if stop is None else False)
    return RowFilterChain(filters=[columns, CellsColumnLimitFilter(1)])


def _any(filters: list[Any]) -> Any:
    """Lets through what any of the filters does, once."""
    if len(filters) == 1:
        return filters[0]
    return RowFilterChain(filters=[RowFilterUnion(filters=filters), CellsColumnLimitFilter(1)])


def _query(table: str, row_filter: Any, **rows: Any) -> ReadRowsQuery:
    """Asks for `rows` of a table; of users such that the emulator too sends each as it was at one moment.

    While it sends a row it goes through the list of column names which writers change, and so skips some when columns
    come or go (bttest v1.58.0, `row.copy`); for a union of filters it makes a list of its own.
    """
    if table == layout.USERS and emulator():
        row_filter = RowFilterUnion(filters=[row_filter, BlockAllFilter(True)])
    return ReadRowsQuery(row_filter=row_filter, **rows)


def _row(table: str, row: Any) -> Row:
    return by_layout(table, (Cell(cell.family, cell.qualifier, cell.value) for cell in row.cells))
