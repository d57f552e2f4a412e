"""Small graphs: made from plays as dictionaries, through the files that the service maps."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import numpy as np
from scipy import sparse

from serving.recommender import graph_files
from serving.recommender.graph import Graph, Plays
from serving.recommender.graph_writer import GraphWriter
from serving.recommender.overlay import joined
from serving.recommender.view import View
from store import Store
from store.histories import deletions
from store.histories.deletions import Deletions
from store.histories.event_set import unite
from store.profiles import union
from tests.oracle import Event

Played: TypeAlias = Mapping[int, Mapping[int, int]]
"""The plays by user and item."""

DAY = 15_000


def plays(of: Mapping[int, int]) -> Plays:
    """What one user plays, all of it last on `DAY`."""
    items = sorted(of)
    return Plays(
        np.array([0, len(items)], np.int64),
        np.array(items, np.int64),
        np.array([of[item] for item in items], np.uint32),
        np.full(len(items), DAY, np.uint16),
    )


def view(folder: Path, played: Played, changed: Played | None = None) -> View:
    """A view of a graph of `played`, in which the users of `changed` play that instead."""
    users, rows = joined({user: plays(items) for user, items in played.items()})
    return View(write(folder, users, rows), users, DAY, *joined({u: plays(p) for u, p in (changed or {}).items()}))


def write(folder: Path, users: np.ndarray[tuple[int], np.dtype[np.int64]], rows: Plays) -> Graph:
    """The graph of some rows, from files."""
    place = folder / uuid4().hex
    place.mkdir()
    writer = GraphWriter(place, "artist")
    writer.append(rows)
    writer.finish(users, DAY)
    return graph_files.graph(graph_files.parts(place, "artist"))


def view_of_matrix(folder: Path, matrix: sparse.csr_matrix) -> View:
    """A view of a graph of plays as a matrix, the places in which are the ids."""
    matrix.sort_indices()
    users = np.arange(matrix.shape[0])
    columns = matrix.indices.astype(np.int64), matrix.data.astype(np.uint32), np.full(matrix.nnz, DAY, np.uint16)
    return View(write(folder, users, Plays(matrix.indptr.astype(np.int64), *columns)), users, DAY, *joined({}))


def random_plays(rng: np.random.Generator, users: int, items: int) -> dict[int, dict[int, int]]:
    """Users with a few items each, of which the first are popular."""
    played = {}
    for user in range(users):
        chosen = np.unique((items * rng.random(rng.integers(1, 9)) ** 2).astype(int))
        played[100 + 7 * user] = {1000 + 3 * int(item): int(rng.integers(1, 30)) for item in chosen}
    return played


def listen(store: Store, events: Iterable[Event], announce: bool = True) -> None:
    """Writes events into the store."""
    columns = np.array(list(zip(*events, strict=True)), np.int64)
    union.write(store, unite(columns), announce=announce)


def erase(store: Store, user: int, time: int = 2**40) -> None:
    """Erases what a user listened to up to a time."""
    nobody = unite(np.empty((5, 0), np.int64))
    union.write(store, nobody, Deletions(deletions.NONE.taken, np.array([[user], [time]])))


def events(played: Played, time: int = DAY * 86_400) -> list[Event]:
    """Events which are these plays: an artist's album and track have its number, times 10 and 100."""
    return [
        Event(user, item, 10 * item, 100 * item, time + play)
        for user, items in played.items()
        for item, number in items.items()
        for play in range(number)
    ]
