"""A key-value store in Bigtable's model: tables, rows in key order, cells in column families.

Two homes behind one interface: LMDB in a folder, and Google Bigtable or its emulator. `open_store` chooses by URL.
"""

from typing import TYPE_CHECKING, Any

from store.interface import Amend, Cell, CellKey, CellRange, Change, Row, Store, StoreAwayError, StoreError
from store.urls import DEFAULT_STORE, open_store

if TYPE_CHECKING:
    from store.topic_table import table

__all__ = [
    "DEFAULT_STORE",
    "Amend",
    "Cell",
    "CellKey",
    "CellRange",
    "Change",
    "Row",
    "Store",
    "StoreAwayError",
    "StoreError",
    "open_store",
    "table",
]


def __getattr__(name: str) -> Any:
    """`table`, imported when it is asked for: Arrow takes a while."""
    if name != "table":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from store.topic_table import table

    return table
