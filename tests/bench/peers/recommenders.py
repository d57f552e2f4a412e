"""Recommenders to compare with, each from a matrix of plays to the scores of all artists for all users."""

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from scipy import sparse

from tests.bench.hetrec import Scores


def popularity(known: sparse.csr_matrix) -> Scores:
    """The number of listeners."""
    return np.tile(np.diff(known.tocsc().indptr).astype(float), (known.shape[0], 1))


def item_knn(known: sparse.csr_matrix, neighbours: int = 100) -> Scores:
    """Cosine similarity to the nearest items, over plays made less skew by a logarithm."""
    model = CosineRecommender(K=neighbours, num_threads=1)
    logs = known.log1p().tocsr()
    model.fit(logs, show_progress=False)
    return np.asarray((logs @ model.similarity).toarray())


def ease(known: sparse.csr_matrix, regularisation: float = 80.0) -> Scores:
    """EASE (Steck 2019): the linear model with a zero diagonal, in closed form; the best of 20, 50, 80, 100, 200."""
    listens = (known > 0).astype(float)
    gram = (listens.T @ listens).toarray()
    gram[np.diag_indices_from(gram)] += regularisation
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices_from(weights)] = 0
    return np.asarray(listens @ weights)


def als(known: sparse.csr_matrix, factors: int = 64) -> Scores:
    """Alternating least squares for implicit feedback (Hu, Koren & Volinsky 2008), over logarithms of plays."""
    model = AlternatingLeastSquares(
        factors=factors, regularization=10.0, alpha=4.0, iterations=15, num_threads=1, random_state=1
    )
    model.fit(known.log1p().tocsr(), show_progress=False)
    return np.asarray(model.user_factors @ model.item_factors.T, np.float64)
