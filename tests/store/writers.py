"""Processes that write to a store while others look: `python -m tests.store.writers ROLE URL ARGUMENT`."""

import sys

from store import Cell, Row, Store, open_store
from store.layout import USERS, row_key

FAMILIES = ("profile", "history", "playsperday")
CELLS = 20


def row_of(generation: int) -> Row:
    """A row all of whose cells carry one number; more cells the higher it is, up to a point."""
    value = b"%d" % generation
    cells = [Cell(family, bytes([i]), value * 100) for family in FAMILIES[1:] for i in range(1 + generation % CELLS)]
    return [Cell("profile", b"version", value), *cells]


def generation_of(row: Row) -> int:
    """The number that the row carries; AssertionError if it is not whole."""
    generation = int(row[0].value)
    assert row == row_of(generation)
    return generation


def replace_forever(store: Store, last: int) -> None:
    """Writes one row, over and over."""
    for generation in range(1, last + 1):
        store.update(USERS, [row_key(1)], lambda _, g=generation: [(row_key(1), row_of(g))])  # type: ignore[misc]


def count_up(store: Store, times: int) -> None:
    """Adds 1 to each of five rows, again and again."""
    keys = [row_key(i) for i in range(5)]

    def plus_one(existing: dict[bytes, Row]) -> list[tuple[bytes, Row]]:
        before = {key: generation_of(existing[key]) if key in existing else 0 for key in keys}
        return [(key, row_of(before[key] + 1)) for key in keys]

    for _ in range(times):
        store.update(USERS, keys, plus_one)  # type: ignore[arg-type]


def load(store: Store, rows: int) -> None:
    """Writes new rows in batches, for as long as it lives."""
    for start in range(0, rows, 10):
        keys = [row_key(i) for i in range(start, start + 10)]
        store.update(USERS, keys, lambda _, keys=keys: [(key, row_of(19)) for key in keys])  # type: ignore[misc]


ROLES = {"replace": replace_forever, "count": count_up, "load": load}

if __name__ == "__main__":
    ROLES[sys.argv[1]](open_store(sys.argv[2]), int(sys.argv[3]))
