"""A graph with its overlay as one: what requests are answered from, and never changed."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from serving.recommender.graph import Adjacency, Graph, Plays, add_popularity, plays_of_edges
from serving.recommender.half_steps import Side, degrees_of
from serving.recommender.overlay import Overlay, Slots, overlay, places_of

MOST_POPULAR = 1000
"""Items of which it is known that they are popular."""


class Listeners(NamedTuple):
    """Who plays an item: the number of users, all their plays, and the users who play it most with their plays."""

    listeners: int
    plays: int
    top: list[tuple[int, int]]


class View:
    """The users and the items of one kind, as they are now."""

    def __init__(
        self, graph: Graph, user_ids: NDArray[np.int64], day: int, users: NDArray[np.int64], played: Plays
    ) -> None:
        """A view of a graph.

        Args:
            user_ids: the ids of the graph's users.
            day: days since the epoch for which the graph's popularity holds.
            users: int64[]: the ids of users who have changed, ascending.
            played: what they play now.

        Raises:
            GraphError: a user or an item has too many plays.
        """
        self._graph, self._user_ids, self._day = graph, user_ids, day
        self._over: Overlay = overlay(graph, user_ids, users, played)
        over = self._over
        self.users_side = _side(graph.users, over.user_slots, over.users)
        self.items_side = _side(graph.items, over.item_slots, over.items)

    @property
    def edges(self) -> int:
        """The edges of the graph and the overlay."""
        return len(self._graph.days) + len(self._over.days)

    @property
    def users(self) -> int:
        """The number of users."""
        return len(self._user_ids) + len(self._over.new_users)

    def user(self, user: int) -> int | None:
        """The number of a user; None if it is not known."""
        return _number(user, self._user_ids, self._over.new_users)

    def item(self, item: int) -> int | None:
        """The number of an item; None if it is not known."""
        return _number(item, self._graph.item_ids, self._over.new_items)

    def item_ids(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ids of items."""
        return _ids(numbers, self._graph.item_ids, self._over.new_items)

    def items_of(self, user: int) -> NDArray[np.int64]:
        """The numbers of the items of a user, in the order of the edges."""
        slots = np.flatnonzero(self._over.user_slots.keys == user)
        rows, row = (self._over.users, int(slots[0])) if len(slots) else (self._graph.users, user)
        return _row(rows, row)[0]

    def degrees(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of listeners of items."""
        degrees: NDArray[np.int64] = degrees_of(self.items_side, items, self._over.degrees)
        return degrees

    def listeners(self, item: int, limit: int) -> Listeners:
        """Who plays an item; of users with equal plays the lower id comes first."""
        number = self.item(item)
        if number is None:
            return Listeners(0, 0, [])
        users, plays = self._listeners(number)
        ids = _ids(users, self._user_ids, self._over.new_users)
        top = np.lexsort((ids, -plays))[:limit]
        return Listeners(len(ids), int(plays.sum()), list(zip(ids[top].tolist(), plays[top].tolist(), strict=True)))

    def _listeners(self, item: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The numbers of the users who play an item, and their plays."""
        nobody = np.empty(0, np.int64), np.empty(0, np.int64)
        users, plays = _row(self._graph.items, item) if item < len(self._graph.item_ids) else nobody
        valid = ~np.isin(users, self._over.user_slots.keys)
        (slot,) = places_of(self._over.item_slots.keys, np.array([item])).tolist()
        new_users, new_plays = _row(self._over.items, slot) if slot >= 0 else nobody
        return np.concatenate([users[valid], new_users]), np.concatenate([plays[valid], new_plays])

    @cached_property
    def popular(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The ids of the most popular items of now, best first, and their popularity as parts of the best one's.

        See `Graph.popularity`.
        """
        popularity = np.concatenate([self._graph.popularity, np.zeros(len(self._over.new_items))])
        lost = np.zeros_like(popularity)
        starts, edges = self._graph.users
        keys = self._over.user_slots.keys
        for user in keys[keys < len(self._user_ids)].tolist():
            row = slice(starts[user], starts[user + 1])
            add_popularity(edges[row, 0].astype(np.int64), self._graph.days[row], self._day, lost)
        add_popularity(self._over.users.edges[:, 0].astype(np.int64), self._over.days, self._day, popularity)
        return self._best(popularity - lost)

    def _best(self, popularity: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        most = min(MOST_POPULAR, len(popularity))
        best = np.argpartition(-popularity, most - 1)[:most] if most else np.empty(0, np.int64)
        best = best[self.degrees(best) > 0]  # of an item that nobody plays any more the difference may not be exactly 0
        ids = self.item_ids(best)
        order = np.lexsort((ids, -popularity[best]))
        return ids[order], popularity[best][order] / (popularity[best].max(initial=0) or 1)


def _side(rows: Adjacency, slots: Slots, new: Adjacency) -> Side:
    return Side(rows.starts, rows.edges, slots.table, slots.bits, slots.keys, new.starts, new.edges)


def _row(rows: Adjacency, row: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The other ends of the edges of a row, and their plays."""
    part = slice(rows.starts[row], rows.starts[row + 1])
    return rows.edges[part, 0].astype(np.int64), plays_of_edges(rows, row, row + 1).astype(np.int64)


def _number(wanted: int, known: NDArray[np.int64], new: NDArray[np.int64]) -> int | None:
    for first, ids in ((0, known), (len(known), new)):
        (place,) = places_of(ids, np.array([wanted])).tolist()
        if place >= 0:
            return first + int(place)
    return None


def _ids(numbers: NDArray[np.int64], known: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
    ids = np.empty(len(numbers), np.int64)
    old = numbers < len(known)
    ids[old], ids[~old] = known[numbers[old]], new[numbers[~old] - len(known)]
    return ids
