"""What spreads is what a walk over all ways finds, and every way that is told is one."""

from hypothesis import given
from hypothesis import strategies as st

from serving.gateway.spread import Edge, Spread

NODES, FACTS = 5, 4
EDGES = st.lists(
    st.builds(
        lambda source, target, stops, starts, label: Edge(source, target, label, stops, starts),
        st.integers(0, NODES),
        st.integers(0, NODES),
        st.integers(0, (1 << FACTS) - 1),
        st.integers(0, (1 << FACTS) - 1),
        st.uuids().map(str),
    ),
    max_size=12,
)


def walked(edges: list[Edge[int]], initial: dict[int, int]) -> dict[int, int]:
    """The facts of each node that is reached, one fact at a time."""
    seen = {
        (node, fact)
        for node, facts in initial.items()
        for fact in [None, *range(FACTS)]
        if fact is None or facts >> fact & 1
    }
    todo = [*seen]
    while todo:
        node, fact = todo.pop()
        for edge in edges:
            if edge.source != node:
                continue
            passed = [fact] if fact is None or not edge.stops >> fact & 1 else []
            begun = [one for one in range(FACTS) if edge.starts >> one & 1]
            for one in [*passed, *begun]:
                if (edge.target, one) not in seen:
                    seen.add((edge.target, one))
                    todo.append((edge.target, one))
    found = dict.fromkeys((node for node, _ in seen), 0)
    for node, fact in seen:
        found[node] |= 0 if fact is None else 1 << fact
    return found


@given(edges=EDGES, initial=st.dictionaries(st.integers(0, NODES), st.integers(0, (1 << FACTS) - 1), max_size=2))
def test_facts_and_ways(edges: list[Edge[int]], initial: dict[int, int]) -> None:
    spread = Spread(edges, initial)
    assert spread.facts == walked(edges, initial)
    by_label = {edge.label: edge for edge in edges}
    for node, facts in spread.facts.items():
        for bit in (1 << fact for fact in range(FACTS) if facts >> fact & 1):
            here, labels = spread.way(node, bit)
            has = initial[here]
            for label in labels:
                edge = by_label[label]
                assert edge.source == here
                here, has = edge.target, has & ~edge.stops | edge.starts
            assert here == node
            assert has & bit
