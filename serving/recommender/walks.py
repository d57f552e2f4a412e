"""The random walks: the classic one, and the one that recommends better.

All walkers of a request take each half-step together: what one waits for in memory, others use.
"""

from typing import NamedTuple

import numpy as np
from numba import int64, njit, uint64
from numpy.typing import NDArray

from serving.recommender.steps import Ways, below, draw, find, listener_of, plays_at, row_of_user
from store.varint import JIT

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


def salsa(ways: Ways, user: int, walks: int, length: int, reset: float, seed: int) -> Visits:
    """The classic walks of SALSA from a user (Lempel & Moran 2000; as in Gupta et al. 2013, personalised by resets).

    Each walker alternates half-steps to an item of the user and to a user of the item, an edge with a chance
    proportional to its plays; before a half-step to an item it first returns home with the chance `reset`.
    Every item that is come to is a visit of weight 1.
    """
    return Visits(*_salsa(ways, user, walks, length, _threshold(reset), np.uint64(seed)))


def paths(ways: Ways, user: int, walks: int, length: int, reset: float, seed: int) -> Visits:
    """Walks whose visits estimate the paths from a user to items (after RP3β, Paudel et al. 2017).

    At home an item is chosen with a chance proportional to log(1 + plays), from an item any listener, each with the
    same chance; from there on any item. There the walker looks at up to `LOOK` items that stand in a row, from a
    random place: each is a visit of weight log(1 + plays) / number of items looked at. Home is not looked at.
    """
    return Visits(*_paths(ways, user, walks, length, _threshold(reset), np.uint64(seed), _LOGARITHMS))


def _threshold(chance: float) -> int:
    """What 32 random bits are below with a chance."""
    return round(chance * 2**32)


@njit(**JIT)
def _states(walks, seed):  # type: ignore[no-untyped-def]
    states = np.empty(walks + 1, np.uint64)
    states[walks] = seed
    for walker in range(walks):
        states[walker] = draw(states, walks) << uint64(32) | draw(states, walks)
    return states


@njit(**JIT)
def _salsa(ways, home, walks, length, reset, seed):  # type: ignore[no-untyped-def]
    states = _states(walks, seed)
    at, origin = np.full(walks, home, np.int64), np.zeros(walks, np.int32)
    most = walks * ((length + 1) // 2)
    items, weights, origins = np.empty(most, np.int64), np.ones(most), np.empty(most, np.int32)
    n = 0
    for step in range(length):
        if step % 2:
            for walker in range(walks):
                at[walker] = listener_of(ways, at[walker], True, states, walker)
            continue
        for walker in range(walks):
            if step and draw(states, walker) < reset:
                at[walker] = home
            edges, lo, hi = row_of_user(ways, at[walker])
            e = find(edges, lo, hi, below(draw(states, walker), edges[hi - 1, 1]))
            if at[walker] == home:
                origin[walker] = e - lo
            at[walker] = items[n] = int64(edges[e, 0])
            origins[n] = origin[walker]
            n += 1
    return items, weights, origins


@njit(**JIT)
def _leave(ways, home, logarithms):  # type: ignore[no-untyped-def]
    """The running sums of the weights of the home's edges."""
    edges, lo, hi = row_of_user(ways, home)
    sums = np.empty(hi - lo)
    total = 0.0
    for e in range(lo, hi):
        total += _logarithm(plays_at(edges, lo, e), logarithms)
        sums[e - lo] = total
    return sums


@njit(inline="always", **JIT)
def _logarithm(plays, logarithms):  # type: ignore[no-untyped-def]
    return logarithms[plays] if plays < len(logarithms) else np.log1p(plays)


@njit(**JIT)
def _paths(ways, home, walks, length, reset, seed, logarithms):  # type: ignore[no-untyped-def]
    states = _states(walks, seed)
    sums = _leave(ways, home, logarithms)
    at, origin = np.full(walks, home, np.int64), np.zeros(walks, np.int32)
    most = walks * ((length - 1) // 2) * LOOK
    items, weights, origins = np.empty(most, np.int64), np.empty(most), np.empty(most, np.int32)
    n = 0
    for step in range(length):
        if step % 2:
            for walker in range(walks):
                at[walker] = listener_of(ways, at[walker], False, states, walker)
            continue
        for walker in range(walks):
            if step and draw(states, walker) < reset:
                at[walker] = home
            edges, lo, hi = row_of_user(ways, at[walker])
            chosen = draw(states, walker)
            if at[walker] == home:
                # The first time the walkers leave evenly spread, which is the same chance with less noise.
                share = (chosen + 0.5) / 2**32 if step else (walker + (chosen + 0.5) / 2**32) / walks
                origin[walker] = min(np.searchsorted(sums, share * sums[-1], side="right"), hi - lo - 1)
                at[walker] = int64(edges[lo + origin[walker], 0])
                continue
            e = lo + below(chosen, hi - lo)
            at[walker] = int64(edges[e, 0])
            look = min(LOOK, hi - lo)
            for _ in range(look):
                items[n] = int64(edges[e, 0])
                weights[n] = _logarithm(plays_at(edges, lo, e), logarithms) / look
                origins[n] = origin[walker]
                n += 1
                e = e + 1 if e + 1 < hi else lo
    return items[:n], weights[:n], origins[:n]
