"""What users play, from their histories: each item once, with its plays and the day of the last one."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.topics import CATALOGUE
from serving.recommender.graph import Plays
from store.compiled import jit
from store.hashing import number_items, room
from store.histories.months import Events, unpack
from store.interface import Row
from store.layout import VERSION
from store.profiles.windows import DAY

FIELDS = ("artist", "album", "track")

_HISTORY = CATALOGUE["listeningevents"].place.family
FAMILIES = (VERSION[0], _HISTORY)
"""The families of a row of `users` that are read."""


def version_of(row: Row) -> int:
    """The version of a row of `users`; 0 of one that has none, since it has no history."""
    found = next((cell.value for cell in row if (cell.family, cell.qualifier) == VERSION), b"")
    return int.from_bytes(found, "big")


def events_of(row: Row) -> Events:
    """The events in a row of `users`."""
    return unpack([cell.value for cell in row if cell.family == _HISTORY])


def plays_of(rows: Sequence[Row]) -> Mapping[str, Plays]:
    """What users play, by field, from their rows."""
    events = [events_of(row) for row in rows]
    starts = np.concatenate([[0], np.cumsum([len(one.timestamps) for one in events], dtype=np.int64)])
    times = _joined([one.timestamps for one in events])
    columns = {"artist": 2, "album": 3, "track": 1}
    most = int(np.diff(starts).max(initial=0))
    work = room(most)
    return {
        field: Plays(*_group(_joined([e[columns[field]] for e in events]), times, starts, *work)) for field in FIELDS
    }


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


@jit
def _group(ids, times, starts, table, number, distinct):  # type: ignore[no-untyped-def]
    items, plays, days = np.empty(len(ids), np.int64), np.zeros(len(ids), np.uint32), np.zeros(len(ids), np.uint16)
    ends = np.zeros(len(starts), np.int64)
    n = 0
    for user in range(len(starts) - 1):
        lo, hi = starts[user], starts[user + 1]
        found = number_items(ids, lo, hi, number, distinct, table)
        rank = np.empty(found, np.int64)
        order = np.argsort(distinct[:found])
        for r in range(found):
            items[n + r] = distinct[order[r]]
            rank[order[r]] = n + r
        for i in range(lo, hi):
            edge = rank[number[i - lo]]
            plays[edge] += np.uint32(1)
            days[edge] = max(days[edge], np.uint16(min(times[i] // DAY, 65535)))
        n += found
        ends[user + 1] = n
    return ends, items[:n].copy(), plays[:n].copy(), days[:n].copy()
