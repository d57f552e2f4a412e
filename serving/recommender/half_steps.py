"""Half-steps of random walks, for compiled code: over the graph with its overlay, uniformly or weighted by plays.

All walkers take each look into memory together, in a loop of its own: then none waits for another's, and the processor
has many on their way at once. Rows of the overlay, which are few, are walked one by one.

Arrays are taken out of their tuples before loops: in a loop, compiled code would count references to each of them,
which takes longer than a step.
"""

from typing import NamedTuple

import numpy as np
from numba import int64, uint32, uint64
from numpy.typing import NDArray

from store.compiled import jit
from store.hashing import entry_of

_GOLDEN = uint64(0x9E3779B97F4A7C15)


class Side(NamedTuple):
    """The rows of the users or of the items: in the graph, in the overlay, and the hash table of what has rows there.

    For the arrays see `graph.Adjacency` and `overlay.Slots`.
    """

    starts: NDArray[np.int64]
    edges: NDArray[np.uint32]
    table: NDArray[np.int32]
    bits: int
    keys: NDArray[np.int64]
    new_starts: NDArray[np.int64]
    new_edges: NDArray[np.uint32]


@jit
def draw(states, walker):  # type: ignore[no-untyped-def]
    """32 random bits of a walker's own sequence (splitmix64; Steele, Lea & Flood 2014)."""
    states[walker] += _GOLDEN
    z = states[walker]
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return (z ^ (z >> uint64(31))) >> uint64(32)


@jit
def below(bits, n):  # type: ignore[no-untyped-def]
    """32 random bits as a number from 0 to n - 1 (Lemire 2019, without the rejection)."""
    return int64((uint64(bits) * uint64(n)) >> uint64(32))


@jit
def slot_of(number, table, bits, keys):  # type: ignore[no-untyped-def]
    """The overlay's row of a user or an item; -1 if there is none."""
    if len(keys) == 0:
        return int64(-1)
    return int64(table[entry_of(number, table, bits, keys)])


@jit
def choose(side, at, by_plays, states):  # type: ignore[no-untyped-def]
    """Lets walkers draw, and choose an edge as by `find`, or uniformly, where their rows are in the graph.

    Returns:
        For each walker 32 random bits, its row in the overlay or -1 and then where its row in the graph's edges begins
        and ends, and the edge.
    """
    starts, edges, table, size, keys = side.starts, side.edges, side.table, side.bits, side.keys
    bits, slots = np.empty(len(at), np.uint64), np.empty(len(at), np.int64)
    lo, hi = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    chosen, plays = np.empty(len(at), np.int64), np.empty(len(at), np.int64)
    for walker in range(len(at)):
        slots[walker] = slot_of(at[walker], table, size, keys)
        if slots[walker] < 0:
            lo[walker], hi[walker] = starts[at[walker]], starts[at[walker] + 1]
    for walker in range(len(at)):
        bits[walker] = draw(states, walker)
        chosen[walker] = lo[walker] + below(bits[walker], hi[walker] - lo[walker])
    if not by_plays:
        return bits, slots, lo, hi, chosen
    for walker in range(len(at)):
        if slots[walker] < 0:
            plays[walker] = below(bits[walker], edges[hi[walker] - 1, 1])
    for walker in range(len(at)):
        if slots[walker] < 0:
            chosen[walker] = lo[walker] + int64(edges[chosen[walker], 2])
    for walker in range(len(at)):
        if slots[walker] < 0:
            while int64(edges[chosen[walker], 1]) <= plays[walker]:
                chosen[walker] += 1
    return bits, slots, lo, hi, chosen


@jit
def find(edges, lo, hi, bits):  # type: ignore[no-untyped-def]
    """The edge of a row for 32 random bits, each with a chance proportional to its plays."""
    plays = below(bits, edges[hi - 1, 1])
    e = lo + int64(edges[lo + below(bits, hi - lo), 2])
    while int64(edges[e, 1]) <= plays:
        e += 1
    return e


@jit
def end_of(edges, lo, hi, by_plays, bits):  # type: ignore[no-untyped-def]
    """The other end of an edge of a row for 32 random bits."""
    return int64(edges[find(edges, lo, hi, bits) if by_plays else lo + below(bits, hi - lo), 0])


@jit
def plays_at(edges, lo, e):  # type: ignore[no-untyped-def]
    """The plays of an edge of a row that starts at `lo`."""
    return edges[e, 1] - (edges[e - 1, 1] if e > lo else uint32(0))


@jit
def to_listeners(items, users, at, by_plays, states):  # type: ignore[no-untyped-def]
    """Moves all walkers from items to users who play them, each edge with the same chance or by its plays."""
    edges = items.edges
    _, slots, _, _, chosen = choose(items, at, by_plays, states)
    for walker in range(len(at)):
        if slots[walker] < 0:  # then none of its listeners has changed
            at[walker] = int64(edges[chosen[walker], 0])
        else:
            at[walker] = _listener_of(items, users, at[walker], slots[walker], by_plays, states, walker)


@jit
def _listener_of(items, users, item, slot, by_plays, states, walker):  # type: ignore[no-untyped-def]
    """A random user who plays an item which has a row in the overlay as well."""
    edges, new_edges = items.edges, items.new_edges
    first, end = items.new_starts[slot], items.new_starts[slot + 1]
    lo, hi = int64(0), int64(0)
    if item < len(items.starts) - 1:
        lo, hi = items.starts[item], items.starts[item + 1]
    in_graph, in_all = hi - lo, hi - lo + end - first
    if by_plays:
        in_graph = int64(edges[hi - 1, 1]) if hi > lo else int64(0)
        in_all = in_graph + (int64(new_edges[end - 1, 1]) if end > first else int64(0))
    while True:
        if below(draw(states, walker), in_all) >= in_graph:
            return end_of(new_edges, first, end, by_plays, draw(states, walker))
        user = end_of(edges, lo, hi, by_plays, draw(states, walker))
        if slot_of(user, users.table, users.bits, users.keys) < 0:
            return user


@jit
def degrees_of(items, numbers, new_degrees):  # type: ignore[no-untyped-def]
    """The numbers of listeners of items; `new_degrees` are those of the overlay's rows."""
    starts, table, bits, keys = items.starts, items.table, items.bits, items.keys
    degrees = np.empty(len(numbers), np.int64)
    for i in range(len(numbers)):
        slot = slot_of(numbers[i], table, bits, keys)
        degrees[i] = new_degrees[slot] if slot >= 0 else starts[numbers[i] + 1] - starts[numbers[i]]
    return degrees
