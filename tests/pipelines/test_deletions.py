"""Listens taken back and users erased, from files and from a stream: the same store, in any order."""

from pathlib import Path
from random import Random

import pytest

from pipelines.failures import PipelineError
from pipelines.files.spill import InElements
from store import open_store
from store.digest import digest
from tests import oracle, stored
from tests.oracle import Event
from tests.parts.streams import TOPIC, send, streaming, tombstones_of, values_of
from tests.parts.topics import create
from tests.pipelines.jobs import deletions, random_events, run_profile, write_events

EVENTS = random_events(8)
TAKEN = [event._replace(artist=1, album=1) for event in Random(8).sample(EVENTS, 200)] + [Event(5, 5, 5, 5, 5)]
LAST = max(event.time for event in EVENTS)
MIDDLE = sorted(event.time for event in EVENTS)[len(EVENTS) // 2]
ERASED = [(1001, MIDDLE), (1001, MIDDLE - 99), (3003, LAST), (999_999, 7)]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a store that one run made; it equals the oracle."""
    folder = tmp_path_factory.mktemp("reference")
    url = f"lmdb:{folder}/store"
    summary = run_profile(write_events(folder / "a.txt", EVENTS), url, *options(folder))
    found = open_store(url)
    assert stored.profiles(found) == oracle.profiles(oracle.standing(EVENTS, TAKEN, ERASED))
    assert (summary.counts["deleted"], summary.counts["erased"]) == (len(TAKEN), len(ERASED))
    return digest(found)


def options(folder: Path) -> list[str]:
    return deletions(folder, TAKEN, ERASED)


def test_deletions_come_before_or_after(reference: str, store_url: str, tmp_path: Path) -> None:
    first, last = (write_events(tmp_path / f"{i}.txt", EVENTS[i::2]) for i in range(2))
    run_profile(first, store_url)
    run_profile(first, store_url, *options(tmp_path))
    run_profile(last, store_url)
    assert digest(open_store(store_url)) == reference


def test_parts_may_travel_in_the_elements(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", 10_000)
    monkeypatch.setattr("pipelines.batch.SpillFile.__enter__", lambda _: InElements())
    monkeypatch.setattr("pipelines.batch.SpillFile.__exit__", lambda *_: None)
    run_profile(write_events(tmp_path / "a.txt", EVENTS), f"lmdb:{tmp_path}/store", *options(tmp_path))
    assert digest(open_store(f"lmdb:{tmp_path}/store")) == reference


def test_profiles_alone_leave_out_what_is_deleted(tmp_path: Path) -> None:
    url = f"lmdb:{tmp_path}/store"
    run_profile(write_events(tmp_path / "a.txt", EVENTS), url, "--only", "profiles", *options(tmp_path))
    expected = oracle.profiles(oracle.standing(EVENTS, TAKEN, ERASED))
    found = stored.profiles(open_store(url))
    assert {user: topics["counts"] for user, topics in found.items()} == {u: p["counts"] for u, p in expected.items()}


def test_bad_lines_of_erasures_are_rejected(tmp_path: Path) -> None:
    bad = tmp_path / "erased.tsv"
    bad.write_text(f"user\ttime\n7\t8\n7\n7\t-8\n7\t8\t9\n{2**63}\t1\n7\t8\r\n")
    events, url = write_events(tmp_path / "a.txt", EVENTS), f"lmdb:{tmp_path}/store"
    with pytest.raises(PipelineError, match="4 of 7 lines of erased were rejected"):
        run_profile(events, url, "--erased", str(bad))
    lines = [line.split("\t")[1:3] for line in (tmp_path / "rejects.tsv").read_text().splitlines()[1:]]
    assert lines == [
        ["1", "header line"],
        ["3", "1 columns instead of 2"],
        ["4", "negative number"],
        ["5", "3 columns instead of 2"],
        ["6", "number of more than 63 bits"],
    ]
    with pytest.raises(PipelineError, match="no file matches '/nowhere': check --deleted"):
        run_profile(events, url, "--deleted", "/nowhere")


def test_a_stream_deletes_as_a_batch_does(reference: str, empty_kafka: str, store_url: str, tmp_path: Path) -> None:
    messages = [*values_of(EVENTS), *values_of(TAKEN, deleted=True), *tombstones_of(ERASED)]
    create(empty_kafka, TOPIC)
    send(empty_kafka, Random(9).sample(messages, len(messages)))
    with streaming(empty_kafka, store_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        stream.stop()
    assert digest(open_store(store_url)) == reference
