"""Metrics that a store does not have, or not as this program defines them: computed when they are read."""

import time
from collections.abc import Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from schemas.metrics import USER_METRICS
from store.histories.event_set import EventSet
from store.histories.months import unpack
from store.interface import Row, Store
from store.profiles import definitions
from store.profiles.definitions import Definition, define
from store.profiles.rows import cells_of

HISTORY = "history"
"""The family of the packed months."""

KNOWN_SECONDS = 1.0
"""For how long the definitions of a store are taken for what they were."""


class _Known(NamedTuple):
    at: float
    computed: Mapping[str, Definition]


_known: WeakKeyDictionary[Store, _Known] = WeakKeyDictionary()


def computed(store: Store) -> Mapping[str, Definition]:
    """The metrics that have to be computed when they are read, by topic; as of KNOWN_SECONDS ago at most.

    Raises:
        StoreError: the store cannot be read.
    """
    now = time.monotonic()
    known = _known.get(store)
    if known is None or now - known.at > KNOWN_SECONDS:
        found = definitions.read(store)
        missing = (m for m in USER_METRICS if m.topic not in found.served and found != definitions.NOTHING)
        known = _known[store] = _Known(now, {metric.topic: define(metric, found.k) for metric in missing})
    return known.computed


def computed_cells(row: Row, definition: Definition) -> Row:
    """The cells that a metric would have in a user's row, from the packed months in it."""
    history = [cell.value for cell in row if cell.family == HISTORY]
    if not history:
        return ()
    found = unpack(history)
    columns = np.stack([found.artists, found.albums, found.tracks, found.timestamps])
    return cells_of(EventSet(np.zeros(1, np.int64), np.array([0, columns.shape[1]]), columns), definition)
