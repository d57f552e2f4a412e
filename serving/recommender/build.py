"""Building the graph from the histories in the store, in passes over chunks of users.

Users whose rows have not changed since the build before are taken from it: what a build costs depends on what is new.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.recommender import graph_files
from serving.recommender.graph import Graph, Plays, plays_of_edges
from serving.recommender.graph_files import Build, Header
from serving.recommender.graph_writer import GraphWriter
from serving.recommender.overlay import places_of
from serving.recommender.user_plays import FAMILIES, FIELDS, plays_of, version_of
from store import Store
from store.layout import USERS, row_key
from store.profiles.windows import DAY

USERS_AT_ONCE = 256
"""Users whose histories are read at once."""


class CancelledError(Exception):
    """A build was told to end before it was complete."""


def versions_in(store: Store) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The ids, ascending, and the versions of all users who have a history."""
    found = [
        (int.from_bytes(key, "big"), version)
        for key, row in store.scan(USERS, families=FAMILIES[:1])
        if (version := version_of(row))
    ]
    return np.array([user for user, _ in found], np.int64), np.array([version for _, version in found], np.uint64)


def build(
    store: Store, folder: Path, before: Build | None = None, cancelled: Callable[[], bool] = lambda: False
) -> Build | None:
    """Builds the graph from a store into files, and makes it the current one; None if another process is at it.

    Args:
        folder: where the builds are.
        before: the build before, to take unchanged users from.
        cancelled: whether to end before the build is complete.

    Raises:
        CancelledError: it was cancelled.
        GraphError: the folder cannot be written, or a user or an item has too many plays.
        StoreError: the store cannot be read.
    """
    with graph_files.building(folder) as new, ExitStack() as opened:
        if new is None:
            return None
        started = time.time()
        users, versions = versions_in(store)
        writers = {name: opened.enter_context(closing(GraphWriter(new, name))) for name in FIELDS}
        for first in range(0, len(users), USERS_AT_ONCE):
            if cancelled():
                raise CancelledError
            chunk = slice(first, first + USERS_AT_ONCE)
            played, versions[chunk] = _played(store, users[chunk], versions[chunk], before)
            for name, writer in writers.items():
                writer.append(played[name])
        np.save(new / "user_ids.npy", users)
        np.save(new / "versions.npy", versions)
        day = int(started) // DAY
        for writer in writers.values():
            writer.finish(users, day)
        graph_files.write_header(new, Header(started, day))
    return graph_files.load(folder)


def _played(
    store: Store, users: NDArray[np.int64], versions: NDArray[np.uint64], before: Build | None
) -> tuple[Mapping[str, Plays], NDArray[np.uint64]]:
    """What some users play, and the versions of their rows which say so."""
    places = unchanged(before, users, versions)
    changed = [row_key(user) for user in users[places < 0].tolist()]
    rows = store.rows(USERS, changed, FAMILIES)
    read = [rows.get(key, ()) for key in changed]
    fresh = plays_of(read)
    versions[places < 0] = [version_of(row) for row in read]
    if before is None or not (places >= 0).any():
        return fresh, versions
    kept = {name: _kept(before.graphs[name], places[places >= 0]) for name in FIELDS}
    return {name: _merged(places >= 0, kept[name], fresh[name]) for name in FIELDS}, versions


def unchanged(before: Build | None, users: NDArray[np.int64], versions: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The users' numbers in a build, where it has them with the same version; else -1."""
    if before is None:
        return np.full(len(users), -1, np.int64)
    places = places_of(before.user_ids, users)
    known = np.flatnonzero(places >= 0)
    places[known[before.versions[places[known]] != versions[known]]] = -1
    return places


def _kept(graph: Graph, users: NDArray[np.int64]) -> Plays:
    """What users play, by their numbers in a graph."""
    starts, edges = graph.users
    parts = [slice(starts[user], starts[user + 1]) for user in users]
    return Plays(
        np.concatenate([[0], np.cumsum(starts[users + 1] - starts[users])]),
        np.concatenate([graph.item_ids[edges[part, 0]] for part in parts]),
        np.concatenate([plays_of_edges(graph.users, int(user), int(user) + 1) for user in users]),
        np.concatenate([graph.days[part] for part in parts]),
    )


def _merged(kept: NDArray[np.bool_], old: Plays, new: Plays) -> Plays:
    """The rows of `old` where `kept`, else those of `new`."""
    sizes = np.empty(len(kept), np.int64)
    sizes[kept], sizes[~kept] = np.diff(old.starts), np.diff(new.starts)
    from_old = np.repeat(kept, sizes)

    def pick(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        out = np.empty(len(from_old), a.dtype)
        out[from_old], out[~from_old] = a, b
        return out

    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return Plays(starts, pick(old.items, new.items), pick(old.plays, new.plays), pick(old.days, new.days))
