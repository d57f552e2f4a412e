"""The recent listens in a store: what a stream begins with, and what a job over files makes its charts of."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipelines.trending.listens import Rows, rows_of, within
from pipelines.trending.windows import AHEAD, HOUR, LATENESS, LONGEST
from schemas import avro
from schemas.catalogue import CATALOGUE
from store import Row, Store, layout
from store.profiles import deletions, union

AT_ONCE = 1000
"""Users whose rows are read together."""


class Recent(NamedTuple):
    """The users whose listens may matter to windows which are still open.

    Attributes:
        since: the first second of the earliest such window.
        keys: row keys of users who listened since then, or deleted listens.
    """

    since: int
    keys: list[bytes]


def find(store: Store) -> Recent | None:
    """The recent users of a store; None if it has no listens. Raises StoreError."""
    last: dict[bytes, int] = {}
    deleting: list[bytes] = []
    for key, row in store.scan(layout.USERS, families=["profile", deletions.FAMILY]):
        last.update((key, time) for time in _last_listen(row))
        if row[-1].family == deletions.FAMILY:
            deleting.append(key)
    times = np.array([*last.values()], np.int64)
    possible = times[times < time.time() + AHEAD]
    if not len(possible):
        return None
    since = max(int(possible.max()) // HOUR * HOUR - LONGEST - LATENESS, 0)
    return Recent(since, sorted({*deleting, *(key for key, time in last.items() if time >= since)}))


def _last_listen(row: Row) -> Iterator[int]:
    topic = CATALOGUE["lastlisten"]
    return (avro.decode(topic.value, cell.value) for cell in row if cell.qualifier == topic.place.column)


def read(store: Store, recent: Recent) -> Iterator[Rows]:
    """The listens and deletions of the recent users, some users at a time. Raises StoreError."""
    for start in range(0, len(recent.keys), AT_ONCE):
        keys = recent.keys[start : start + AT_ONCE]
        existing = store.rows(layout.USERS, keys, families=["history", deletions.FAMILY])
        gone = deletions.stored(existing)
        yield within(rows_of(union.stored(existing), gone.taken, gone.erased), recent.since)
