from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from serving.recommender import walks
from serving.recommender.view import View
from serving.recommender.walks import Visits
from tests.serving.recommender import oracle
from tests.serving.recommender.graphs import Played, random_plays, view

WALKS = 10_000


def sums(of: View, visits: Visits) -> dict[int, float]:
    """The weight of the visits by item id."""
    total: Counter[int] = Counter()
    for item, weight in zip(of.item_ids(visits.items).tolist(), visits.weights.tolist(), strict=True):
        total[item] += weight
    return dict(total)


def walked(name: str, of: View, user: int, length: int, reset: float, seed: int = 1) -> Visits:
    number = of.user(user)
    assert number is not None
    visits: Visits = getattr(walks, name)(of.users_side, of.items_side, number, WALKS, length, reset, seed)
    return visits


def assert_expected(found: dict[int, float], expected: dict[int, float], visits: int, largest: float) -> None:
    """Asserts that sums of weights differ from what is expected by less than 5 standard deviations, and little in all.

    The visits of one walker depend on each other, so that the variance is at most as if they all were the same one.
    """
    errors = {item: abs(found.get(item, 0) - value) for item, value in expected.items()}
    assert sum(errors.values()) < 0.05 * sum(expected.values())
    assert found.keys() <= {item for item, value in expected.items() if value > 0}
    for item, value in expected.items():
        assert errors[item] < 5 * (visits * largest * value) ** 0.5 + 1e-6, item


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("length", "reset"), [(3, 0.0), (4, 0.5), (20, 0.1), (21, 0.0)])
def test_salsa_visits_what_power_iteration_expects(tmp_path: Path, seed: int, length: int, reset: float) -> None:
    played = random_plays(np.random.default_rng(seed), 30, 25)
    graph = view(tmp_path, played)
    for user in list(played)[:5]:
        visits = walked("salsa", graph, user, length, reset)
        assert len(visits.items) == WALKS * ((length + 1) // 2)
        expected = oracle.salsa(played, user, WALKS, length, reset)
        assert_expected(sums(graph, visits), expected, (length + 1) // 2, 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("length", "reset"), [(3, 0.0), (5, 0.0), (9, 0.3), (10, 0.3)])
def test_paths_weigh_what_power_iteration_expects(tmp_path: Path, seed: int, length: int, reset: float) -> None:
    played = random_plays(np.random.default_rng(seed), 30, 25)
    # more items than a walker looks at, and plays above the table of logarithms
    played[1] = {1000 + item: 5_000 + item for item in range(40)}
    graph = view(tmp_path, played)
    for user in list(played)[:5]:
        found = sums(graph, walked("paths", graph, user, length, reset))
        expected = {item: WALKS * value for item, value in oracle.paths(played, user, length, reset).items()}
        assert_expected(found, expected, length // 2, np.log1p(5_100))


@pytest.mark.parametrize("name", ["salsa", "paths"])
def test_walks_over_an_overlay_are_those_over_the_graph_that_it_makes(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(4)
    before = random_plays(rng, 30, 25)
    new_user, erased, changed = 5, list(before)[3], list(before)[4:9]
    overlay: Played = {
        new_user: {999: 3, 1000: 5},
        erased: {},
        **{user: random_plays(rng, 1, 40)[100] for user in changed},
        list(before)[10]: {2: 1000},
    }
    now = {**before, **overlay}
    graph = view(tmp_path, before, overlay)
    for user in (new_user, *changed[:2], next(iter(before))):
        found = sums(graph, walked(name, graph, user, 9, 0.2))
        if name == "salsa":
            expected = oracle.salsa(now, user, WALKS, 9, 0.2)
        else:
            expected = {item: WALKS * value for item, value in oracle.paths(now, user, 9, 0.2).items()}
        assert_expected(found, expected, 5, 1 if name == "salsa" else np.log1p(1000))


def test_salsa_on_a_graph_that_can_be_checked_by_hand(tmp_path: Path) -> None:
    # From user 1 to item 10; from there in 3 of 4 cases back, else to user 2, and in 2 of 3 of these to item 20.
    graph = view(tmp_path, {1: {10: 3}, 2: {10: 1, 20: 2}})
    visits = sums(graph, walked("salsa", graph, 1, 3, 0.0))
    assert visits.keys() == {10, 20}
    assert visits[20] == pytest.approx(WALKS / 4 * 2 / 3, rel=0.1)
    assert visits[10] + visits[20] == 2 * WALKS


def test_paths_on_a_graph_that_can_be_checked_by_hand(tmp_path: Path) -> None:
    # From user 1 to item 10; from there in 1 of 2 cases to user 2, where both items are looked at.
    graph = view(tmp_path, {1: {10: 3}, 2: {10: 1, 20: 2}})
    found = sums(graph, walked("paths", graph, 1, 3, 0.0))
    assert found[20] == pytest.approx(WALKS / 2 * np.log(3) / 2, rel=0.1)
    assert found[20] / found[10] == pytest.approx(np.log(3) / np.log(2))


@pytest.mark.parametrize("name", ["salsa", "paths"])
def test_origins_are_the_own_items_through_which_walkers_left(tmp_path: Path, name: str) -> None:
    # Items 10 and 20 of user 1 lead to separate parts of the graph.
    graph = view(tmp_path, {1: {10: 5, 20: 5}, 2: {10: 1, 11: 1}, 3: {20: 1, 21: 1}})
    visits = walked(name, graph, 1, 15, 0.5)
    assert set(zip(graph.item_ids(visits.items).tolist(), visits.origins.tolist(), strict=True)) >= {(11, 0), (21, 1)}
    came = {(item, origin) for item, origin in zip(visits.items.tolist(), visits.origins.tolist(), strict=True)}
    assert not came & {(graph.item(21), 0), (graph.item(11), 1)}  # no walk crosses over but through home


@pytest.mark.parametrize("name", ["salsa", "paths"])
def test_a_seed_repeats_walks(tmp_path: Path, name: str) -> None:
    played = random_plays(np.random.default_rng(8), 30, 25)
    graph = view(tmp_path, played)
    user = next(iter(played))
    first, again, other = (walked(name, graph, user, 9, 0.1, seed) for seed in (5, 5, 6))
    for column, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(column, same)
    assert sums(graph, first) != sums(graph, other)
