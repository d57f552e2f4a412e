"""Facts that spread over the types of a schema, along the fields which lead from one to another.

A walk over all ways from the root would be exponential: there are as many ways as there are subsets of links. So facts
are bits of one number for each type, and spread until nothing changes: what may hold somewhere on any way to a type.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

NodeT = TypeVar("NodeT", bound=Hashable)


class Edge(NamedTuple, Generic[NodeT]):
    """A way for facts from one node to another.

    Attributes:
        label: what it is called in ways.
        stops: the facts that do not pass, in bits.
        starts: the facts that begin here.
    """

    source: NodeT
    target: NodeT
    label: str
    stops: int = 0
    starts: int = 0


class Arrival(NamedTuple, Generic[NodeT]):
    """Facts that came to a node first by this edge; without one, they hold there from the beginning."""

    facts: int
    edge: Edge[NodeT] | None


class Spread(Generic[NodeT]):
    """The facts of each node, and how they came there.

    Each round visits all nodes that may have changed, in an order in which most are right the first time. So
    the time is that of a few passes over the edges, however many ways there are.
    """

    def __init__(self, edges: Iterable[Edge[NodeT]], initial: Mapping[NodeT, int]) -> None:
        self.facts: dict[NodeT, int] = {}
        self._edges: dict[NodeT, list[Edge[NodeT]]] = defaultdict(list)
        self._arrivals: dict[NodeT, list[Arrival[NodeT]]] = defaultdict(list)
        for edge in edges:
            self._edges[edge.source].append(edge)
        for node, facts in initial.items():
            self._add(node, facts, None)
        order, changed = self._order(initial), set(initial)
        while changed:
            changed = self._round(order, changed)

    def way(self, node: NodeT, fact: int = 0) -> tuple[NodeT, Sequence[str]]:
        """A way by which a fact came to a node which has it: where it begins, and its labels; without a fact, any."""
        labels: list[str] = []
        while edge := self._first(node, fact):
            labels.append(edge.label)
            node = edge.source
            if fact & edge.starts:
                fact = 0
        return node, labels[::-1]

    def _first(self, node: NodeT, fact: int) -> Edge[NodeT] | None:
        return next(arrival.edge for arrival in self._arrivals[node] if not fact or arrival.facts & fact)

    def _add(self, node: NodeT, facts: int, edge: Edge[NodeT] | None) -> bool:
        new = facts & ~self.facts.get(node, 0)
        if not new and node in self.facts:
            return False
        self.facts[node] = self.facts.get(node, 0) | new
        self._arrivals[node].append(Arrival(new, edge))
        return True

    def _round(self, order: Sequence[NodeT], changed: set[NodeT]) -> set[NodeT]:
        """Spreads what has changed; gives what changed so that another round is needed."""
        again: set[NodeT] = set()
        for node in order:
            if node not in changed and node not in again:
                continue
            again.discard(node)
            for edge in self._edges[node]:
                if self._add(edge.target, (self.facts[node] & ~edge.stops) | edge.starts, edge):
                    again.add(edge.target)
        return again

    def _order(self, first: Iterable[NodeT]) -> list[NodeT]:
        """The nodes that can be reached, each before those it leads to but for circles: in reverse postorder."""
        seen: set[NodeT] = set()
        done: list[NodeT] = []
        for node in first:
            if node in seen:
                continue
            seen.add(node)
            stack: list[tuple[NodeT, Iterator[Edge[NodeT]]]] = [(node, iter(self._edges[node]))]
            while stack:
                node, edges = stack[-1]
                below = next((edge.target for edge in edges if edge.target not in seen), None)
                if below is None:
                    done.append(stack.pop()[0])
                else:
                    seen.add(below)
                    stack.append((below, iter(self._edges[below])))
        return done[::-1]
