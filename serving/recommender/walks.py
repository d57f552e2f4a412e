"""The random walks: the classic one, and the one that recommends better.

All walkers of a request take each half-step together: what one waits for in memory, others use.
"""

from typing import NamedTuple

import numpy as np
from numba import int64, uint64
from numpy.typing import NDArray

from serving.recommender.half_steps import Side, below, choose, draw, find, plays_at, slot_of, to_listeners
from store.compiled import jit

LOOK = 16
"""Items of a user that a walker looks at when it comes by, at most."""

_LOGARITHMS = np.log1p(np.arange(1 << 12))


class Visits(NamedTuple):
    """What walkers came by, one entry for each visit.

    Attributes:
        items: int64[]: numbers.
        weights: float64[].
        origins: int32[]: the user's own item through which the walker had left, by its place among them.
    """

    items: NDArray[np.int64]
    weights: NDArray[np.float64]
    origins: NDArray[np.int32]


def salsa(users: Side, items: Side, home: int, walks: int, length: int, reset: float, seed: int) -> Visits:
    """The classic walks of SALSA from a user (Lempel & Moran 2000; as in Gupta et al. 2013, personalised by resets).

    Each walker alternates half-steps to an item of the user and to a user of the item, an edge with a chance
    proportional to its plays; before a half-step to an item it first returns home with the chance `reset`.
    Every item that is come to is a visit of weight 1.
    """
    return Visits(*_salsa(users, items, home, walks, length, _threshold(reset), np.uint64(seed)))


def paths(users: Side, items: Side, home: int, walks: int, length: int, reset: float, seed: int) -> Visits:
    """Walks whose visits estimate the paths from a user to items (after RP3β, Paudel et al. 2017).

    At home an item is chosen with a chance proportional to log(1 + plays), from an item any listener, each with the
    same chance; from there on any item. There the walker looks at up to `LOOK` items that stand in a row, from a
    random place: each is a visit of weight log(1 + plays) / number of items looked at. Home is not looked at.
    """
    return Visits(*_paths(users, items, home, walks, length, _threshold(reset), np.uint64(seed), _LOGARITHMS))


def _threshold(chance: float) -> int:
    """What 32 random bits are below with a chance."""
    return round(chance * 2**32)


@jit
def _states(walks, seed):  # type: ignore[no-untyped-def]
    states = np.empty(walks + 1, np.uint64)
    states[walks] = seed
    for walker in range(walks):
        states[walker] = draw(states, walks) << uint64(32) | draw(states, walks)
    return states


@jit
def _salsa(users, items, home, walks, length, reset, seed):  # type: ignore[no-untyped-def]
    states = _states(walks, seed)
    at, origin = np.full(walks, home, np.int64), np.zeros(walks, np.int32)
    most = walks * ((length + 1) // 2)
    visited, origins = np.empty(most, np.int64), np.empty(most, np.int32)
    for step in range(0, length, 2):
        if step:
            to_listeners(items, users, at, True, states)
            _go_home(at, home, reset, states)
        _to_items(users, at, home, origin, states)
        n = step // 2 * walks
        visited[n : n + walks], origins[n : n + walks] = at, origin
    return visited, np.ones(most), origins


@jit
def _go_home(at, home, reset, states):  # type: ignore[no-untyped-def]
    for walker in range(len(at)):
        if draw(states, walker) < reset:
            at[walker] = home


@jit
def _to_items(users, at, home, origin, states):  # type: ignore[no-untyped-def]
    edges, new_starts, new_edges = users.edges, users.new_starts, users.new_edges
    bits, slots, lo, _, chosen = choose(users, at, True, states)
    for walker in range(len(at)):
        e, first, user = chosen[walker], lo[walker], at[walker]
        if slots[walker] < 0:
            at[walker] = int64(edges[e, 0])
        else:
            first = new_starts[slots[walker]]
            e = find(new_edges, first, new_starts[slots[walker] + 1], bits[walker])
            at[walker] = int64(new_edges[e, 0])
        if user == home:
            origin[walker] = e - first


@jit
def _paths(users, items, home, walks, length, reset, seed, logarithms):  # type: ignore[no-untyped-def]
    states = _states(walks, seed)
    own = _home_row(users, home)
    sums = _leaving(own, logarithms)
    at, origin = np.full(walks, home, np.int64), np.zeros(walks, np.int32)
    most = walks * ((length - 1) // 2) * LOOK
    visited, weights, origins = np.empty(most, np.int64), np.empty(most), np.empty(most, np.int32)
    n = 0
    for step in range(0, length, 2):
        if step:
            to_listeners(items, users, at, False, states)
            _go_home(at, home, reset, states)
        n = _look(users, at, home, own, origin, sums, step == 0, states, logarithms, visited, weights, origins, n)
    return visited[:n], weights[:n], origins[:n]


@jit
def _logarithm(plays, logarithms):  # type: ignore[no-untyped-def]
    return logarithms[plays] if plays < len(logarithms) else np.log1p(plays)


@jit
def _home_row(users, home):  # type: ignore[no-untyped-def]
    """The edges of the home."""
    slot = slot_of(home, users.table, users.bits, users.keys)
    if slot < 0:
        return users.edges[users.starts[home] : users.starts[home + 1]]
    return users.new_edges[users.new_starts[slot] : users.new_starts[slot + 1]]


@jit
def _leaving(own, logarithms):  # type: ignore[no-untyped-def]
    """The running sums of the weights of the edges of a row."""
    sums = np.empty(len(own))
    total = 0.0
    for e in range(len(own)):
        total += _logarithm(plays_at(own, 0, e), logarithms)
        sums[e] = total
    return sums


@jit
def _look(  # type: ignore[no-untyped-def]
    users, at, home, own, origin, sums, evenly, states, logarithms, visited, weights, origins, n
):
    """Moves all walkers from users to items; those who are not at home look, and append to the visits from `n` on.

    With `evenly` the walkers leave home evenly spread over its items, which is the same chance with less noise.
    """
    edges, new_starts, new_edges = users.edges, users.new_starts, users.new_edges
    bits, slots, lo, hi, chosen = choose(users, at, False, states)
    ends = np.empty(len(at), np.int64)
    for walker in range(len(at)):  # fetches the rows of all, too, which then wait for nothing
        if slots[walker] < 0:
            ends[walker] = int64(edges[chosen[walker], 0])
    for walker in range(len(at)):
        if at[walker] == home:
            share = (bits[walker] + 0.5) / 2**32
            share = (walker + share) / len(at) if evenly else share
            origin[walker] = min(np.searchsorted(sums, share * sums[-1], side="right"), len(own) - 1)
            at[walker] = int64(own[origin[walker], 0])
            continue
        if slots[walker] < 0:
            at[walker], first, end = ends[walker], lo[walker], hi[walker]
            _look_at(edges, first, end, chosen[walker], logarithms, visited, weights, n)
        else:
            first, end = new_starts[slots[walker]], new_starts[slots[walker] + 1]
            e = first + below(bits[walker], end - first)
            at[walker] = int64(new_edges[e, 0])
            _look_at(new_edges, first, end, e, logarithms, visited, weights, n)
        looked = min(LOOK, end - first)
        origins[n : n + looked] = origin[walker]
        n += looked
    return n


@jit
def _look_at(edges, lo, hi, e, logarithms, visited, weights, n):  # type: ignore[no-untyped-def]
    """Visits items of a row that follow each other, from that of an edge on."""
    look = min(LOOK, hi - lo)
    for visit in range(n, n + look):
        visited[visit] = int64(edges[e, 0])
        weights[visit] = _logarithm(plays_at(edges, lo, e), logarithms) / look
        e = e + 1 if e + 1 < hi else lo
