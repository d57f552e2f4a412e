from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.trending.plays import KINDS, NONE, Plays, added, charts_of, include

COUNTS = st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2**62)), st.integers(-3, 5).filter(bool))


def plays_of(counts: dict[tuple[int, int], int]) -> Plays:
    return np.array([(*item, n) for item, n in sorted(counts.items())], np.int64).reshape(-1, 3).T


@given(st.lists(COUNTS, max_size=5))
def test_adding_up(parts: list[dict[tuple[int, int], int]]) -> None:
    total: Counter[tuple[int, int]] = Counter()
    for part in parts:
        for item, n in part.items():
            total[item] += n
    expected = plays_of({item: n for item, n in total.items() if n})
    np.testing.assert_array_equal(added(map(plays_of, parts)), expected)


@given(st.lists(COUNTS, max_size=5))
def test_including_in_a_total(parts: list[dict[tuple[int, int], int]]) -> None:
    total = NONE
    for part in parts:
        total = include(total, plays_of(part))
    np.testing.assert_array_equal(total[:, total[2] != 0], added(map(plays_of, parts)))


@given(COUNTS, st.integers(1, 4))
def test_charts(counts: dict[tuple[int, int], int], k: int) -> None:
    found = charts_of(plays_of(counts), k)
    for number, kind in enumerate(KINDS):
        ranked = sorted((-n, item) for (of_kind, item), n in counts.items() if of_kind == number and n > 0)
        assert found[kind] == [{"id": item, "countPlays": -n} for n, item in ranked[:k]]
