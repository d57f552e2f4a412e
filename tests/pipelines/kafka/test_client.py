"""A real broker that stands still for a while is no longer the leader of its partitions, and comes back."""

from confluent_kafka import KafkaException

from data.replay import Sender
from pipelines.kafka.client import Cluster, Partition, bounds_of
from schemas.wire.messages import TOPICS
from tests.parts.prism import wait_until
from tests.parts.topics import SECONDS, create

GROUP = "group"


def leads(kafka: str, topic: str) -> bool:
    consumer = Cluster(kafka, GROUP).consumer()
    try:
        return bool(consumer.list_topics(topic, timeout=SECONDS).topics[topic].partitions[0].leader >= 0)
    finally:
        consumer.close()


def test_a_consumer_that_heard_of_no_leader_finds_the_next_one(faint: str) -> None:
    create(faint, "events")
    consumer = Cluster(faint, GROUP).consumer()

    def bounds() -> tuple[int, int] | None:
        try:
            return bounds_of(consumer, Partition("events", 0))
        except KafkaException:
            return None

    wait_until(lambda: not leads(faint, "events"))
    wait_until(lambda: bounds() is None)
    wait_until(lambda: bounds() == (0, 0), SECONDS)
    consumer.close()


def test_topics_are_made_as_soon_as_the_broker_holds_any(faint: str) -> None:
    create(faint, "others")
    wait_until(lambda: not leads(faint, "others"))
    Sender(faint, "json", None).create_topics(1)
    assert Cluster(faint, GROUP).topics() >= set(TOPICS)
