"""The topics of a store as one server offers them."""

from serving.gateway.limits.request_limits import Limits
from serving.gateway.topics.change_feed import Feed
from serving.gateway.topics.producer import Producer
from serving.gateway.topics.topic_reader import TopicReader
from serving.gateway.topics.topic_writer import TopicWriter
from store import Store


class Topics:
    """What all requests to a server share.

    Attributes:
        reader: reads the topics.
        writer: writes to them, or, with a producer, to those in Kafka which the store follows.
        feed: tells of changes.
    """

    def __init__(self, store: Store, producer: Producer | None = None, limits: Limits | None = None) -> None:
        self.reader = TopicReader(store, limits)
        self.writer = TopicWriter(store, self.reader, producer)
        self.feed = Feed(store)

    def close(self) -> None:
        """Gives up what is held of this process; the store stays open."""
        self.reader.close()
        self.writer.close()
