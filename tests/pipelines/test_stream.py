"""The stream, against a real broker: whatever happens to it, the store is that of a batch over the distinct events."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from random import Random
from threading import Thread
from types import MappingProxyType
from typing import NamedTuple

import orjson
import pytest

from data import generate, replay
from data.format import KINDS
from pipelines import profile
from pipelines.failures import PipelineError
from schemas.wire.messages import FORMATS
from store import open_store
from store.digest import digest
from tests import oracle, stored
from tests.oracle import Event
from tests.parts import absence
from tests.parts.absence import Away
from tests.parts.kafka import Broker
from tests.parts.prism import wait_until
from tests.parts.registry import serving_schemas
from tests.parts.relay import relaying
from tests.parts.streams import STOP_SECONDS, TOPIC, Stream, send, streaming, values_of
from tests.parts.topics import add_partitions, create
from tests.pipelines.jobs import random_events, run_backfill, run_profile, write_events

KILLS = 20
TEN_YEARS = 10 * 365 * 86_400
AWAY_SECONDS = 60.0


class Absent(NamedTuple):
    """A store, and how to make it be away for who has some variables in the environment."""

    url: str
    away: Away
    environment: Mapping[str, str] = MappingProxyType({})


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with malformed lines, repeats and conflicts."""
    folder = tmp_path_factory.mktemp("data")
    generate.main(["--events", "4000", "--seed", "4", "--bad", "0.005", str(folder)])
    return folder


@pytest.fixture(scope="module")
def from_files(data_set: Path) -> str:
    """The digest of a store that a batch made of the data set."""
    run_profile(data_set / "LFM-1b_LEs.txt", f"lmdb:{data_set}/batch")
    return digest(open_store(f"lmdb:{data_set}/batch"))


def disorderly(seed: int, n: int) -> list[Event]:
    """Events with conflicts, some of them ten years late."""
    events = random_events(seed, n, users=60)
    return events + [event._replace(time=event.time - TEN_YEARS) for event in events[:: len(events) // 50]]


def batch_digest(folder: Path, events: list[Event], *options: str) -> str:
    """The digest of a store that a batch makes of the distinct events."""
    run_profile(write_events(folder / "distinct.txt", oracle.distinct(events)), f"lmdb:{folder}/expected", *options)
    return digest(open_store(f"lmdb:{folder}/expected"))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_data_set_streamed_is_the_data_set_loaded(
    kind: str, data_set: Path, from_files: str, empty_kafka: str, lmdb_url: str, tmp_path: Path
) -> None:
    with serving_schemas() as registry:
        options = ["--format", kind, "--registry", registry]
        replay.main([str(data_set), "--kafka", empty_kafka, "--speed", "max", *options])
        with streaming(empty_kafka, lmdb_url, tmp_path / "log", *options) as stream:
            stream.wait_until_caught_up()
            wait_until(lambda: digest(open_store(lmdb_url)) == from_files)  # the topics of names as well
            assert stream.figure("events_total") == 4000
            assert stream.figure("lag_events") == stream.figure("rejects_total") == 0
            assert stream.figure("freshness_seconds_count") > 0
            assert stream.stop() < STOP_SECONDS
    assert "4,000 events" in (tmp_path / "log").read_text()


@pytest.mark.long
@pytest.mark.parametrize(("home", "kills"), [("lmdb", KILLS), ("bigtable", 5)])
def test_it_survives_kills_at_random_moments(
    home: str, kills: int, empty_kafka: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{home}_url")
    random, events = Random(5), disorderly(5, 300 * kills)
    create(empty_kafka, TOPIC)
    messages = values_of(random.sample(events * 3, len(events) * 3))
    share = len(messages) // kills + 1
    for life in range(kills):
        part = messages[life * share : (life + 1) * share]
        send(empty_kafka, part[::2])
        with streaming(empty_kafka, url, tmp_path / "log") as stream:
            if life % 5:
                wait_until(lambda: stream.figure("events_total") > 0)
            send(empty_kafka, part[1::2])
            time.sleep(random.uniform(0, 0.3 if life % 5 else 3))
            stream.kill()
            assert stream.process.returncode == -signal.SIGKILL
    with streaming(empty_kafka, url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        stream.stop()
    assert digest(open_store(url)) == batch_digest(tmp_path, events)
    assert stored.profiles(open_store(url)) == oracle.profiles(events)


@pytest.fixture(params=["lmdb", "bigtable"])
def absent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Absent]:
    """A store that can be away."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    if request.param == "lmdb":
        yield Absent(url, partial(absence.locked, tmp_path / "store"))
        return
    with relaying(request.getfixturevalue("emulator")) as relay:
        yield Absent(url, partial(absence.cut, relay), {"BIGTABLE_EMULATOR_HOST": relay.address})


@pytest.mark.long
def test_outages_and_a_backfill_meanwhile_change_nothing(
    broker: Broker, empty_kafka: str, absent: Absent, tmp_path: Path
) -> None:
    """Everything three times in any order, with a broker that restarts twice and a store that is away for a minute."""
    random, events = Random(6), disorderly(6, 3000)
    create(empty_kafka, TOPIC)
    messages = values_of(random.sample(events * 3, len(events) * 3))
    parts = [messages[i::6] for i in range(6)]
    files = write_events(tmp_path / "events.txt", random.sample(events, len(events) // 2))
    with streaming(empty_kafka, absent.url, tmp_path / "log", environment=absent.environment) as stream:
        send(empty_kafka, parts[0])
        wait_until(lambda: stream.figure("events_total") > 0)
        with absent.away():
            backfill = Thread(target=lambda: run_backfill(files, absent.url))
            backfill.start()
            send(empty_kafka, parts[1] + parts[2])
            time.sleep(AWAY_SECONDS)
        broker.stop()
        broker.start()
        send(empty_kafka, parts[3])
        broker.kill()
        broker.start()
        send(empty_kafka, parts[4] + parts[5])
        stream.wait_until_caught_up()
        backfill.join()
        assert stream.stop() < STOP_SECONDS
        assert stream.said("waiting, nothing is dropped")
    assert digest(open_store(absent.url)) == batch_digest(tmp_path, events)


def test_a_broker_that_keeps_standing_still_is_come_back_to(faint: str, lmdb_url: str, tmp_path: Path) -> None:
    events = disorderly(9, 500)
    create(faint, TOPIC)
    with streaming(faint, lmdb_url, tmp_path / "log") as stream:
        for part in (events[::2], events[1::2]):
            send(faint, values_of(part))
            stream.wait_until_caught_up()
        assert stream.stop() < STOP_SECONDS
    assert digest(open_store(lmdb_url)) == batch_digest(tmp_path, events)


def test_a_store_that_is_away_at_the_start_is_waited_for(
    empty_kafka: str, emulator: str, bigtable_url: str, tmp_path: Path
) -> None:
    events = disorderly(8, 200)
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of(events))
    with relaying(emulator) as relay:
        relay.cut()
        environment = {"BIGTABLE_EMULATOR_HOST": relay.address}
        with streaming(empty_kafka, bigtable_url, tmp_path / "log", environment=environment) as stream:
            wait_until(lambda: stream.said(f"Bigtable does not answer at {relay.address}"))
            wait_until(lambda: stream.said("waiting, nothing is dropped"))
            relay.mend()
            stream.wait_until_caught_up()
            stream.stop()
    assert digest(open_store(bigtable_url)) == batch_digest(tmp_path, events)


def test_a_full_disk_is_waited_for(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    events = disorderly(7, 3000)
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of(events[:1]))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        stream.limit_files((tmp_path / "store/data.mdb").stat().st_size)
        send(empty_kafka, values_of(events))
        wait_until(lambda: stream.said("make room"))
        stream.unlimit_files()
        stream.wait_until_caught_up()
        assert stream.stop() < STOP_SECONDS
        assert stream.said("back after")
    assert digest(open_store(lmdb_url)) == batch_digest(tmp_path, events)


def test_files_and_stream_in_either_order(
    data_set: Path, from_files: str, empty_kafka: str, lmdb_url: str, tmp_path: Path
) -> None:
    """Names too: those of the topic stand, whichever comes first."""
    lines = (data_set / "LFM-1b_LEs.txt").read_bytes().splitlines(keepends=True)
    older = tmp_path / "older"
    older.mkdir()
    (older / "LFM-1b_LEs.txt").write_bytes(b"".join(lines[:2000]))
    for kind in KINDS:
        names = (data_set / f"LFM-1b_{kind}.txt").read_bytes()
        (older / f"LFM-1b_{kind}.txt").write_bytes(names.replace(b"a", b"A"))
    loaded, streamed = f"lmdb:{tmp_path}/loaded", lmdb_url
    run_profile(older / "LFM-1b_LEs.txt", loaded)
    assert not has_names_of(loaded, data_set)
    replay.main([str(data_set), "--kafka", empty_kafka, "--speed", "max"])
    for store in (loaded, streamed):
        with streaming(empty_kafka, store, tmp_path / "log") as stream:
            stream.wait_until_caught_up()
            wait_until(partial(has_names_of, store, data_set))
            if store == streamed:
                run_profile(older / "LFM-1b_LEs.txt", streamed)
                assert has_names_of(streamed, data_set)
                send(empty_kafka, [(1, orjson.dumps({"id": 1, "name": "Renamed"}), 0), (2, None, 0)], "artists")
                wait_until(lambda: stored.names(open_store(streamed), "artists").get(1) == "Renamed")
            stream.stop()
    assert digest(open_store(loaded)) == from_files
    assert stored.profiles(open_store(streamed)) == stored.profiles(open_store(loaded))
    run_profile(older / "LFM-1b_LEs.txt", streamed)
    artists = stored.names(open_store(streamed), "artists")
    assert artists[1] == "Renamed"
    assert 2 not in artists


def has_names_of(store: str, data_set: Path) -> bool:
    """Whether all names in a store are those of a data set."""
    return all(stored.names(open_store(store), k) == oracle.names(data_set / f"LFM-1b_{k}.txt") for k in KINDS)


@pytest.mark.parametrize("runner", ["DirectRunner", "FnApiRunner"])
def test_runners_that_do_not_stream_are_refused_at_once(runner: str, lmdb_url: str) -> None:
    with pytest.raises(PipelineError, match=f"{runner} does not stream: run `python -m pipelines.profile --kafka x:1 "):
        profile.main(["--kafka", "x:1", "--store", lmdb_url, f"--runner={runner}"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--only", "profiles"], "which a stream needs"),
        (["--format", "confluent"], "name it with --registry URL"),
        (["--prism_location", "/nowhere/prism"], "--prism_location=/nowhere/prism: there is no such file"),
    ],
)
def test_options_that_cannot_be(options: list[str], message: str, lmdb_url: str) -> None:
    with pytest.raises(PipelineError, match=message):
        profile.main(["--kafka", "x:1", "--store", lmdb_url, *options])


def test_it_can_be_stopped_while_it_waits_for_the_broker(lmdb_url: str, tmp_path: Path) -> None:
    with streaming("127.0.0.1:1", lmdb_url, tmp_path / "log") as stream:
        wait_until(lambda: stream.said("waiting, nothing is dropped"))
        assert stream.stop() < STOP_SECONDS


def test_it_can_be_stopped_while_the_store_is_away(empty_kafka: str, absent: Absent, tmp_path: Path) -> None:
    events = disorderly(10, 300)
    create(empty_kafka, TOPIC, partitions=1)
    with streaming(empty_kafka, absent.url, tmp_path / "log", environment=absent.environment) as stream:
        stream.wait_until_caught_up()
        with absent.away():
            send(empty_kafka, values_of(events))
            wait_until(lambda: stream.figure("commit_age_seconds") > 3)
            assert stream.stop() < STOP_SECONDS
    assert stream.said("the next start reads it again")
    with streaming(empty_kafka, absent.url, tmp_path / "log", environment=absent.environment) as stream:
        stream.wait_until_caught_up()
        stream.stop()
    assert stored.profiles(open_store(absent.url)) == oracle.profiles(events)


def test_topics_and_partitions_that_come_later_are_read(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    events = disorderly(9, 300)
    create(empty_kafka, TOPIC, partitions=1)
    send(empty_kafka, values_of(events[::2]))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        create(empty_kafka, "artists")
        send(empty_kafka, [(1, orjson.dumps({"id": 1, "name": "One"}), 0)], "artists")
        wait_until(lambda: stored.names(open_store(lmdb_url), "artists") == {1: "One"})
        add_partitions(empty_kafka, TOPIC, 3)
        send(empty_kafka, values_of(events))
        wait_until(lambda: stored.profiles(open_store(lmdb_url)) == oracle.profiles(events))
        assert stream.stop() < STOP_SECONDS


def test_it_can_be_stopped_while_it_starts_again(
    broker: Broker, data_set: Path, empty_kafka: str, lmdb_url: str, tmp_path: Path
) -> None:
    create(empty_kafka, TOPIC)
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        broker.stop()
        try:
            run_profile(data_set / "LFM-1b_LEs.txt", lmdb_url)
            wait_until(lambda: stream.said("starting again"))
            assert stream.stop() < STOP_SECONDS
        finally:
            broker.start()


def test_it_outlives_the_timeout_of_the_job_server(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    create(empty_kafka, TOPIC)
    with streaming(empty_kafka, lmdb_url, tmp_path / "log", "--job_server_timeout=1") as stream:
        wait_until(stream.reads)
        later = time.monotonic() + 2
        wait_until(lambda: time.monotonic() > later)
        assert stream.stop() < STOP_SECONDS


def test_a_prism_that_ends_is_followed_by_another(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    events = disorderly(10, 300)
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of(events[::2]))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        os.kill(prism_of(stream), signal.SIGKILL)
        send(empty_kafka, values_of(events))
        wait_until(lambda: stored.profiles(open_store(lmdb_url)) == oracle.profiles(events))
        assert stream.said("the runner failed, starting again")
        assert stream.stop() < STOP_SECONDS


def prism_of(stream: Stream) -> int:
    """The process which runs the pipeline of a stream."""
    command = ["ps", "-o", "pid=", "--ppid", str(stream.process.pid)]
    (prism,) = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(prism)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_prism_ends_with_a_killed_stream(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of([Event(1, 2, 3, 4, 5)]))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        prism = prism_of(stream)
        stream.kill()
        wait_until(lambda: not Path(f"/proc/{prism}").exists())
