"""What random walks are expected to visit, exactly: sparse matrices in the place of walkers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tests.serving.recommender.graphs import Played

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Matrices:
    """Plays as a matrix of users and items, in the order of their ids."""

    users: list[int]
    items: list[int]
    plays: sparse.csr_matrix


def matrices(played: Played) -> Matrices:
    """The matrix of plays."""
    users, items = sorted(played), sorted({item for row in played.values() for item in row})
    dense = [[played[user].get(item, 0) for item in items] for user in users]
    return Matrices(users, items, sparse.csr_matrix(np.array(dense, float)))


def stochastic(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """A matrix whose rows are divided by their sums."""
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return sparse.diags(np.divide(1, sums, out=np.zeros_like(sums), where=sums > 0)) @ matrix


def salsa(played: Played, user: int, walks: int, length: int, reset: float) -> dict[int, float]:
    """The expected visits of every item by the classic walks, by power iteration."""
    m = matrices(played)
    to_items, to_users = stochastic(m.plays), stochastic(m.plays.T.tocsr())
    home = np.eye(len(m.users))[m.users.index(user)]
    at, visits = home, np.zeros(len(m.items))
    for _ in range((length + 1) // 2):
        items = ((1 - reset) * at + reset * home) @ to_items
        visits += walks * items
        at = items @ to_users
    return dict(zip(m.items, visits.tolist(), strict=True))


def paths(played: Played, user: int, length: int, reset: float) -> dict[int, float]:
    """The expected weight of the visits of every item by one walker which looks, by power iteration."""
    m = matrices(played)
    some = (m.plays > 0).astype(float)
    logs = m.plays.log1p()
    to_items, to_users, leaving = stochastic(some), stochastic(some.T.tocsr()), stochastic(logs)
    worth = to_items.multiply(logs).tocsr()
    home = np.eye(len(m.users))[m.users.index(user)]
    at, weights = home, np.zeros(len(m.items))
    for half_step in range((length + 1) // 2):
        users = (1 - reset) * at + reset * home if half_step else at
        away = users * (1 - home)
        weights += away @ worth
        at = (away @ to_items + (users @ home) * (home @ leaving)) @ to_users
    return dict(zip(m.items, weights.tolist(), strict=True))
