"""The users whom a store knows, last active ones first."""

import threading
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.topics import CATALOGUE
from schemas.wire import avro
from store import Store
from store.layout import USERS

FRESH = 5.0
"""Seconds for which a scan is good enough."""

IDLE = 20
"""How many times as long as a scan took the next one waits: scanning takes at most a twentieth of a processor."""


class KnownUsers(NamedTuple):
    """All users, in descending order of their last listen, then in ascending order of their ids.

    Attributes:
        as_of: when it was read, in seconds since the epoch.
        users: int64[users].
        last: int64[users], the time of the last listen.
    """

    as_of: int
    users: NDArray[np.int64]
    last: NDArray[np.int64]

    def answer(self, prefix: str, limit: int) -> dict[str, Any]:
        """The users whose id begins with these digits: how many there are, and the first of them."""
        found = np.flatnonzero(np.char.startswith(self.users.astype(str), prefix)) if prefix else range(len(self.users))
        users = [{"userId": int(self.users[i]), "lastListenEvent": int(self.last[i])} for i in found[:limit]]
        return {"asOf": self.as_of, "countUsers": len(found), "users": users}


class RecentUsers:
    """The last scan of a store's users, which is made again when it is asked for and too old."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._good_until = -1.0
        self._activity = KnownUsers(0, np.empty(0, np.int64), np.empty(0, np.int64))

    def get(self) -> KnownUsers:
        """A scan that is FRESH, or as fresh as a store of this size allows. Raises StoreError."""
        with self._lock:
            begin = time.monotonic()
            if begin >= self._good_until:
                self._activity = scan(self._store)
                end = time.monotonic()
                self._good_until = end + max(FRESH, IDLE * (end - begin))
            return self._activity


def scan(store: Store) -> KnownUsers:
    """Reads the last listens of all users. Raises StoreError."""
    as_of = int(time.time())
    topic = CATALOGUE["lastlisten"]
    found = [
        (int.from_bytes(key, "big"), avro.decode(topic.value, cell.value))
        for key, row in store.scan(USERS, families=[topic.place.family])
        for cell in row
        if cell.qualifier == topic.place.column
    ]
    users, last = np.array(found, np.int64).reshape(-1, 2).T
    order = np.lexsort((users, -last))
    return KnownUsers(as_of, users[order], last[order])
