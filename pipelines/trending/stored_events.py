"""The recent listens in a store: what a stream begins with, and what a job over files makes its charts of."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipelines.trending.levels import Rows
from pipelines.trending.recent_set import rows_of, within
from pipelines.trending.triggers import AHEAD, HOUR, LATENESS, LONGEST
from schemas.topics import CATALOGUE
from schemas.wire import avro
from store import Row, Store, layout
from store.histories import deletions
from store.profiles import union

AT_ONCE = 1000
"""Users whose rows are read together."""


class Activity(NamedTuple):
    """When the users of a store listened last, and who deleted listens, by row key."""

    last: dict[bytes, int]
    deleting: set[bytes]

    @property
    def since(self) -> int | None:
        """The first second of the earliest window that may still be open; None if there are no listens."""
        times = np.array([*self.last.values()], np.int64)
        possible = times[times < time.time() + AHEAD]
        if not len(possible):
            return None
        return max(int(possible.max()) // HOUR * HOUR - LONGEST - LATENESS, 0)


def activity(store: Store) -> Activity:
    """The activity of all users. Raises StoreError."""
    found = Activity({}, set())
    for key, row in store.scan(layout.USERS, families=["profile", deletions.FAMILY]):
        found.last.update((key, last) for last in _last_listen(row))
        if row[-1].family == deletions.FAMILY:
            found.deleting.add(key)
    return found


def _last_listen(row: Row) -> Iterator[int]:
    topic = CATALOGUE["lastlisten"]
    return (avro.decode(topic.value, cell.value) for cell in row if cell.qualifier == topic.place.column)


def read(store: Store, found: Activity, since: int) -> Iterator[Rows]:
    """The listens and deletions of all users from `since` on, some users at a time. Raises StoreError."""
    recent = sorted(found.deleting | {key for key, last in found.last.items() if last >= since})
    for start in range(0, len(recent), AT_ONCE):
        keys = recent[start : start + AT_ONCE]
        existing = store.rows(layout.USERS, keys, families=["history", deletions.FAMILY])
        gone = deletions.stored(existing)
        yield within(rows_of(union.stored(existing), gone.taken, gone.erased), since)
