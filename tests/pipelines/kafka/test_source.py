"""Reading a real broker on Prism: everything once, from where the last run committed, and rejects set aside."""

from collections.abc import Iterable
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import apache_beam as beam
import orjson
import pytest
from apache_beam.metrics import MetricsFilter
from confluent_kafka import KafkaError, KafkaException, Producer

from pipelines.kafka.client import Bounds, Cluster, Partition, within
from pipelines.kafka.decoding import Events, Format, Names
from pipelines.kafka.readers import READERS, Reader
from pipelines.kafka.source import EVENTS, NAMES, ReadKafka
from schemas.wire.message_keys import key_of
from tests.parts.prism import streaming, wait_until
from tests.parts.topics import create, messages

FIELDS = ("userId", "artistId", "albumId", "trackId", "timestamp")
PARTITIONS = 3

seen: list[tuple[list[list[int]], float]] = []
names: list[dict[int, str | None]] = []


class Collect(beam.DoFn):
    """Keeps what it is given, which is in this process."""

    def process(self, events: Events, at: Any = beam.DoFn.TimestampParam) -> None:
        seen.append((events.columns.T.tolist(), float(at)))


class CollectNames(beam.DoFn):
    """Keeps what it is given, which is in this process."""

    def process(self, batch: Names) -> None:
        names.append(batch.names)


def read(cluster: Cluster, topics: dict[str, str | None]) -> Any:
    def build(pipeline: beam.Pipeline) -> None:
        outputs = pipeline | ReadKafka(cluster, topics, Format())
        _ = outputs[EVENTS] | beam.ParDo(Collect())
        _ = outputs[NAMES] | beam.ParDo(CollectNames())

    return build


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()
    names.clear()


def rows() -> list[list[int]]:
    return sorted(row for batch, _ in seen for row in batch)


def send(kafka: str, topic: str, values: Iterable[bytes | None], keys: Iterable[int]) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    for key, value in zip(keys, values, strict=True):
        producer.produce(topic, value, key_of(key))
    producer.flush()


def send_events(kafka: str, topic: str, events: list[list[int]]) -> None:
    send(kafka, topic, (orjson.dumps(dict(zip(FIELDS, e, strict=True))) for e in events), (e[0] for e in events))


def committed(cluster: Cluster, topic: str) -> int:
    """The messages of a topic that count as read."""
    return sum(cluster.start(Partition(topic, number)) for number in range(PARTITIONS))


def metrics(result: Any) -> Any:
    """What the runner shows now; Beam's result keeps what it has shown first."""
    result._metrics = None
    return result.metrics()


def counter(result: Any, name: str) -> int:
    """A counter which the runner shows; those not counted yet have no result."""
    counters = metrics(result).query(MetricsFilter().with_name(name))["counters"]
    return sum(found.result or 0 for found in counters)


def gauges(result: Any) -> dict[str, int]:
    """The gauges which the runner shows."""
    return {gauge.key.metric.name: gauge.result.value for gauge in metrics(result).query()["gauges"]}


def gauges_of(topic: str) -> list[str]:
    """The names of the gauges of a topic."""
    names = ("lag_events", "lag_ms", "commit_age_ms")
    return [f"{name}/{topic}/{number}" for name in names for number in range(PARTITIONS)]


def test_everything_is_read_and_a_restart_goes_on(kafka: str) -> None:
    topic, cluster = f"events-{uuid4()}", Cluster(kafka, f"group-{uuid4()}")
    create(kafka, topic, partitions=PARTITIONS)
    first = [[user, 1, 2, 3, 1000 + i] for i in range(50) for user in range(20)]
    send_events(kafka, topic, first)
    with streaming(read(cluster, {topic: None})) as result:
        wait_until(lambda: len(rows()) >= len(first))
        assert rows() == sorted(first)
        assert all(at == min(row[4] for row in batch) for batch, at in seen)
        late = [[7, 1, 2, 3, 10]]
        send_events(kafka, topic, late)
        wait_until(lambda: len(rows()) > len(first))
        wait_until(lambda: committed(cluster, topic) == len(first) + 1)
        wait_until(lambda: gauges(result) == dict.fromkeys(gauges_of(topic), 0))
    seen.clear()
    more = [[user, 9, 9, 9, 9] for user in range(20)]
    send_events(kafka, topic, more)
    with streaming(read(cluster, {topic: None})):
        wait_until(lambda: len(rows()) >= len(more))
    assert rows() == more
    assert committed(cluster, topic) == len(first) + 1 + len(more)


def test_a_commit_which_fails_is_made_good_without_another_message(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    topic, cluster = f"events-{uuid4()}", Cluster(kafka, f"group-{uuid4()}")
    create(kafka, topic, partitions=PARTITIONS)
    commit, failed = Reader.commit, Event()

    def fail_once(reader: Reader, offset: int) -> None:
        if not failed.is_set():
            failed.set()
            raise KafkaException(KafkaError(KafkaError.REQUEST_TIMED_OUT))
        commit(reader, offset)

    monkeypatch.setattr(Reader, "commit", fail_once)
    send_events(kafka, topic, [[1, 2, 3, 4, 5]])
    with streaming(read(cluster, {topic: None})) as result:
        wait_until(failed.is_set)
        wait_until(lambda: committed(cluster, topic) == 1)
        wait_until(lambda: gauges(result) == dict.fromkeys(gauges_of(topic), 0))
    assert rows() == [[1, 2, 3, 4, 5]]


def test_what_cannot_be_read_is_set_aside(kafka: str) -> None:
    topic, cluster = f"events-{uuid4()}", Cluster(kafka, f"group-{uuid4()}")
    create(kafka, topic, partitions=PARTITIONS)
    send(kafka, topic, [b"rubbish", b'{"userId":1}', None], [1, 1, 1])
    send_events(kafka, topic, [[1, 2, 3, 4, 5]])
    with streaming(read(cluster, {topic: None})) as result:
        wait_until(lambda: committed(cluster, topic) == 4)
        wait_until(lambda: counter(result, "rejected") == 2)
    assert rows() == [[1, 2, 3, 4, 5]]
    rejects = messages(kafka, [f"{topic}.rejects"])
    assert [(m.key(), m.value()) for m in rejects] == [(key_of(1), b"rubbish"), (key_of(1), b'{"userId":1}')]
    headers = [{name: value.decode() for name, value in m.headers()} for m in rejects]
    assert [h["reason"].partition(":")[0] for h in headers] == ["no JSON", "no field artistId, wanted a long"]
    assert [(h["topic"], h["offset"]) for h in headers] == [(topic, "0"), (topic, "1")]
    (partition,) = {h["partition"] for h in headers}
    assert any(m.value() == b"rubbish" for m in messages(kafka, [topic]) if m.partition() == int(partition))


def test_names_are_read_in_their_order(kafka: str) -> None:
    topic, cluster = f"artists-{uuid4()}", Cluster(kafka, f"group-{uuid4()}")
    create(kafka, topic, partitions=PARTITIONS)
    values = [orjson.dumps({"id": i % 10, "name": f"name {i}"}) for i in range(100)]
    send(kafka, topic, [*values, None], [*(i % 10 for i in range(100)), 3])
    with streaming(read(cluster, {topic: "artists"})):
        wait_until(lambda: committed(cluster, topic) == 101)
    latest: dict[int, str | None] = {}
    for batch in names:
        latest |= batch
    assert latest == {i: f"name {90 + i}" for i in range(10)} | {3: None}


def test_a_topic_that_comes_later_is_waited_for(kafka: str, caplog: pytest.LogCaptureFixture) -> None:
    topic, cluster = f"late-{uuid4()}", Cluster(kafka, "group")

    def seen_missing() -> bool:
        return any(
            f"topic {topic}" in r.getMessage() and "nothing is dropped" in r.getMessage() for r in caplog.records
        )

    found: list[Partition] = []
    waiting = Thread(target=lambda: found.extend(cluster.partitions([topic])))
    waiting.start()
    wait_until(seen_missing)
    create(kafka, topic, partitions=PARTITIONS)
    waiting.join()
    assert found == [Partition(topic, number) for number in range(PARTITIONS)]


def test_offsets_which_are_gone_are_told(caplog: pytest.LogCaptureFixture) -> None:
    partition = Partition("events", 1)
    assert within(partition, 7, Bounds(7, 9)) == 7
    assert within(partition, 9, Bounds(7, 9)) == 9
    assert not caplog.records
    assert within(partition, 5, Bounds(7, 9)) == 7
    assert "2 messages were deleted from it before they were read" in caplog.text
    assert within(partition, 10, Bounds(0, 9)) == 0
    assert "it ends at 9, before offset 10, so it was made anew" in caplog.text


def test_nothing_is_taken_from_a_process_that_stops(kafka: str) -> None:
    run, cluster, partition = READERS.run, Cluster(kafka, "group"), Partition("events", 0)
    assert READERS.stop(1.0)
    assert READERS.take(run, cluster, partition, 0) is None
    READERS.close()
    assert READERS.take(run, cluster, partition, 0) is None  # by a late bundle of the pipeline that was stopped


def test_what_a_stopped_pipeline_left_does_not_keep_the_next_from_stopping(kafka: str) -> None:
    cluster, partition = Cluster(kafka, "group"), Partition("events", 0)
    left = READERS.take(READERS.run, cluster, partition, 0)
    assert left is not None
    finalize = READERS.in_work(left, lambda: None)
    assert not READERS.stop(0.1)
    READERS.close()
    again = READERS.take(READERS.run, cluster, partition, 0)
    assert again not in (None, left)
    finalize()
    READERS.in_work(left, lambda: None)
    READERS.give_back(left)
    assert not READERS.stop(0.1)
    READERS.give_back(again)
    assert READERS.stop(0.1)
    READERS.close()
