"""What comes from outside, against a real broker: whatever messages, topics, registries and options hold.

None of it ends the stream, nothing is lost by it, and what cannot be is said.
"""

import json
import re
import time
from pathlib import Path
from random import Random
from socket import socket

import httpx
import pytest
from confluent_kafka import Producer

from pipelines import profile, rejects
from pipelines.failures import PipelineError
from schemas.wire import avro
from schemas.wire.confluent import header_of
from schemas.wire.message_keys import key_of
from schemas.wire.messages import codec
from schemas.wire.registry import MockRegistry, Schema
from store import open_store
from store.digest import digest
from tests import oracle, stored
from tests.oracle import Event
from tests.parts.absence import locked
from tests.parts.prism import wait_until
from tests.parts.processes import HOST, free_port
from tests.parts.registry import serving_schemas
from tests.parts.streams import STOP_SECONDS, TOPIC, send, streaming, values_of
from tests.parts.topics import SECONDS, create, delete_all
from tests.pipelines.jobs import random_events
from tests.pipelines.test_stream import batch_digest
from tests.schemas.wire.test_confluent import FIELDS, any_schema, mutated


def test_a_metrics_port_that_is_taken_is_told_before_anything_else(lmdb_url: str) -> None:
    with socket() as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        with pytest.raises(PipelineError, match=f"--metrics_port {port}: .*: name another port, or 0"):
            profile.main(["--kafka", "x:1", "--store", lmdb_url, "--metrics_port", str(port)])


def test_a_registry_that_is_mistyped_is_told_before_anything_else(lmdb_url: str) -> None:
    options = ["--kafka", "x:1", "--store", lmdb_url, "--format", "confluent", "--registry"]
    with pytest.raises(PipelineError, match="use http://"):
        profile.main([*options, "localhost:8081"])
    with (
        serving_schemas(wanted={"authorization": "Basic x"}) as url,
        pytest.raises(PipelineError, match="401 Unauthorized: set SCHEMA_REGISTRY_USER"),
    ):
        profile.main([*options, url])


def test_any_free_port_serves_the_figures_and_is_named(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    create(empty_kafka, TOPIC)
    with streaming(empty_kafka, lmdb_url, tmp_path / "log", "--metrics_port", "0") as stream:
        wait_until(lambda: stream.said("/metrics"))
        (port,) = re.findall(r"http://127.0.0.1:(\d+)/metrics", stream.log.read_text())
        assert int(port) != stream.metrics_port
        stream.metrics_port = int(port)
        wait_until(stream.reads)
        assert [asked(int(port), path) for path in ("health", "ready", "nowhere")] == [200, 200, 404]
        stream.stop()


def asked(port: int, path: str) -> int:
    """The status of an answer."""
    return httpx.get(f"http://{HOST}:{port}/{path}", timeout=SECONDS).status_code


def test_a_stream_that_waits_lives_and_is_not_ready(lmdb_url: str, tmp_path: Path) -> None:
    with streaming("127.0.0.1:1", lmdb_url, tmp_path / "log") as stream:
        wait_until(lambda: stream.said("waiting, nothing is dropped"))
        assert [asked(stream.metrics_port, path) for path in ("health", "ready")] == [200, 503]
        stream.stop()


def test_a_registry_that_is_away_is_waited_for(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    schemas, port = MockRegistry(), free_port()
    events = codec("confluent", TOPIC, "ListeningEvent", schemas)
    value = dict.fromkeys(FIELDS, 5)
    create(empty_kafka, TOPIC)
    send(empty_kafka, [(5, events.encode(value), 0)])
    options = ["--format", "confluent", "--registry", f"http://{HOST}:{port}"]
    with streaming(empty_kafka, lmdb_url, tmp_path / "log", *options) as stream:
        wait_until(lambda: stream.said("does not answer"))
        with serving_schemas(schemas=schemas, port=port):
            wait_until(lambda: stream.figure("events_total") == 1)
        again = schemas.register("other", Schema(json.dumps({**json.loads(avro.text("ListeningEvent")), "doc": "new"})))
        send(empty_kafka, [(5, header_of(again) + avro.encode("ListeningEvent", {**value, "deleted": False}), 0)])
        wait_until(lambda: stream.said(f"messages of topic {TOPIC}: schema registry"))
        with serving_schemas(schemas=schemas, port=port):
            wait_until(lambda: stream.figure("events_total") == 2)
            assert stream.stop() < STOP_SECONDS


def test_a_wrong_format_ends_the_stream_and_commits_nothing(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    events = random_events(11, 500)
    create(empty_kafka, TOPIC)
    with streaming(empty_kafka, lmdb_url, tmp_path / "log", "--format", "avro") as stream:
        for part in range(5):  # also where they come few at a time
            send(empty_kafka, values_of(events[part * 10 : part * 10 + 10]))
        wait_until(stream.reads)
        send(empty_kafka, values_of(events[50:]))
        assert stream.process.wait(SECONDS) == 1
        assert stream.said("messages in topic listeningevents cannot be read (")
        assert stream.said("name the topic's --format and --key_format")
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        stream.stop()
    assert digest(open_store(lmdb_url)) == batch_digest(tmp_path, events)


def test_a_topic_made_anew_is_read_from_its_beginning(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    """Also if it is longer than what was read of the one before, so that no offset is missing."""
    events = random_events(12, 600)
    create(empty_kafka, TOPIC, partitions=1)
    send(empty_kafka, values_of(events[:50]))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        delete_all(empty_kafka)
        create(empty_kafka, TOPIC, partitions=1)
        send(empty_kafka, values_of(events[50:350]))
        wait_until(lambda: stored.profiles(open_store(lmdb_url)) == oracle.profiles(events[:350]), SECONDS)
        assert stream.said("made one anew: starting again")
        stream.stop()
    delete_all(empty_kafka)
    create(empty_kafka, TOPIC, partitions=1)
    send(empty_kafka, values_of(events[350:]))
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        wait_until(lambda: stored.profiles(open_store(lmdb_url)) == oracle.profiles(events), SECONDS)
        stream.stop()


def test_marks_of_transactions_and_aborted_messages_do_not_lag(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    events = random_events(13, 20)
    create(empty_kafka, TOPIC, partitions=1)
    for commits, part in ((True, events[:10]), (False, events[10:])):
        producer = Producer({"bootstrap.servers": empty_kafka, "transactional.id": "tests"})
        producer.init_transactions()
        producer.begin_transaction()
        for key, value, _ in values_of(part):
            producer.produce(TOPIC, value, key_of(key))
        producer.flush()
        (producer.commit_transaction if commits else producer.abort_transaction)()
    for _ in range(2):  # the second time it begins at the end
        with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
            stream.wait_until_caught_up()
            wait_until(lambda: stream.figure("lag_events") == stream.figure("lag_seconds") == 0)
            assert stream.stop() < STOP_SECONDS
    assert stored.profiles(open_store(lmdb_url)) == oracle.profiles(events[:10])


def test_what_waits_for_a_store_lags(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    events = random_events(14, 500)
    create(empty_kafka, TOPIC, partitions=1)
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        wait_until(stream.reads)
        with locked(tmp_path / "store"):
            send(empty_kafka, [(key, value, int(1000 * time.time())) for key, value, _ in values_of(events[:1])])
            wait_until(lambda: stream.figure("lag_events") == 1)
            send(empty_kafka, values_of(events[1:]))
            wait_until(lambda: stream.figure("lag_events") == len(events))
            wait_until(lambda: stream.figure("lag_seconds") > 2)
        stream.wait_until_caught_up()
        wait_until(lambda: stream.figure("lag_events") == stream.figure("lag_seconds") == 0)
        stream.stop()


def test_nothing_that_a_message_holds_ends_the_stream(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    """Messages that are damaged in any way, of any schema, and tombstones of impossible keys."""
    random, schemas = Random(15), MockRegistry()
    events = codec("confluent", TOPIC, "ListeningEvent", schemas)
    rows = [(5, 6, 7, track, 1_400_000_000) for track in range(200)]
    good = [events.encode(dict(zip(FIELDS, row, strict=True))) for row in rows]
    numbers = [schemas.register(str(i), Schema(json.dumps(any_schema(random)))) for i in range(1000)]
    bad = [mutated(random, random.choice(good)) for _ in range(10_000)]
    bad += [header_of(number) + random.choice(good)[5:] for number in numbers]
    create(empty_kafka, TOPIC)
    producer = Producer({"bootstrap.servers": empty_kafka, "linger.ms": 20})
    for value in [*bad, *good]:
        producer.produce(TOPIC, value, random.randbytes(random.randrange(12)))
    for key in (b"", b"x" * 8, bytes.fromhex("0000000001c0cf24"), header_of(10**9)):
        producer.produce(TOPIC, None, key, timestamp=1)
    producer.flush()
    with serving_schemas(schemas=schemas) as url:
        options = ["--format", "confluent", "--registry", url, "--max_unreadable", "1"]
        with streaming(empty_kafka, lmdb_url, tmp_path / "log", *options) as stream:
            stream.wait_until_caught_up()
            assert stream.figure("events_total") + stream.figure("rejects_total") >= len(bad) + len(good)
            assert stream.stop() < STOP_SECONDS
    assert stored.profiles(open_store(lmdb_url))[5]["counts"] >= len(good)


def test_impossible_times_are_counted_and_by_option_rejected(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    events = random_events(16, 50)
    millis = [event._replace(time=event.time * 1000) for event in events[:5]]
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of([*events, *millis]))
    for url, options in ((lmdb_url, []), (f"{lmdb_url}-2", ["--latest", "now"])):
        with streaming(empty_kafka, url, tmp_path / "log", *options) as stream:
            stream.wait_until_caught_up()
            assert stream.figure("impossible_times_total") == (0 if options else 5)
            assert stream.figure("rejects_total") == (5 if options else 0)
            stream.stop()
    assert stream.said("are these milliseconds?")
    assert stored.profiles(open_store(f"{lmdb_url}-2")) == oracle.profiles(events)


def test_rejects_come_back(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    """With the format that they have; a tombstone erases up to its own time, whenever it is read."""
    events, later = random_events(20, 60, users=3), Event(1001, 5, 5, 5, 1_600_000_000)
    avro_events = codec("avro", TOPIC, "ListeningEvent")
    values = [avro_events.encode(dict(zip(FIELDS, event, strict=True))) for event in events]
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of([later]))
    send(empty_kafka, [(0, value, 0) for value in values])
    producer = Producer({"bootstrap.servers": empty_kafka})
    producer.produce(TOPIC, None, b"\0\0\x03\xe9", timestamp=1_599_999_999_000)
    producer.flush()
    with streaming(empty_kafka, lmdb_url, tmp_path / "log", "--max_unreadable", "1") as stream:
        stream.wait_until_caught_up()
        assert stream.figure("rejects_total") == len(values) + 1
        stream.stop()
    again = [TOPIC, "--kafka", empty_kafka, "--store", lmdb_url, "--format", "avro", "--key_format", "int"]
    for _ in range(2):
        assert rejects.main(again).counts == {"events": len(values) + 1, "unreadable": 0}
    assert stored.profiles(open_store(lmdb_url)) == oracle.profiles([*(e for e in events if e.user != 1001), later])
    with pytest.raises(PipelineError, match="has no topic artists.rejects"):
        rejects.main(["artists", *again[1:]])


def test_a_store_may_begin_late(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    """At the end, and what comes while nobody reads is read; or at a time."""
    old, waiting = random_events(17, 40), random_events(18, 40)
    create(empty_kafka, TOPIC)
    send(empty_kafka, [(key, value, 1_700_000_000_000) for key, value, _ in values_of(old)])
    with streaming(empty_kafka, lmdb_url, tmp_path / "log", "--from", "latest") as stream:
        wait_until(stream.reads)
        stream.stop()
    send(empty_kafka, [(key, value, int(1000 * time.time())) for key, value, _ in values_of(waiting)])
    for url, options in ((lmdb_url, ["--from", "latest"]), (f"{lmdb_url}-2", ["--from", "2024-01-01"])):
        with streaming(empty_kafka, url, tmp_path / "log", *options) as stream:
            stream.wait_until_caught_up()
            stream.stop()
        assert stored.profiles(open_store(url)) == oracle.profiles(waiting)
