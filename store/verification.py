"""Whether a store holds what it must: each row what follows from its history, and each name a value of its type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas.events import ITEMS
from schemas.wire import avro
from store import layout
from store.histories.deletions import FAMILY as DELETIONS
from store.histories.months import are_packed
from store.interface import Row, Store
from store.profiles import union

CHUNK_BYTES = 4 << 20
"""Of the cells of rows which are derived again together."""


@dataclass(frozen=True)
class Damage:
    """A cell that is not what it must be."""

    table: str
    key: bytes
    family: str
    qualifier: bytes
    what: str

    def __str__(self) -> str:
        name = self.qualifier.decode() if self.qualifier.isalnum() else self.qualifier.hex()
        return f"{self.table}, row {int.from_bytes(self.key, 'big')}, {self.family}:{name}: {self.what}"


@dataclass
class Report:
    """What was looked at, and what is wrong."""

    users: int = 0
    names: int = 0
    damages: list[Damage] = field(default_factory=list)


def verify(store: Store) -> Report:
    """Reads all data of a store, and derives again what follows from the histories.

    Rows that are written meanwhile are seen as they were at one moment.

    Raises:
        StoreError: the store cannot be read.
    """
    report = Report()
    for rows in _chunks(store):
        report.users += len(rows)
        report.damages += _damages(store, rows)
    for table in ITEMS.values():
        for key, row in store.scan(table):
            report.names += 1
            report.damages += _of_names(table, key, row)
    return report


def _chunks(store: Store) -> Iterator[dict[bytes, Row]]:
    rows: dict[bytes, Row] = {}
    size = 0
    for key, row in store.scan(layout.USERS):
        rows[key] = row
        size += sum(len(cell.value) for cell in row)
        if size > CHUNK_BYTES:
            yield rows
            rows, size = {}, 0
    if rows:
        yield rows


def _damages(store: Store, rows: Mapping[bytes, Row]) -> Iterator[Damage]:
    torn = {key: [*_torn(key, row)] for key, row in rows.items()}
    whole = {key: row for key, row in rows.items() if not torn[key]}
    derived = dict(union.derived(store, whole))
    for key, row in rows.items():
        yield from torn[key] or _differences(key, row, derived.get(key, ()))


def _torn(key: bytes, row: Row) -> Iterator[Damage]:
    """The cells from which nothing can be derived."""
    months = [cell for cell in row if cell.family == "history"]
    for cell, good in zip(months, are_packed([cell.value for cell in months]), strict=True):
        if not good:
            yield Damage(layout.USERS, key, cell.family, cell.qualifier, "it is torn: take the row from a copy")


def _differences(key: bytes, row: Row, derived: Row) -> Iterator[Damage]:
    """The cells that are not as the history says."""
    stored, expected = ({cell[:2]: cell.value for cell in cells} for cells in (row, derived))
    if stored.get(layout.VERSION) != expected.get(layout.VERSION):
        yield Damage(layout.USERS, key, *layout.VERSION, "the history is not the one that the row was written with")
        return
    for family, qualifier in sorted(stored.keys() | expected.keys()):
        if stored.get((family, qualifier)) != expected.get((family, qualifier)) and family != DELETIONS:
            yield Damage(layout.USERS, key, family, qualifier, "it does not follow from the history")


def _of_names(table: str, key: bytes, row: Row) -> Iterator[Damage]:
    for cell in row:
        if cell.value and not _is_item(cell.value, int.from_bytes(key, "big")):
            yield Damage(table, key, cell.family, cell.qualifier, "it is no name of this item")


def _is_item(data: bytes, key: int) -> bool:
    try:
        return bool(avro.decode("Item", data)["id"] == key)
    except Exception:
        return False
