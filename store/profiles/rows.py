"""Rows of the table `users` from sets of events: everything the store says about a user is computed here."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from store import layout
from store.histories.event_set import EventSet
from store.interface import Cell, Row
from store.profiles import encoder
from store.profiles.encoder import BUCKETED, PROFILE

_FAMILIES = layout.TABLES[layout.USERS][1:-1]


@dataclass(frozen=True)
class Rows:
    """Rows of users.

    Attributes:
        events: what the rows were computed from.
        cells, buffer: as `encoder.encoded` makes them.
    """

    events: EventSet
    cells: NDArray[np.int64]
    buffer: NDArray[np.uint8]

    def __iter__(self) -> Iterator[tuple[bytes, Row]]:
        return self._rows(self.cells)

    def without(self, users: NDArray[np.int64]) -> Iterator[tuple[bytes, Row]]:
        """The rows of all but some users."""
        wanted = ~np.isin(self.events.users, users)
        return self._rows(self.cells if wanted.all() else self.cells[wanted[self.cells[:, 0]]])

    def _rows(self, cells: NDArray[np.int64]) -> Iterator[tuple[bytes, Row]]:
        keys = [layout.row_key(user) for user in self.events.users.tolist()]
        data = self.buffer.tobytes()
        row: list[Cell] = []
        current = int(cells[0, 0]) if len(cells) else 0
        for user, code, bucket, start, end in zip(*cells.T.tolist(), strict=True):  # makes fewer objects than rows
            if user != current:
                yield keys[current], row
                current, row = user, []
            family, qualifier = (
                ("profile", PROFILE[code]) if code < BUCKETED else (_FAMILIES[code - BUCKETED], layout.bucket(bucket))
            )
            row.append(Cell(family, qualifier, data[start:end]))
        if row:
            yield keys[current], row


def rows_of(events: EventSet, k: int, *, whole: bool) -> Rows:
    """The rows of the users of `events`.

    Args:
        events: all events of these users.
        k: length of the charts.
        whole: with histories and windows; else only the profiles.
    """
    return Rows(events, *encoder.encoded(events, k, whole=whole))
