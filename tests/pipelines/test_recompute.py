"""Deriving a store's topics again: with other definitions, while it is written, and of stores that are older."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

from pipelines import recompute
from pipelines.failures import PipelineError
from schemas.metrics import USER_METRICS
from store import Cell, Store, open_store
from store.digest import digest
from store.histories.event_set import unite
from store.layout import USERS, row_key
from store.profiles import computed, definitions, union
from store.profiles.definitions import Definitions, defaults, texts
from store.values import Address, read
from tests import oracle, stored
from tests.pipelines.jobs import random_events, run_profile, write_events
from tests.store.profiles.samples import columns

EVENTS = random_events(3, n=1500)


@pytest.fixture
def loaded(store_url: str, tmp_path: Path) -> Store:
    """A store with the events of EVENTS."""
    run_profile(write_events(tmp_path / "events.txt", EVENTS), store_url)
    return open_store(store_url)


def older(store: Store, topics: set[str]) -> None:
    """Makes a store as it would be if some topics had not been declared when it was written."""
    kept = {topic: text for topic, text in texts(defaults()).items() if topic not in topics}
    store.set_setting(definitions.SETTING, json.dumps({"stored": kept, "coming": {}}))
    for key, _ in [*store.scan(USERS, families=["history"])]:
        union.recompute(store, [key])


def test_topics_that_a_store_does_not_have_are_brought(loaded: Store) -> None:
    whole = digest(loaded)
    topics = {"distinctartists", "toptracksperyear", "counts"}
    older(loaded, topics)
    remark = str(definitions.remark(loaded, "COMMAND"))
    assert "does not have counts, distinctartists, toptracksperyear yet: computed when read, until `COMMAND`" in remark
    assert not topics & {*next(iter(stored.profiles(loaded).values()))}
    assert digest(loaded) != whole
    summary = recompute.main(["--store", loaded.url])
    assert digest(loaded) == whole
    assert stored.profiles(loaded) == oracle.profiles(EVENTS)
    assert definitions.read(loaded).missing() == []
    assert definitions.remark(loaded, "COMMAND") is None
    assert summary.counts["users"] == len(oracle.profiles(EVENTS))


def test_only_some_topics_are_brought(loaded: Store) -> None:
    older(loaded, {"distinctartists", "toptracksperyear"})
    recompute.main(["--store", loaded.url, "--topics", "distinctartists"])
    assert definitions.read(loaded).missing() == ["toptracksperyear"]
    found = next(iter(stored.profiles(loaded).values()))
    assert "distinctartists" in found
    assert "toptracksperyear" not in found


def test_charts_of_another_length(loaded: Store, tmp_path: Path) -> None:
    recompute.main(["--store", loaded.url, "--k", "3"])
    assert stored.profiles(loaded) == oracle.profiles(EVENTS, 3)
    more = random_events(9, n=300)
    run_profile(write_events(tmp_path / "more.txt", more), loaded.url)
    assert stored.profiles(loaded) == oracle.profiles([*EVENTS, *more], 3)
    with pytest.raises(
        PipelineError, match=r"has charts of 3: `python -m pipelines.recompute .* --k 10` gives it others"
    ):
        run_profile(write_events(tmp_path / "more.txt", more), loaded.url, "--k", "10")


def test_rows_that_are_wrong_are_mended_of_some_users_alone(loaded: Store) -> None:
    whole, first, second = digest(loaded), *sorted(oracle.profiles(EVENTS))[:2]
    for user in (first, second):
        loaded.write(USERS, [(row_key(user), [Cell("profile", b"counts", b"\x02")])])
    recompute.main(["--store", loaded.url, "--users", str(first)])
    assert read(loaded, [Address("counts", first)]) == [oracle.profiles(EVENTS)[first]["counts"]]
    assert read(loaded, [Address("counts", second)]) == [1]
    recompute.main(["--store", loaded.url])
    assert digest(loaded) == whole


def test_a_store_that_is_written_meanwhile(loaded: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other writers, of whom each row may be read before and written after it was derived again, lose nothing."""
    monkeypatch.setattr("pipelines.recomputation.MOST_USERS", 3)
    more = random_events(17, n=900)
    over = threading.Event()

    def write() -> None:
        for i in range(0, len(more), 30):
            union.write(loaded, unite(columns(more[i : i + 30])))
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    for k in (2, 5, 3):
        recompute.main(["--store", loaded.url, "--k", str(k)])
    writer.join()
    assert over.is_set()
    assert stored.profiles(loaded) == oracle.profiles([*EVENTS, *more], 3)


def test_what_was_stopped_completes(lmdb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_profile(write_events(tmp_path / "events.txt", EVENTS), lmdb_url)
    store = open_store(lmdb_url)
    monkeypatch.setattr("pipelines.recomputation.MOST_USERS", 4)
    monkeypatch.setattr(computed, "KNOWN_SECONDS", -1.0)
    derive, left = union.recompute, [3]

    def fail(*arguments: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("the machine is switched off")
        derive(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(union, "recompute", fail)
    with pytest.raises(RuntimeError, match="switched off"):
        recompute.main(["--store", lmdb_url, "--k", "2"])
    users = [*oracle.profiles(EVENTS)]
    expected = [oracle.profiles(EVENTS, 2)[user]["topartists"] for user in users]
    assert read(store, [Address("topartists", user) for user in users]) == expected
    monkeypatch.setattr(union, "recompute", derive)
    recompute.main(["--store", lmdb_url])
    assert stored.profiles(store) == oracle.profiles(EVENTS, 2)
    assert not any(definition.metric.stored for definition in computed.computed(store).values())


def test_the_command_is_killed_and_run_again(lmdb_url: str, tmp_path: Path) -> None:
    run_profile(write_events(tmp_path / "events.txt", EVENTS), lmdb_url)
    command = [sys.executable, "-m", "pipelines.recompute", "--store", lmdb_url, "--k", "4"]
    random = Random(1)
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(random.uniform(0.5, 4))
            except subprocess.TimeoutExpired:
                process.kill()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"events of {len(oracle.profiles(EVENTS))} users in" in done.stdout
    assert stored.profiles(open_store(lmdb_url)) == oracle.profiles(EVENTS, 4)


def test_metrics_that_are_no_longer_known_are_forgotten(loaded: Store) -> None:
    found = definitions.read(loaded)
    definitions.write(loaded, Definitions({**found.stored, "gone": "count events by fortnight of user"}, {}))
    recompute.main(["--store", loaded.url])
    assert definitions.read(loaded) == found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--topics", "distinctartist"], "distinctartist is no topic that rows hold: did you mean distinctartists?"),
        (["--topics", "artists"], "artists is no topic that rows hold: did you mean"),
        (["--k", "0"], "0 is not above 0"),
        (["--users", "x"], "x is not a list of ids"),
    ],
)
def test_options_that_are_wrong(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        recompute.main(options)
    assert message in capsys.readouterr().err


def test_stores_without_histories(lmdb_url: str, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="there is no store"):
        recompute.main(["--store", lmdb_url])
    run_profile(write_events(tmp_path / "events.txt", EVENTS), lmdb_url, "--only", "profiles")
    with pytest.raises(PipelineError, match="has no histories to derive anything from"):
        recompute.main(["--store", lmdb_url])


def test_another_length_is_for_all_users(lmdb_url: str, tmp_path: Path) -> None:
    run_profile(write_events(tmp_path / "events.txt", EVENTS), lmdb_url)
    with pytest.raises(PipelineError, match="--k is for all users"):
        recompute.main(["--store", lmdb_url, "--users", "0", "--k", "3"])


def test_the_catalogue_is_what_the_oracle_says_and_what_is_computed(loaded: Store) -> None:
    """A metric that is declared, and that nothing computes, or that the oracle does not know, fails here."""
    profile = next(iter(oracle.profiles(EVENTS).values()))
    assert {*profile} == {metric.topic for metric in USER_METRICS} | {"listeningevents"}
    assert stored.profiles(loaded) == oracle.profiles(EVENTS)
