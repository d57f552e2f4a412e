"""One step of a random walk, for compiled code: over the graph with its overlay, uniformly or weighted by plays."""

from typing import NamedTuple

from numba import int64, njit, uint32, uint64

from serving.recommender.graph import Adjacency
from serving.recommender.overlay import Slots
from store.profiles.hashing import entry_of
from store.varint import JIT

_GOLDEN = uint64(0x9E3779B97F4A7C15)


class Ways(NamedTuple):
    """All that a walk needs: the rows of the graph, and those of the overlay with what has rows there."""

    users: Adjacency
    items: Adjacency
    user_slots: Slots
    item_slots: Slots
    new_users: Adjacency
    new_items: Adjacency


@njit(inline="always", **JIT)
def draw(states, walker):  # type: ignore[no-untyped-def]
    """32 random bits of a walker's own sequence (splitmix64; Steele, Lea & Flood 2014)."""
    states[walker] += _GOLDEN
    z = states[walker]
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return (z ^ (z >> uint64(31))) >> uint64(32)


@njit(inline="always", **JIT)
def below(bits, n):  # type: ignore[no-untyped-def]
    """32 random bits as a number from 0 to n - 1 (Lemire 2019, without the rejection)."""
    return int64((uint64(bits) * uint64(n)) >> uint64(32))


@njit(inline="always", **JIT)
def slot_of(number, slots):  # type: ignore[no-untyped-def]
    """The overlay's row of a user or an item; -1 if there is none."""
    if len(slots.keys) == 0:
        return int64(-1)
    return int64(slots.table[entry_of(number, slots.table, slots.bits, slots.keys)])


@njit(inline="always", **JIT)
def find(edges, lo, hi, plays):  # type: ignore[no-untyped-def]
    """The edge of a row within which the running sum passes `plays`."""
    n = hi - lo
    while n > 1:
        half = n >> 1
        lo = lo + half if int64(edges[lo + half - 1, 1]) <= plays else lo
        n -= half
    return lo


@njit(inline="always", **JIT)
def weight(edges, lo, hi, by_plays):  # type: ignore[no-untyped-def]
    """What the edges of a row weigh together: their plays, or one each."""
    if not by_plays:
        return hi - lo
    return int64(edges[hi - 1, 1]) if hi > lo else int64(0)


@njit(inline="always", **JIT)
def row_of_user(ways, user):  # type: ignore[no-untyped-def]
    """The edges of a user: the array, the first, the end."""
    slot = slot_of(user, ways.user_slots)
    if slot < 0:
        return ways.users.edges, ways.users.starts[user], ways.users.starts[user + 1]
    return ways.new_users.edges, ways.new_users.starts[slot], ways.new_users.starts[slot + 1]


@njit(inline="always", **JIT)
def listener_of(ways, item, by_plays, states, walker):  # type: ignore[no-untyped-def]
    """A random user who plays an item; there has to be one."""
    lo, hi = int64(0), int64(0)
    if item < len(ways.items.starts) - 1:
        lo, hi = ways.items.starts[item], ways.items.starts[item + 1]
    known = weight(ways.items.edges, lo, hi, by_plays)
    slot = slot_of(item, ways.item_slots)
    first, end = int64(0), int64(0)
    if slot >= 0:
        first, end = ways.new_items.starts[slot], ways.new_items.starts[slot + 1]
    total = known + weight(ways.new_items.edges, first, end, by_plays)
    while True:
        at = below(draw(states, walker), total)
        if at >= known:
            at -= known
            return int64(
                ways.new_items.edges[find(ways.new_items.edges, first, end, at) if by_plays else first + at, 0]
            )
        user = int64(ways.items.edges[find(ways.items.edges, lo, hi, at) if by_plays else lo + at, 0])
        if slot_of(user, ways.user_slots) < 0:
            return user


@njit(inline="always", **JIT)
def plays_at(edges, lo, e):  # type: ignore[no-untyped-def]
    """The plays of an edge of a row that starts at `lo`."""
    return edges[e, 1] - (edges[e - 1, 1] if e > lo else uint32(0))
