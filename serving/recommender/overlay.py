"""Users who changed since the graph was built: their rows as they are now, in front of the graph's own.

An edge of the graph to such a user does not count; walks that draw one draw again.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from serving.recommender.graph import Adjacency, Graph, GraphError, Plays, fill_users, run_up
from store.hashing import refill


class Slots(NamedTuple):
    """A hash table from numbers of the graph to rows of the overlay, see `store.hashing`."""

    table: NDArray[np.int32]
    bits: int
    keys: NDArray[np.int64]


class Overlay(NamedTuple):
    """The rows of the users who changed, and of all items that they play or played.

    Users and items which are not in the graph have the numbers after it.

    Attributes:
        new_users, new_items: int64[]: the ids of users and items which are not in the graph, ascending.
        user_slots, item_slots: which users and items have rows here.
        users: the edges of these users, instead of those in the graph.
        items: the edges of these items to these users, besides those in the graph to other users.
        degrees: int64[items]: the listeners of these items, in the graph and here.
    """

    new_users: NDArray[np.int64]
    new_items: NDArray[np.int64]
    user_slots: Slots
    item_slots: Slots
    users: Adjacency
    items: Adjacency
    days: NDArray[np.uint16]
    degrees: NDArray[np.int64]


def overlay(graph: Graph, user_ids: NDArray[np.int64], users: NDArray[np.int64], played: Plays) -> Overlay:
    """The overlay of a graph.

    Args:
        user_ids: the ids of the graph's users.
        users: int64[]: the ids of the users who changed, ascending.
        played: what they play now.

    Raises:
        GraphError: a user or an item has too many plays.
    """
    user_numbers, new_users = _numbered(user_ids, users)
    item_numbers, new_items = _numbered(graph.item_ids, played.items)
    old = _old_items(graph, user_numbers[user_numbers < len(user_ids)])
    touched, slots = np.unique(np.concatenate([item_numbers, old]), return_inverse=True)
    now, before = (np.bincount(part, minlength=len(touched)) for part in np.split(slots, [len(item_numbers)]))
    user_rows, item_rows = _rows(user_numbers, touched, slots[: len(item_numbers)].astype(np.uint32), now, played)
    degrees = _degrees(graph, touched) + now - before
    return Overlay(
        new_users, new_items, _slots(user_numbers), _slots(touched), user_rows, item_rows, played.days, degrees
    )


def _numbered(known: NDArray[np.int64], ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of ids, and the ids which are not known, ascending: they have the numbers after the known ones."""
    places = places_of(known, ids)
    new = np.unique(ids[places < 0])
    return np.where(places < 0, len(known) + new.searchsorted(ids), places), new


def places_of(known: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where ids are in a sorted array; -1 where they are not."""
    if not len(known):
        return np.full(len(ids), -1, np.int64)
    places = known.searchsorted(ids).clip(max=len(known) - 1)
    return np.where(known[places] == ids, places, -1).astype(np.int64)


def _old_items(graph: Graph, users: NDArray[np.int64]) -> NDArray[np.int64]:
    """The items in the graph's own rows of users."""
    starts, edges = graph.users
    rows = [edges[starts[user] : starts[user + 1], 0] for user in users]
    return np.concatenate([np.empty(0, np.int64), *rows])


def _degrees(graph: Graph, items: NDArray[np.int64]) -> NDArray[np.int64]:
    known = items[items < len(graph.item_ids)]
    degrees = np.zeros(len(items), np.int64)
    degrees[: len(known)] = graph.items.starts[known + 1] - graph.items.starts[known]
    return degrees


def _rows(
    users: NDArray[np.int64], items: NDArray[np.int64], slots: NDArray[np.uint32], sizes: NDArray[np.int64], of: Plays
) -> tuple[Adjacency, Adjacency]:
    """The edges of users by row, and of items by slot, with numbers of the graph at their other ends."""
    user_edges, item_edges = np.empty((len(slots), 3), np.uint32), np.empty((len(slots), 3), np.uint32)
    item_starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    fill_users(slots, of.plays, of.starts, 0, user_edges, item_edges, item_starts[:-1].copy())
    if max(run_up(of.starts, user_edges), run_up(item_starts, item_edges)) >= 0:
        raise GraphError("a user who changed, or an item, has too many plays for the graph")
    user_edges[:, 0] = items[user_edges[:, 0]]
    item_edges[:, 0] = users[item_edges[:, 0]]
    for edges in (user_edges, item_edges):
        edges.setflags(write=False)  # as those of the graph: for compiled code this is part of the type
    return Adjacency(_frozen(of.starts), user_edges), Adjacency(_frozen(item_starts), item_edges)


def _frozen(array: NDArray[np.int64]) -> NDArray[np.int64]:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


def _slots(keys: NDArray[np.int64]) -> Slots:
    bits = max(1, (2 * len(keys)).bit_length())
    table = np.empty(1 << bits, np.int32)
    refill(table, bits, keys, len(keys))
    return Slots(table, bits, keys)


def joined(played: Mapping[int, Plays]) -> tuple[NDArray[np.int64], Plays]:
    """The ids of users, ascending, and what they play, from what each plays."""
    users = sorted(played)
    parts = [played[user] for user in users]
    sizes = [len(part.items) for part in parts]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    empty = Plays(starts, np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0, np.uint16))
    columns = (np.concatenate(column) for column in zip(empty[1:], *(part[1:] for part in parts), strict=True))
    return np.array(users, np.int64), Plays(starts, *columns)
