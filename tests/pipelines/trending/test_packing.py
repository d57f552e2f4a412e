import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.trending.packing import packed, unpacked

LONG = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 300)


@given(st.integers(1, 6).flatmap(lambda columns: st.lists(st.lists(LONG, min_size=columns, max_size=columns))))
def test_columns_are_what_they_were(rows: list[list[int]]) -> None:
    columns = np.array(rows, np.int64).reshape(len(rows), -1).T if rows else np.empty((3, 0), np.int64)
    np.testing.assert_array_equal(unpacked(packed(columns)), columns)


def test_what_is_sorted_takes_little() -> None:
    columns = np.stack([np.arange(1000), np.full(1000, 7)])
    assert len(packed(columns)) == 2 * 1000 + 3
