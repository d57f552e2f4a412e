"""Files into the store: all topics equal the oracle, whatever the order, the repeats, the files and the shards."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from data.format import KINDS, SAMPLE, siblings
from pipelines.failures import PipelineError
from pipelines.files.spill import InElements
from schemas.metrics import USER_METRICS
from store import open_store
from store.digest import digest
from tests import lfm, oracle, stored
from tests.pipelines.jobs import random_events, run_profile, write_events


@pytest.mark.parametrize("sample", [lambda: Path(SAMPLE), lfm.sample], ids=["bundled", "real"])
def test_the_store_equals_the_oracle(sample: Callable[[], Path], store_url: str) -> None:
    events = sample()
    summary = run_profile(events, store_url, "--rejects", "/dev/null")
    with events.open() as lines:
        expected = oracle.profiles(oracle.parse(lines))
    store = open_store(store_url)
    assert stored.profiles(store) == expected
    for kind in KINDS:
        assert stored.names(store, kind) == oracle.names(Path(str(siblings(str(events))[kind])))
    assert summary.counts["users"] == len(expected)
    assert summary.counts["events"] == sum(profile["counts"] for profile in expected.values())


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("reference")
    events = write_events(folder / "LFM-1b_LEs.txt", random_events(1))
    run_profile(events, f"lmdb:{folder}/store")
    found = open_store(f"lmdb:{folder}/store")
    assert stored.profiles(found) == oracle.profiles(random_events(1))
    return digest(found)


def write_shuffled(folder: Path) -> list[Path]:
    events = random_events(1)
    return [write_events(folder / "a.txt", Random(2).sample(events, len(events)))]


def write_repeated(folder: Path) -> list[Path]:
    return [write_events(folder / "a.txt", random_events(1) * 3)]


def write_sorted(folder: Path) -> list[Path]:
    return [write_events(folder / "a.txt", sorted(random_events(1), key=lambda e: e.time))]


def write_split(folder: Path) -> list[Path]:
    events = random_events(1)
    for i in range(7):
        write_events(folder / f"part-{i}.txt", events[i::7])
    (folder / "part-empty.txt").touch()
    return [folder / "part-*.txt"]


def write_compressed(folder: Path) -> list[Path]:
    events = random_events(1)
    paths = [folder / "a.txt.gz", folder / "b.txt.bz2", folder / "c.txt"]
    text = [write_events(folder / "x", events[i::3]).read_bytes() for i in range(3)]
    paths[0].write_bytes(gzip.compress(text[0][:5000]) + gzip.compress(text[0][5000:]))
    paths[1].write_bytes(bz2.compress(text[1]))
    paths[2].write_bytes(text[2])
    return paths


def write_windows(folder: Path) -> list[Path]:
    path = write_events(folder / "a.txt", random_events(1))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    return [path]


@pytest.mark.parametrize(
    "write", [write_shuffled, write_repeated, write_sorted, write_split, write_compressed, write_windows]
)
def test_the_same_events_make_the_same_bytes(
    write: Callable[[Path], list[Path]], reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", 10_000)
    run_profile(write(tmp_path), f"lmdb:{tmp_path}/store")
    assert digest(open_store(f"lmdb:{tmp_path}/store")) == reference


@pytest.mark.parametrize("shards", ["1", "64"])
def test_shards_do_not_matter(shards: str, reference: str, tmp_path: Path) -> None:
    run_profile(write_shuffled(tmp_path), f"lmdb:{tmp_path}/store", "--shards", shards)
    assert digest(open_store(f"lmdb:{tmp_path}/store")) == reference


def test_parts_may_travel_in_the_elements(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", 10_000)
    monkeypatch.setattr("pipelines.batch.SpillFile.__enter__", lambda _: InElements())
    monkeypatch.setattr("pipelines.batch.SpillFile.__exit__", lambda *_: None)
    run_profile(write_shuffled(tmp_path), f"lmdb:{tmp_path}/store")
    assert digest(open_store(f"lmdb:{tmp_path}/store")) == reference


def test_runs_unite(reference: str, tmp_path: Path, store_url: str) -> None:
    """Two halves which overlap, then everything again: the store is what one run over all makes."""
    events = random_events(1)
    for part in (events[:2000], events[1500:], events):
        run_profile(write_events(tmp_path / "a.txt", part), store_url)
    assert digest(open_store(store_url)) == reference


def test_a_run_tells_what_it_did(tmp_path: Path) -> None:
    events = random_events(1)
    summary = run_profile(write_events(tmp_path / "a.txt", events), f"lmdb:{tmp_path}/store")
    distinct = len(oracle.distinct(events))
    assert summary.counts == {
        "lines": len(events),
        "rejected": 0,
        "events": distinct,
        "repeats": len(events) - distinct,
        "users": len({e.user for e in events}),
    }


def test_profiles_only(tmp_path: Path) -> None:
    events = random_events(1)
    store = f"lmdb:{tmp_path}/store"
    run_profile(write_events(tmp_path / "a.txt", random_events(2, users=90)), store, "--only", "profiles")
    run_profile(write_events(tmp_path / "b.txt", events), store, "--only", "profiles")
    topics = {metric.topic for metric in USER_METRICS if not metric.windowed}
    expected = {u: {t: v for t, v in p.items() if t in topics} for u, p in oracle.profiles(events).items()}
    assert stored.profiles(open_store(store)) == expected
    with pytest.raises(PipelineError, match="holds profiles without the histories"):
        run_profile(tmp_path / "b.txt", store)


def test_a_store_keeps_its_options(tmp_path: Path) -> None:
    events, store = write_events(tmp_path / "a.txt", random_events(1)), f"lmdb:{tmp_path}/store"
    run_profile(events, store, "--k", "3")
    assert stored.profiles(open_store(store)) == oracle.profiles(random_events(1), 3)
    run_profile(write_events(tmp_path / "b.txt", random_events(2)), store)  # with charts of the length that it has
    assert stored.profiles(open_store(store)) == oracle.profiles(random_events(1) + random_events(2), 3)
    with pytest.raises(PipelineError, match="has charts of 3: `python -m pipelines.recompute --store .* --k 10`"):
        run_profile(events, store, "--k", "10")
    with pytest.raises(PipelineError, match="holds histories"):
        run_profile(events, store, "--k", "3", "--only", "profiles")
