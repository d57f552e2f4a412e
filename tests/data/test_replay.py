"""Replaying a data set into a real broker."""

import time
from pathlib import Path

import numpy as np
import pytest

from data import generate, replay
from data.format import KINDS
from schemas.wire.message_keys import USUAL, key_codec
from schemas.wire.messages import FORMATS, TOPICS, codec
from schemas.wire.registry import registry
from tests import oracle
from tests.oracle import Event
from tests.parts.kafka import Broker
from tests.parts.processes import HOST, free_port
from tests.parts.topics import delete_all, messages

EVENTS = 3000


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    generate.main(["--events", str(EVENTS), "--seed", "3", "--bad", "0.01", str(folder)])
    return folder


def events_in(kafka: str, kind: str, url: str | None = None) -> list[Event]:
    """The events in the topic, partition by partition."""
    events = codec(kind, "listeningevents", "ListeningEvent", registry(url) if url else None)
    keys = key_codec(USUAL[kind], "listeningevents", registry(url) if url else None)
    found = []
    for message in messages(kafka, ["listeningevents"]):
        value = events.decode(message.value() or b"")
        assert keys.decode(message.key()) == value["userId"]
        assert not value.pop("deleted")
        found.append(Event(*value.values()))
    return found


@pytest.mark.parametrize("kind", FORMATS)
def test_a_data_set_lies_in_the_topics(kind: str, data_set: Path, empty_kafka: str) -> None:
    options = ["--speed", "max", "--format", kind, "--registry", "mock://replay"]
    assert replay.main([str(data_set), "--kafka", empty_kafka, *options]) == 0
    lines = [line for line in (data_set / "LFM-1b_LEs.txt").read_bytes().split(b"\n") if oracle.is_valid(line)]
    found = events_in(empty_kafka, kind, "mock://replay")
    assert sorted(found) == sorted(oracle.parse(lines))
    by_user: dict[int, list[int]] = {}
    for event in found:
        by_user.setdefault(event.user, []).append(event.time)
    assert all(times == sorted(times) for times in by_user.values())
    for topic in KINDS:
        names = codec(kind, topic, TOPICS[topic], registry("mock://replay"))
        values = [names.decode(m.value() or b"") for m in messages(empty_kafka, [topic])]
        assert {v["id"]: v["name"] for v in values} == oracle.names(data_set / f"LFM-1b_{topic}.txt")


def write(folder: Path, times: list[int]) -> Path:
    (folder / "LFM-1b_LEs.txt").write_text("".join(f"1\t2\t3\t{i}\t{at}\n" for i, at in enumerate(times)))
    return folder


def test_the_speed_is_kept(tmp_path: Path, empty_kafka: str) -> None:
    write(tmp_path, [1_000_000, 1_000_150, 1_000_100])
    begun = time.monotonic()
    assert replay.main([str(tmp_path), "--kafka", empty_kafka, "--speed", "100"]) == 0
    assert time.monotonic() - begun >= 1.5
    assert [event.time for event in events_in(empty_kafka, "json")] == [1_000_000, 1_000_100, 1_000_150]


def test_a_loop_goes_on_in_time(tmp_path: Path, empty_kafka: str) -> None:
    events = np.array([[1, 2, 3, 4, 100], [1, 2, 3, 5, 109]], np.int64)
    batches = replay._paced(events, float("inf"), loop=True)
    assert [next(batches)[:, 4].tolist() for _ in range(3)] == [[100, 109], [110, 119], [120, 129]]


def test_now_is_when_it_is_sent(tmp_path: Path, empty_kafka: str) -> None:
    begun = int(time.time())
    assert replay.main([str(write(tmp_path, [5, 6])), "--kafka", empty_kafka, "--speed", "max", "--now"]) == 0
    assert all(begun <= event.time <= time.time() for event in events_in(empty_kafka, "json"))


def test_a_broker_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "SECONDS", 0.5)
    address = f"{HOST}:{free_port()}"
    assert replay.main([str(write(tmp_path, [5])), "--kafka", address]) == 1
    assert capsys.readouterr().err.startswith(f"python -m data.replay: error: Kafka at {address}: ")


@pytest.mark.parametrize("options", [["--speed", "0"], ["--speed", "fast"], ["--format", "confluent"]])
def test_options_that_make_no_sense(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        replay.main(["folder", "--kafka", "x:1", *options])
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_broker_comes_back_with_its_data(end: str, broker: Broker, tmp_path: Path) -> None:
    delete_all(broker.address)
    assert replay.main([str(write(tmp_path, [5, 6])), "--kafka", broker.address, "--speed", "max"]) == 0
    getattr(broker, end)()
    broker.start()
    assert [event.time for event in events_in(broker.address, "json")] == [5, 6]
