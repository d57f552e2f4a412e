"""Names of items from files and from topics: the latest from a topic stands over all from files, whichever comes first.

A name that came by a topic lies in its row twice: where names are read, and in the family `live`. Whoever brings names
from files writes them blindly, and then puts back what they may have covered. Only a store into which names have been
streamed, which its setting says, needs that.
"""

from collections.abc import Iterator, Mapping, Sequence

from schemas.wire import avro
from store import layout
from store.interface import Cell, Row, Store

SETTING, STREAMED = "names", "streamed"

_ITEM = ("item", b"item")
_AT_ONCE = 10_000


def expect_live(store: Store) -> None:
    """Notes that names from topics will be written."""
    store.set_setting(SETTING, STREAMED)


def write_live(store: Store, table: str, names: Mapping[int, str | None]) -> None:
    """Writes the latest names from a topic, by id; None takes a name away."""
    named = {item: avro.encode("Item", {"id": item, "name": name}) for item, name in names.items() if name is not None}
    store.write(table, ((layout.row_key(item), _row(value)) for item, value in named.items()))
    nameless = [layout.row_key(item) for item, name in names.items() if name is None]
    if nameless:
        store.update(table, nameless, lambda _: [(key, [Cell(layout.LIVE, b"item", b"")]) for key in nameless])


def write_from_files(store: Store, table: str, keys: Sequence[bytes], items: Sequence[bytes]) -> None:
    """Writes names from files: the encoded Items of `keys`."""
    store.write_column(table, *_ITEM, keys, items)
    if store.setting(SETTING) == STREAMED:
        for start in range(0, len(keys), _AT_ONCE):
            _restore(store, table, keys[start : start + _AT_ONCE])


def _row(value: bytes) -> Row:
    return [Cell(*_ITEM, value), Cell(layout.LIVE, b"item", value)]


def _restore(store: Store, table: str, keys: Sequence[bytes]) -> None:
    """Puts names from topics back in place, until none has changed meanwhile."""
    while covered := dict(_covered(store.rows(table, keys))):
        store.write(table, ((key, _row(value)[:1]) for key, value in covered.items() if value))
        nameless = [key for key, value in covered.items() if not value]
        if nameless:
            store.update(table, nameless, lambda existing: ((key, existing[key][1:]) for key in existing))
        keys = [*covered]


def _covered(rows: Mapping[bytes, Row]) -> Iterator[tuple[bytes, bytes]]:
    """The rows, and their names from topics, which are read as another name."""
    for key, row in rows.items():
        cells = {cell.family: cell.value for cell in row}
        live = cells.get(layout.LIVE)
        if live is not None and cells.get("item", b"") != live:
            yield key, live
