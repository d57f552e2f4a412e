"""The classic walks, written plainly: lists, `random` and `bisect`."""

import random
from bisect import bisect_right
from collections import Counter
from itertools import accumulate
from typing import TypeAlias

from serving.recommender.graph import Adjacency, plays_of_edges

Rows: TypeAlias = dict[int, tuple[list[int], list[int]]]
"""For each row visited so far the other ends of its edges, and the running sums of their plays."""


class PlainSalsa:
    """Recommends from the rows of a graph, which are turned into lists when they are first needed."""

    def __init__(self, users: Adjacency, items: Adjacency) -> None:
        self._sides: list[tuple[Adjacency, Rows]] = [(users, {}), (items, {})]

    def recommend(self, home: int, walks: int, length: int, reset: float, limit: int) -> list[tuple[int, int]]:
        """The items that `home` does not play, with their visits, most first."""
        visits: Counter[int] = Counter()
        for _ in range(walks):
            at = home
            for step in range(length):
                if step % 2 == 0:
                    if random.random() < reset:
                        at = home
                    at = self._step(0, at)
                    visits[at] += 1
                else:
                    at = self._step(1, at)
        known = set(self._row(0, home)[0])
        found = [(item, count) for item, count in visits.items() if item not in known]
        return sorted(found, key=lambda entry: (-entry[1], entry[0]))[:limit]

    def _step(self, side: int, at: int) -> int:
        ends, sums = self._row(side, at)
        return ends[bisect_right(sums, random.randrange(sums[-1]))]

    def _row(self, side: int, row: int) -> tuple[list[int], list[int]]:
        adjacency, rows = self._sides[side]
        if row not in rows:
            ends = adjacency.edges[adjacency.starts[row] : adjacency.starts[row + 1], 0].tolist()
            rows[row] = ends, list(accumulate(plays_of_edges(adjacency, row, row + 1).tolist()))
        return rows[row]
