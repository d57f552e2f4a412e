"""Rows that are added in any parts are found, all of them, whatever their columns hold."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.trending import levels
from pipelines.trending.levels import Levels, Rows
from schemas.events import TIME, TRACK, USER

HOUR = 3600
START = 400_000 * HOUR
ID = st.integers(0, 4) | st.integers(0, 2**63 - 1)
ROW = st.tuples(ID, ID, ID, ID, st.integers(START, START + HOUR - 1), st.integers(0, 1))
PARTS = st.lists(st.lists(ROW, max_size=9), max_size=9)


def rows_of(rows: list[Any]) -> Rows:
    return np.array(rows, np.int64).reshape(-1, 6).T


def filled(parts: list[list[Any]]) -> Levels:
    found = Levels(START)
    for part in parts:
        found.add(rows_of(part))
    return found


def sorted_rows(rows: Rows) -> list[list[int]]:
    return sorted(rows.T.tolist())


@given(PARTS)
def test_all_are_kept(parts: list[list[Any]]) -> None:
    assert sorted_rows(filled(parts).rows()) == sorted([*row] for part in parts for row in part)


@pytest.mark.parametrize("collide", [False, True])
@given(parts=PARTS, wanted=st.lists(ROW, max_size=5), some=st.integers(0, 20))
def test_those_alike_are_found(collide: bool, parts: list[list[Any]], wanted: list[Any], some: int) -> None:
    every = [row for part in parts for row in part]
    wanted = wanted + every[:some:2]
    users = {row[USER] for row in every[some:]}
    with pytest.MonkeyPatch.context() as patch:
        if collide:  # hashes that tell nothing make what is found larger, and no less complete
            patch.setattr(levels, "_keys", lambda rows: np.zeros(rows.shape[1], np.uint32))
        held = filled(parts)
        alike, of = held.alike(rows_of(wanted)), held.of(np.array([*users], np.int64), rows_of(wanted))
    identities = {(row[USER], row[TIME], row[TRACK]) for row in wanted}
    expected = sorted([*row] for row in every if (row[USER], row[TIME], row[TRACK]) in identities)
    assert [row for row in sorted_rows(alike) if (row[USER], row[TIME], row[TRACK]) in identities] == expected
    assert len(sorted_rows(alike)) == (len(every) if collide and wanted else len(expected))
    missing = [row for row in every if row[USER] in users and [*row] not in of.T.tolist()]
    assert not missing
    assert all([*row] in of.T.tolist() for row in expected)


def test_levels_are_few() -> None:
    held = Levels(START)
    for second in range(1000):
        held.add(rows_of([(1, 2, 3, 4, START + second, 0)]))
    assert len(held._levels) <= 11
    assert held.rows().shape == (6, 1000)
