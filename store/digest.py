"""A digest of what a store holds, to compare stores with."""

import hashlib

from store import layout
from store.interface import Store


def digest(store: Store) -> str:
    """SHA-256 over all cells of the data in key order, as hexadecimal digits: equal if and only if the data is."""
    total = hashlib.sha256()
    for table in layout.DATA:
        for key, row in store.scan(table):
            for cell in row:
                if cell.family == layout.LIVE:
                    continue
                for part in (table.encode(), key, cell.family.encode(), cell.qualifier, cell.value):
                    total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()
