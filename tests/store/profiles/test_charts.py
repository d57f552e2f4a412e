"""Counting and ranking, against plain Python."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.wire import avro
from store.profiles import charts
from tests import oracle

IDS = st.integers(0, 12) | st.integers(0, 2**63 - 1) | st.integers(0, 300).map(lambda n: n << 40)
ITEMS = st.lists(IDS, min_size=1, max_size=200)


def numbered(items: list[int]) -> tuple[list[int], list[int]]:
    """The number of each item, and the ids by number."""
    table, number, distinct = charts.room(len(items))
    found = charts.number_items(np.array(items, np.int64), 0, len(items), number, distinct, table)
    return number.tolist(), distinct[:found].tolist()


def top(counts: NDArray[Any], touched: NDArray[Any], n: int, distinct: list[int], k: int) -> object:
    out = np.zeros(100 * (k + 1), np.uint8)
    end = charts.put_top(counts, touched, n, np.array(distinct, np.int64), np.empty((2, k), np.int64), out, 0)
    return avro.decode("Charts", out[:end].tobytes())


@settings(deadline=None)
@given(ITEMS)
def test_items_are_numbered_by_first_appearance(items: list[int]) -> None:
    number, distinct = numbered(items)
    assert distinct == list(dict.fromkeys(items))
    assert [distinct[n] for n in number] == items


def test_many_items_are_numbered() -> None:
    items = np.random.default_rng(1).integers(0, 2**40, 50_000).tolist()
    number, distinct = numbered(items)
    assert distinct == list(dict.fromkeys(items))
    assert [distinct[n] for n in number] == items


@settings(deadline=None)
@given(ITEMS, st.integers(1, 12), st.lists(st.integers(0, 200), max_size=3))
def test_charts_of_windows_and_of_their_sum(items: list[int], k: int, cuts: list[int]) -> None:
    """The charts of some windows one after the other, and the chart of all of them, which adds up their counts."""
    number, distinct = numbered(items)
    room = len(distinct)
    counts, touched = np.zeros((2, room), np.int64), np.empty((2, room), np.int32)
    bounds = sorted({0, len(items), *(min(cut, len(items)) for cut in cuts)})
    n_all = 0
    for lo, hi in pairwise(bounds):
        n = charts.count(np.array(number, np.int32), lo, hi, counts[0], touched[0], 0)
        assert top(counts[0], touched[0], n, distinct, k) == oracle.chart(items[lo:hi], k)
        n_all = charts.add(counts[0], touched[0], n, counts[1], touched[1], n_all)
        assert not counts[0].any()
    assert dict(zip(distinct, counts[1].tolist(), strict=True)) == Counter(items)
    assert top(counts[1], touched[1], n_all, distinct, k) == oracle.chart(items, k)
