import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.recommender import keeper as keeping
from serving.recommender.build import build
from serving.recommender.keeper import Keeper, State
from store import Store, StoreError, changes
from tests.serving.recommender.graphs import erase, events, listen

SECONDS = 60
BEFORE = {1: {10: 3}, 2: {10: 1, 20: 2}, 3: {30: 1}}


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with three users."""
    listen(store, events(BEFORE))
    return store


@pytest.fixture
def keeper(filled: Store, tmp_path: Path) -> Iterator[Keeper]:
    """The keeper of its graph, with its thread running, and a state."""
    keeper = Keeper(filled, tmp_path / "graph")
    keeper.start()
    wait_for(lambda: keeper.state is not None)
    yield keeper
    keeper.stop()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state(keeper: Keeper) -> State:
    assert keeper.state is not None
    return keeper.state


def listeners(keeper: Keeper, item: int, field: str = "artist") -> dict[int, int]:
    return dict(state(keeper).views[field].listeners(item, 100).top)


def test_new_listens_and_users_and_items_reach_the_graph(keeper: Keeper, filled: Store) -> None:
    built = state(keeper).built
    listen(filled, events({1: {20: 2}, 4: {40: 5}}, 1_400_000_000))
    wait_for(lambda: listeners(keeper, 40) == {4: 5})
    assert listeners(keeper, 20) == {2: 2, 1: 2}
    assert listeners(keeper, 200, "album") == {2: 2, 1: 2}
    assert listeners(keeper, 2000, "track") == {2: 2, 1: 2}
    assert state(keeper).built == built  # it is the overlay that has them


def test_the_state_says_up_to_when_it_holds(keeper: Keeper) -> None:
    now = time.time()
    wait_for(lambda: state(keeper).as_of > now)
    assert state(keeper).as_of <= time.time()


def test_a_change_that_the_feed_does_not_tell_of_is_found(filled: Store, tmp_path: Path) -> None:
    keeper = Keeper(filled, tmp_path / "graph")
    keeper.start()
    wait_for(lambda: keeper.state is not None)
    keeper.stop()
    listen(filled, events({5: {10: 4}}), announce=False)
    filled.delete("users", (3).to_bytes(8, "big"))
    later = Keeper(filled, tmp_path / "graph")
    later.step()
    assert listeners(later, 10) == {1: 3, 2: 1, 5: 4}
    assert listeners(later, 30) == {}
    assert state(later).built == state(keeper).built


def test_a_large_overlay_is_compacted_while_the_state_stays(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SMALL_OVERLAY", 5)
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.0)
    keeper = Keeper(filled, tmp_path / "graph")
    keeper.start()
    wait_for(lambda: keeper.state is not None)
    built = state(keeper).built
    listen(filled, events({user: {10: 1, 11: 2} for user in range(100, 120)}))
    wait_for(lambda: state(keeper).built > built)
    assert len(listeners(keeper, 11)) == 20
    listen(filled, events({200: {11: 1}}))
    wait_for(lambda: len(listeners(keeper, 11)) == 21)
    keeper.stop()


def test_processes_share_a_build(keeper: Keeper, filled: Store, tmp_path: Path) -> None:
    other = Keeper(filled, tmp_path / "graph")
    other.step()
    assert state(other).built == state(keeper).built
    assert listeners(other, 10) == listeners(keeper, 10)


def test_an_erased_user_is_out_of_the_graph_at_once_and_after_the_next_build(
    keeper: Keeper, filled: Store, tmp_path: Path
) -> None:
    wait_for(lambda: listeners(keeper, 20) == {2: 2})
    erase(filled, 2)
    wait_for(lambda: listeners(keeper, 20) == {})
    assert listeners(keeper, 10) == {1: 3}
    view = state(keeper).views["artist"]
    number = view.user(2)
    assert number is not None
    assert view.items_of(number).tolist() == []
    assert 20 not in view.popular[0].tolist()
    build(filled, tmp_path / "graph")
    later = Keeper(filled, tmp_path / "graph")
    later.step()
    assert listeners(later, 10) == {1: 3}
    assert state(later).views["artist"].item(20) is None


def test_what_cannot_be_read_is_logged_and_read_later(
    keeper: Keeper, filled: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(filled, "rows", fail)
        changes.write(filled, [changes.UserChange(6, bytes(8), b"")])
        wait_for(lambda: "the store is away" in caplog.text)
        stopped = state(keeper).as_of
    listen(filled, events({6: {60: 2}}))
    wait_for(lambda: listeners(keeper, 60) == {6: 2})
    assert state(keeper).as_of > stopped


def test_a_folder_that_cannot_be_written_is_logged(
    filled: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    keeper = Keeper(filled, tmp_path / "file" / "graph")
    keeper.start()
    wait_for(lambda: "choose another folder with --graph" in caplog.text)
    keeper.stop()
    assert keeper.state is None
