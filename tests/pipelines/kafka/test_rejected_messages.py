"""The writer of rejects, while the broker is away."""

from threading import Thread
from uuid import uuid4

import pytest

from pipelines.kafka import rejected_messages
from pipelines.kafka.client import Cluster, Partition
from pipelines.kafka.decoding import Reject
from tests.parts.kafka import Broker
from tests.parts.prism import wait_until
from tests.parts.streams import send
from tests.parts.topics import SECONDS, create, messages


def test_a_broker_that_is_away_is_waited_for(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rejected_messages, "SECONDS", 0.2)
    topic = f"events-{uuid4()}"
    create(broker.address, topic, partitions=1)
    send(broker.address, [(1, b"rubbish", 0)], topic)
    (message,) = messages(broker.address, [topic])
    writer = rejected_messages.RejectWriter(Cluster(broker.address, "group"))
    writing = Thread(target=writer.write, args=(Partition(topic, 0), [Reject(message, "no JSON")]))
    broker.stop()
    try:
        writing.start()
        wait_until(lambda: "waiting, nothing is dropped" in caplog.text or not writing.is_alive())
        assert writing.is_alive()
    finally:
        broker.start()
        writing.join(SECONDS)
    (reject,) = messages(broker.address, [f"{topic}.rejects"])
    assert (reject.value(), dict(reject.headers())["reason"]) == (b"rubbish", b"no JSON")
