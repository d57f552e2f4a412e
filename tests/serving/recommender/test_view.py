from pathlib import Path

import numpy as np

from serving.recommender.ranking import Algorithm, Recommendation, Walks, recommend
from serving.recommender.view import View
from tests.serving.recommender import oracle
from tests.serving.recommender.graphs import Played, random_plays, view


def recommended(of: View, user: int, algorithm: Algorithm, how: Walks, limit: int = 3) -> list[Recommendation]:
    number = of.user(user)
    assert number is not None
    return recommend(of, number, algorithm, how, 1, limit)


def assert_same(of: View, now: Played) -> None:
    """Asserts that a view knows what is played."""
    items = {item for row in now.values() for item in row}
    for item in items | {1, 2_000}:
        plays = {user: row[item] for user, row in now.items() if item in row}
        top = sorted(plays.items(), key=lambda entry: (-entry[1], entry[0]))
        assert of.listeners(item, 5) == (len(plays), sum(plays.values()), top[:5])
        number = of.item(item)
        if number is not None:
            assert of.degrees(np.array([number])).tolist() == [len(plays)]
    for user, row in now.items():
        number = of.user(user)
        assert sorted(of.item_ids(of.items_of(number)).tolist()) == sorted(row) if number is not None else not row
    counts = {item: sum(item in row for row in now.values()) for item in items}
    ids, popularity = of.popular
    assert ids.tolist() == sorted(counts, key=lambda item: (-counts[item], item))
    np.testing.assert_allclose(popularity, [counts[item] / max(counts.values()) for item in ids.tolist()])


def test_a_view_knows_what_is_played(tmp_path: Path) -> None:
    played = random_plays(np.random.default_rng(1), 40, 30)
    assert_same(view(tmp_path, played), played)


def test_a_view_knows_what_changed_users_play_instead(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    before = random_plays(rng, 40, 30)
    users = list(before)
    changed = {
        3: {1003: 2},  # new, below all others
        users[5] + 1: {999: 1, 5_000: 7},  # new, with new items
        10_000: random_plays(rng, 1, 60)[100],  # new, above all others
        users[7]: {},
        users[8]: {5_000: 1},
        **{user: random_plays(rng, 1, 30)[100] for user in users[20:30]},
    }
    assert_same(view(tmp_path, before, changed), {**before, **changed})


def test_a_view_of_which_everybody_has_changed(tmp_path: Path) -> None:
    before = random_plays(np.random.default_rng(3), 10, 10)
    changed = {**{user: {} for user in before}, 1: {5: 1}}
    assert_same(view(tmp_path, before, changed), {1: {5: 1}})


def test_classic_recommendations_are_the_most_visited_unknown_items(tmp_path: Path) -> None:
    played = random_plays(np.random.default_rng(5), 30, 25)
    graph = view(tmp_path, played)
    for user in list(played)[:8]:
        found = recommended(graph, user, Algorithm.SALSA, Walks(10_000, 21, 0.1), 100)
        expected = oracle.salsa(played, user, 10_000, 21, 0.1)
        assert {item for item, *_ in found} == {i for i, v in expected.items() if v and i not in played[user]}
        assert [(score, -item) for item, score, _ in found] == sorted([(s, -i) for i, s, _ in found], reverse=True)
        best = max((item for item in expected if item not in played[user]), key=lambda item: expected[item])
        assert expected[found[0].id] > 0.9 * expected[best]


def test_paths_are_divided_by_a_power_of_the_listeners(tmp_path: Path) -> None:
    played = random_plays(np.random.default_rng(6), 60, 25)
    graph = view(tmp_path, played)
    for user in list(played)[:8]:
        expected = oracle.paths(played, user, 3, 0.0)
        listeners = {item: sum(item in row for row in played.values()) for item in expected}
        for item, score, _ in recommended(graph, user, Algorithm.PATHS, Walks(10_000, 3, 0.0)):
            wanted = expected[item] / (listeners[item] + 20) ** 0.6
            assert abs(score - wanted) < 0.2 * wanted + 1e-3


def test_ties_go_to_the_lower_id_also_of_items_that_are_new(tmp_path: Path) -> None:
    others: Played = {2: {10: 1, 40: 1, 30: 1}, 3: {10: 1}}
    graph = view(tmp_path, {1: {10: 1}, **others}, {3: {10: 1, 35: 1, 20: 1}})
    found = recommended(graph, 1, Algorithm.PATHS, Walks(1, 3, 0.0), 10)  # one walker: both items of one user tie
    assert [item for item, *_ in found] in ([], [30, 40], [20, 35])
    both = recommended(graph, 1, Algorithm.PATHS, Walks(1000, 3, 0.0), 10)
    ids, scores = [r.id for r in both], [r.score for r in both]
    assert sorted(ids) == [20, 30, 35, 40]
    assert all(ids[i] < ids[i + 1] for i in range(3) if scores[i] == scores[i + 1])


def test_reasons_are_the_own_items_through_which_most_walks_came(tmp_path: Path) -> None:
    # Item 20 is reached through 10 alone, item 21 through 11 alone, item 22 through both, but rather through 11.
    graph = view(
        tmp_path,
        {1: {10: 3, 11: 3, 12: 3}, 2: {10: 1, 20: 5}, 3: {11: 1, 21: 5, 22: 5}, 4: {10: 1, 22: 1, 20: 1}, 5: {12: 1}},
    )
    for algorithm in Algorithm:
        found = {r.id: r.because for r in recommended(graph, 1, algorithm, Walks(5000, 3, 0.0), 10)}
        assert found == {20: [10], 21: [11], 22: [11, 10]}
