"""Graphs in the shape of LFM-1b's users and artists, of any size."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from serving.recommender import graph_files
from serving.recommender.graph import Graph, Plays
from serving.recommender.graph_writer import GraphWriter
from serving.recommender.overlay import joined
from serving.recommender.view import View

ARTISTS_PER_USER = 540
"""LFM-1b: 65 million pairs of 120,322 users and an artist."""

ARTISTS_PER_EDGE = 0.049
"""LFM-1b: 3.2 million artists."""

USERS_AT_ONCE = 1000


class Made(NamedTuple):
    """A graph; the seconds that it took to write it, and to load it; and its bytes for each edge."""

    view: View
    graph: Graph
    users: int
    edges: int
    seconds: float
    loading: float
    bytes_per_edge: float


def make(folder: Path, edges: int, seed: int = 1) -> Made:
    """A graph: users with a heavy-tailed number of artists, artists drawn by Zipf's law, plays heavy-tailed too."""
    rng = np.random.default_rng(seed)
    users, artists = max(2, edges // ARTISTS_PER_USER), max(1000, int(edges * ARTISTS_PER_EDGE))
    degrees = rng.lognormal(0, 1, users)
    wanted = np.maximum(1, degrees / degrees.sum() * edges * 1.3).astype(np.int64)  # repeats are dropped
    folder.mkdir(parents=True)
    writer, seconds, written = GraphWriter(folder, "artist"), 0.0, 0
    for first in range(0, users, USERS_AT_ONCE):
        rows = _rows(rng, wanted[first : first + USERS_AT_ONCE], artists)
        start = time.perf_counter()
        writer.append(rows)
        seconds += time.perf_counter() - start
        written += len(rows.items)
    ids, start = np.arange(users, dtype=np.int64), time.perf_counter()
    writer.finish(ids, 0)
    seconds += time.perf_counter() - start
    size = sum(path.stat().st_size for path in graph_files.parts(folder, "artist").values())
    start = time.perf_counter()
    graph = graph_files.graph(graph_files.parts(folder, "artist"))
    view = View(graph, ids, 0, *joined({}))
    return Made(view, graph, users, written, seconds, time.perf_counter() - start, size / written)


def _rows(rng: np.random.Generator, wanted: np.ndarray[tuple[int], np.dtype[np.int64]], artists: int) -> Plays:
    drawn = np.floor(30 * np.exp(rng.random(wanted.sum()) * np.log1p(artists / 30)) - 30).astype(np.int64)
    user = np.repeat(np.arange(len(wanted)), wanted)
    pairs = np.unique(user * artists + drawn.clip(0, artists - 1))
    starts = np.concatenate([[0], np.cumsum(np.bincount(pairs // artists, minlength=len(wanted)))]).astype(np.int64)
    plays = np.maximum(1, rng.lognormal(1.5, 1.5, len(pairs))).astype(np.uint32)
    return Plays(starts, pairs % artists, plays, np.zeros(len(pairs), np.uint16))
