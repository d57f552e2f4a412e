"""A key-value store in Bigtable's model: tables, rows in key order, cells in column families.

Two homes behind one interface: LMDB in a folder, and Google Bigtable or its emulator. `open_store` chooses by URL.
"""

from store.interface import Cell, CellKey, CellRange, Change, Row, Store, StoreAwayError, StoreError
from store.urls import DEFAULT_STORE, open_store

__all__ = [
    "DEFAULT_STORE",
    "Cell",
    "CellKey",
    "CellRange",
    "Change",
    "Row",
    "Store",
    "StoreAwayError",
    "StoreError",
    "open_store",
]
