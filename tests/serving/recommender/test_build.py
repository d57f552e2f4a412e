import resource
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from serving.recommender import graph_files
from serving.recommender.build import CancelledError, build
from serving.recommender.graph import HALF_LIFE, Adjacency, GraphError, Plays
from serving.recommender.graph_files import Build
from serving.recommender.user_plays import FIELDS
from store import Store, open_store
from tests.oracle import Event, distinct
from tests.serving.recommender.graphs import listen, write

DAY_SECONDS = 86_400


class Edge(NamedTuple):
    plays: int
    day: int


def random_events(seed: int, number: int = 2000) -> list[Event]:
    rng = np.random.default_rng(seed)
    columns = [rng.integers(1, most, number) for most in (25, 40, 90, 300)]
    columns[0] += (columns[0] == 7) * 2**40  # an id of more than 32 bits
    times = rng.integers(1_300_000_000, 1_400_000_000, number)
    return [Event(*map(int, row)) for row in zip(*columns, times, strict=True)]


def edges_of(events: list[Event], field: str) -> dict[tuple[int, int], Edge]:
    """The edges of the graph of a field, in plain Python."""
    times = defaultdict(list)
    for event in distinct(events):
        times[event.user, getattr(event, field)].append(event.time)
    return {pair: Edge(len(of), max(of) // DAY_SECONDS) for pair, of in times.items()}


def found(built: Build, field: str) -> dict[tuple[int, int], Edge]:
    """The edges in a build, seen from the users."""
    graph = built.graphs[field]
    return {
        (int(built.user_ids[user]), int(graph.item_ids[item])): Edge(plays, int(graph.days[edge]))
        for user, item, plays, edge in walked(graph.users)
    }


def found_from_items(built: Build, field: str) -> dict[tuple[int, int], int]:
    """The plays in a build, seen from the items."""
    graph = built.graphs[field]
    return {
        (int(built.user_ids[user]), int(graph.item_ids[item])): plays for item, user, plays, _ in walked(graph.items)
    }


def walked(side: Adjacency) -> Iterator[tuple[int, int, int, int]]:
    """Each edge of a side: its row, its other end, its plays, which are kept as sums, and its number."""
    for row in range(len(side.starts) - 1):
        before = 0
        for edge in range(side.starts[row], side.starts[row + 1]):
            end, total, _ = side.edges[edge].tolist()
            yield row, end, total - before, edge
            before = total


def bytes_of(folder: Path) -> dict[str, bytes]:
    build_folder = folder / (graph_files.current(folder) or "")
    return {path.name: path.read_bytes() for path in build_folder.glob("*.npy")}


def made(store: Store, folder: Path, before: Build | None = None) -> Build:
    built = build(store, folder, before)
    assert built is not None
    return built


def test_a_build_holds_what_the_histories_say(store: Store, tmp_path: Path) -> None:
    events = random_events(1)
    listen(store, events)
    built = made(store, tmp_path / "graph")
    assert built.user_ids.tolist() == sorted({event.user for event in events})
    for field in FIELDS:
        expected = edges_of(events, field)
        assert found(built, field) == expected
        assert found_from_items(built, field) == {pair: edge.plays for pair, edge in expected.items()}
        popularity: defaultdict[int, float] = defaultdict(float)
        for (_, item), edge in expected.items():
            popularity[item] += 0.5 ** ((built.header.day - edge.day) / HALF_LIFE)
        graph = built.graphs[field]
        assert dict(zip(graph.item_ids.tolist(), graph.popularity.tolist(), strict=True)) == pytest.approx(popularity)


def test_building_on_a_build_gives_the_bytes_of_building_anew(lmdb_url: str, tmp_path: Path) -> None:
    store = open_store(lmdb_url, create=True)
    listen(store, random_events(1))
    first = made(store, tmp_path / "graph")
    listen(store, [event for event in random_events(2, 300) if event.user % 3 == 0])
    made(store, tmp_path / "graph", first)
    made(store, tmp_path / "other")
    assert bytes_of(tmp_path / "graph") == bytes_of(tmp_path / "other")
    assert len(list((tmp_path / "graph").glob("build-*"))) == 1
    store.close()


def test_a_build_of_an_empty_store(lmdb_url: str, tmp_path: Path) -> None:
    store = open_store(lmdb_url, create=True)
    built = made(store, tmp_path / "graph")
    assert (len(built.user_ids), built.edges) == (0, 0)
    store.close()


def test_one_process_builds_at_a_time(lmdb_url: str, tmp_path: Path) -> None:
    store = open_store(lmdb_url, create=True)
    with graph_files.building(tmp_path / "graph"):
        assert build(store, tmp_path / "graph") is None
        graph_files.write_header(next((tmp_path / "graph").glob("build-*")), graph_files.Header(0, 0))
    store.close()


def test_a_build_that_is_cancelled_leaves_what_was(lmdb_url: str, tmp_path: Path) -> None:
    store = open_store(lmdb_url, create=True)
    listen(store, random_events(1, 50))
    made(store, tmp_path / "graph")
    before = bytes_of(tmp_path / "graph")
    with pytest.raises(CancelledError):
        build(store, tmp_path / "graph", cancelled=lambda: True)
    assert bytes_of(tmp_path / "graph") == before
    assert len(list((tmp_path / "graph").glob("build-*"))) == 1
    store.close()


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Lets no file grow beyond `size` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_an_error_that_says_what_to_do_and_leaves_what_was(lmdb_url: str, tmp_path: Path) -> None:
    store = open_store(lmdb_url, create=True)
    listen(store, random_events(1, 50))
    made(store, tmp_path / "graph")
    before = bytes_of(tmp_path / "graph")
    listen(store, random_events(2, 5000))
    with at_most(16_000), pytest.raises(GraphError, match="make room, or choose another folder with --graph"):
        build(store, tmp_path / "graph")
    assert bytes_of(tmp_path / "graph") == before
    store.close()


def test_files_that_are_damaged_are_an_error_and_those_of_another_format_are_not_used(
    lmdb_url: str, tmp_path: Path
) -> None:
    store = open_store(lmdb_url, create=True)
    listen(store, random_events(1, 50))
    made(store, tmp_path)
    folder = tmp_path / (graph_files.current(tmp_path) or "")
    header = (folder / "header.json").read_text()
    (folder / "header.json").write_text(header.replace(f'"format": {graph_files.FORMAT}', '"format": 0'))
    assert graph_files.load(tmp_path) is None
    (folder / "header.json").write_text(header)
    (folder / "artist-days.npy").write_bytes(b"rubbish")
    with pytest.raises(GraphError, match="cannot be read"):
        graph_files.load(tmp_path)
    store.close()


def test_too_many_plays_are_an_error_that_names_the_user(tmp_path: Path) -> None:
    plays = Plays(
        np.array([0, 1, 3]), np.array([5, 5, 6]), np.array([1, 2**32 - 1, 1], np.uint32), np.zeros(3, np.uint16)
    )
    with pytest.raises(GraphError, match="user 78 has more than 4,294,967,295 plays"):
        write(tmp_path, np.array([77, 78]), plays)
