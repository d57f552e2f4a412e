"""The numbers of column families in an LMDB store: each store keeps its own, so that families may be added to it.

An entry's key holds a byte for the family. A store from before numbers were kept has those of its layout.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from store import layout

SETTING = "families"

_LAYOUT_2 = (
    *("profile", "history", "playsperday", "topartistspermonth", "topalbumspermonth", "toptrackspermonth"),
    *("topartistsperyear", "topalbumsperyear", "toptracksperyear", "deletions"),
)


class Families:
    """The families of each table, by number.

    Attributes:
        names: of each table, in the order of their numbers.
    """

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self.names = {table: tuple(families) for table, families in names.items()}
        self._codes = {
            (table, family): bytes([code])
            for table, families in self.names.items()
            for code, family in enumerate(families)
        }
        self._ordered = {table for table, families in self.names.items() if _is_ordered(table, families)}

    def code(self, table: str, family: str) -> bytes | None:
        """The byte that stands for a family; None if the store has none of this name."""
        return self._codes.get((table, family))

    def name(self, table: str, code: int) -> str | None:
        """The family of a number; None if this program knows none of this name."""
        names = self.names[table]
        return names[code] if code < len(names) and names[code] in layout.TABLES[table] else None

    def is_ordered(self, table: str) -> bool:
        """Whether the numbers of a table's families ascend as in the layout."""
        return table in self._ordered

    def with_all(self, table: str, families: Iterable[str]) -> "Families":
        """The numbers when some families have one too."""
        names = dict.fromkeys([*self.names[table], *families])
        return Families({**self.names, table: tuple(names)})

    def __str__(self) -> str:
        return json.dumps(self.names)


def _is_ordered(table: str, families: Sequence[str]) -> bool:
    known = [layout.TABLES[table].index(family) for family in families if family in layout.TABLES[table]]
    return known == sorted(known)


def decode(version: str | None, text: str | None) -> Families:
    """The families that the settings of a store tell of: its layout's version, and what it keeps of families."""
    kept: Any = json.loads(text) if text else {}
    old = {layout.USERS: _LAYOUT_2} if version in layout.UPGRADED else {}
    return Families({**layout.TABLES, **old, **kept})
