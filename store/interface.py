"""What every home of the store offers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from store import layout

LAYOUT_SETTING = "layout"


class CellKey(NamedTuple):
    """Which cell: the table, the row, the column."""

    table: str
    key: bytes
    family: str
    qualifier: bytes


class CellRange(NamedTuple):
    """Which cells: those of a column family of a row with `start <= qualifier`, and `< stop` if there is a stop."""

    table: str
    key: bytes
    family: str
    start: bytes = b""
    stop: bytes | None = None

    def holds(self, cell: "Cell") -> bool:
        """Whether a cell of the row is one of them."""
        below = self.stop is None or cell.qualifier < self.stop
        return cell.family == self.family and cell.qualifier >= self.start and below


class Cell(NamedTuple):
    """One cell of a row."""

    family: str
    qualifier: bytes
    value: bytes


Row: TypeAlias = Sequence[Cell]
"""The cells of a row, ordered by family as in the layout, then by qualifier."""

Change: TypeAlias = Callable[[Mapping[bytes, Row]], Iterable[tuple[bytes, Row]]]
"""From the rows that exist, by key, to the rows as they shall be: whole, so what is not in them is deleted."""


class Amendment(NamedTuple):
    """What changes in a row that exists.

    Attributes:
        version: that the row had when what follows was made of it.
        cells: to be set; cells that are not named stay.
        deleted: families and qualifiers of cells that go.
    """

    key: bytes
    version: bytes
    cells: Row
    deleted: Sequence[tuple[str, bytes]]


Read: TypeAlias = Callable[[Sequence[CellKey], Sequence[CellRange]], tuple[list[bytes | None], list[list[Cell]]]]
"""Reads cells and ranges of rows, as `Store.read` does."""

Amend: TypeAlias = Callable[[Read, Sequence[bytes]], Iterable[Amendment]]
"""From what it reads of rows to what changes in them; rows it does not name stay as they are."""


class StoreError(Exception):
    """The store cannot do what was asked; says which store, why, and the remedy."""


class StoreAwayError(StoreError):
    """The store does not answer: it may do what was asked when it is back."""


class Store(ABC):
    """Tables of rows; a row is always read and written as a whole or not at all.

    All methods raise StoreError when the store cannot be reached, is full or is damaged.
    """

    url: str

    @abstractmethod
    def read(
        self, cells: Sequence[CellKey], ranges: Sequence[CellRange] = ()
    ) -> tuple[list[bytes | None], list[list[Cell]]]:
        """Many cells of any tables in one read, in the order asked.

        Returns:
            The value of each of `cells`, None where there is no such cell, and for each of `ranges` what is in it, by
            qualifier.
        """

    def get(self, keys: Sequence[CellKey]) -> list[bytes | None]:
        """The values of many cells of any tables in one read, in the order asked; None where there is no cell."""
        return self.read(keys)[0]

    @abstractmethod
    def rows(self, table: str, keys: Sequence[bytes], families: Sequence[str] | None = None) -> dict[bytes, Row]:
        """The rows of `keys` that exist, whole or only some of their families."""

    @abstractmethod
    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, families: Sequence[str] | None = None
    ) -> Iterator[tuple[bytes, Row]]:
        """All rows with `start <= key < stop`, in key order."""

    @abstractmethod
    def write(self, table: str, rows: Iterable[tuple[bytes, Row]]) -> None:
        """Sets cells, blindly: other cells of the rows stay. All rows are written, or StoreError is raised."""

    def write_column(
        self, table: str, family: str, qualifier: bytes, keys: Sequence[bytes], values: Sequence[bytes]
    ) -> None:
        """Sets one column of many rows, as `write` does; a home may do it faster."""
        cells = (Cell(family, qualifier, value) for value in values)
        self.write(table, ((key, (cell,)) for key, cell in zip(keys, cells, strict=True)))

    @abstractmethod
    def update(self, table: str, keys: Sequence[bytes], change: Change) -> None:
        """Replaces rows by what `change` makes of them: read and write are one atomic step for each row.

        `change` may be called again for keys whose rows another writer changed meanwhile.
        """

    @abstractmethod
    def amend(self, table: str, keys: Sequence[bytes], change: Amend) -> None:
        """Changes some cells of rows: read and write are one atomic step for each row, which has a version.

        `change` may be called again with keys whose rows another writer changed meanwhile.
        """

    @abstractmethod
    def delete(self, table: str, key: bytes) -> None:
        """Deletes a row, if it exists."""

    @abstractmethod
    def clear(self, table: str) -> None:
        """Deletes all rows of a table."""

    @abstractmethod
    def close(self) -> None:
        """Gives up what the store holds of this process."""

    def setting(self, name: str) -> str | None:
        """A setting that belongs to the stored data."""
        (value,) = self.get([_setting(name)])
        return None if value is None else value.decode()

    def set_setting(self, name: str, value: str) -> None:
        """Keeps a setting with the stored data."""
        cell = _setting(name)
        self.write(layout.META, [(cell.key, [Cell(cell.family, cell.qualifier, value.encode())])])

    @abstractmethod
    def add_families(self, names: Iterable[str]) -> None:
        """Makes sure that the table of users has some families; from then on the store has the present layout."""

    def check_layout(self) -> None:
        """Marks a new store with the layout's version, or refuses one that this program cannot read."""
        found = self.setting(LAYOUT_SETTING)
        if found is None:
            self.add_families(layout.TABLES[layout.USERS])
        elif found != layout.LAYOUT and found not in layout.UPGRADED:
            raise StoreError(
                f"store {self.url} has layout version {found}, this program reads and writes version {layout.LAYOUT}: "
                "use the version of the program that wrote it, or a later one"
            )


def _setting(name: str) -> CellKey:
    return CellKey(layout.META, layout.row_key(0), "setting", name.encode())


def by_layout(table: str, cells: Iterable[Cell]) -> list[Cell]:
    """Cells in the order of a Row."""
    families = layout.TABLES[table]
    return sorted(cells, key=lambda cell: (families.index(cell.family), cell.qualifier))
