"""The bipartite graph of users and items of one kind: compressed sparse rows in both directions.

An edge is a user and an item they play: three numbers of 32 bits, which lie together. They are the number of its other
end, the plays of all edges of this row up to and including it, and a guide for steps which are weighted by plays: where
in the row the search for a random number begins (indexed search; Chen & Asau 1974), so that it ends after two edges on
average. Users and items are numbered in the order of their ids.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from store.compiled import jit

MOST_PLAYS = 2**32 - 1
"""Of one user or one item."""

HALF_LIFE = 30
"""Days after which a listener counts half for what is popular now."""


class GraphError(Exception):
    """The graph cannot be built, read or kept; says why and the remedy."""


class Adjacency(NamedTuple):
    """Edges by their one end, of which row `i` are the edges `starts[i]:starts[i + 1]`.

    Attributes:
        starts: int64[rows + 1].
        edges: uint32[edges, 3]: number of the other end, running sum of the plays of the row, guide.
    """

    starts: NDArray[np.int64]
    edges: NDArray[np.uint32]


class Graph(NamedTuple):
    """The graph of one kind of items.

    Attributes:
        item_ids: int64[items], ascending.
        users: the edges of each user, by item.
        items: the edges of each item, by user.
        days: uint16[edges]: days since the epoch when the user last played the item, in the order of `users`.
        popularity: float64[items]: the listeners, each halved for every `HALF_LIFE` days since their last play.
    """

    item_ids: NDArray[np.int64]
    users: Adjacency
    items: Adjacency
    days: NDArray[np.uint16]
    popularity: NDArray[np.float64]


class Plays(NamedTuple):
    """What some users play: the rows of a graph before items have numbers.

    Attributes:
        starts: int64[users + 1].
        items: int64[edges]: ids, ascending for each user.
        plays: uint32[edges].
        days: uint16[edges]: days since the epoch of the last play.
    """

    starts: NDArray[np.int64]
    items: NDArray[np.int64]
    plays: NDArray[np.uint32]
    days: NDArray[np.uint16]


def plays_of_edges(adjacency: Adjacency, first: int, last: int) -> NDArray[np.uint32]:
    """The plays of the edges of the rows `first:last`: uint32[edges]."""
    plays: NDArray[np.uint32] = _differences(adjacency.starts, adjacency.edges, first, last)
    return plays


@jit
def _differences(starts, edges, first, last):  # type: ignore[no-untyped-def]
    base = starts[first]
    plays = np.empty(starts[last] - base, np.uint32)
    for row in range(first, last):
        before = np.uint32(0)
        for e in range(starts[row], starts[row + 1]):
            plays[e - base] = edges[e, 1] - before
            before = edges[e, 1]
    return plays


@jit
def fill_users(numbers, plays, starts, first_row, users, items, place):  # type: ignore[no-untyped-def]
    """Writes rows of users, and their edges into the rows of the items.

    Args:
        numbers, plays: uint32[edges] of the rows.
        starts: int64[rows + 1], into `users`.
        first_row: number of the first row's user.
        users, items: uint32[edges, 3], the graph's, as `run_up` wants them.
        place: int64[items], the next free edge of each item.
    """
    base = starts[0]
    for row in range(len(starts) - 1):
        for e in range(starts[row], starts[row + 1]):
            item = numbers[e - base]
            users[e, 0], users[e, 1] = item, plays[e - base]
            p = place[item]
            place[item] = p + 1
            items[p, 0], items[p, 1] = first_row + row, plays[e - base]


@jit
def run_up(starts, edges):  # type: ignore[no-untyped-def]
    """Turns the plays of each row into running sums, and adds the guides.

    Of the 2**32 random numbers that `steps.find` may search for, in a row of n edges the j-th n-th has its guide at
    the j-th edge.

    Returns:
        The row with more than `MOST_PLAYS`, or -1.
    """
    for row in range(len(starts) - 1):
        lo, n, total = starts[row], starts[row + 1] - starts[row], np.uint64(0)
        for e in range(lo, lo + n):
            total += np.uint64(edges[e, 1])
            edges[e, 1] = total
        if total > np.uint64(MOST_PLAYS):
            return row
        found = 0
        for j in range(n):
            least = ((np.uint64(j) << np.uint64(32)) + np.uint64(n - 1)) // np.uint64(n)
            while np.uint64(edges[lo + found, 1]) <= (least * total) >> np.uint64(32):
                found += 1
            edges[lo + j, 2] = found
    return -1


@jit
def add_popularity(numbers, days, today, popularity):  # type: ignore[no-untyped-def]
    """Adds listeners to the popularity of their items; a listen from the future counts as one of today."""
    for e in range(len(numbers)):
        popularity[numbers[e]] += 0.5 ** (max(0, today - np.int64(days[e])) / HALF_LIFE)
