"""Writing values to topics, so that whoever reads afterwards reads them.

Values go into the store, or to Kafka where a stream brings them into the store.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from graphql import GraphQLError

from schemas.events import NAMES
from schemas.topics import Bucket, Topic
from schemas.wire.record_fields import MessageError, checked
from serving.gateway.topics.producer import Producer
from serving.gateway.topics.topic_reader import TopicReader
from store import Store, StoreError, settings, values
from store.histories.deletions import NONE, Deletions, taken_back
from store.histories.event_set import EventSet, unite
from store.profiles import union
from store.values import Address, Key

STREAM_SECONDS = 5.0
"""How long a mutation waits for the stream to bring its value into the store."""

_POLL_SECONDS = 0.05


class Write(NamedTuple):
    """A value that is to be written to a topic."""

    topic: Topic
    key: Key
    value: Mapping[str, Any]


class TopicWriter:
    """Writes to the topics of a store, one value after the other, or to those of Kafka."""

    def __init__(self, store: Store, reader: TopicReader, producer: Producer | None = None) -> None:
        self._store = store
        self._reader = reader
        self._producer = producer
        self._thread = ThreadPoolExecutor(1, "writer")

    async def write(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> dict[str, Any]:
        """Makes `value` a value of a key, and tells it as it is stored.

        Listening events are united with the user's row, and with all that follows from it, or taken back. What goes to
        Kafka is in the store when this returns, unless the stream takes longer than STREAM_SECONDS.

        Raises:
            GraphQLError: the value is not one of the topic, or cannot be written to this store.
            StoreError: the store cannot be written.
            DeliveryError: Kafka is not known to have the value.
        """
        whole = _complete_value(topic, key, value)
        if self._producer:
            await self._producer.send(topic.name, whole[str(topic.identity)], whole)
            await self._await_stream(topic, key, whole)
        else:
            write = self._unite if _is_event(topic) else self._put
            await asyncio.get_running_loop().run_in_executor(self._thread, write, topic, key, whole)
        self._reader.forget(Address(topic.name, key))
        return whole

    def close(self) -> None:
        """Ends the threads."""
        self._thread.shutdown(wait=False)
        if self._producer:
            self._producer.close()

    async def _await_stream(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> None:
        """Waits until the store has a value, but not for ever: Kafka has it, so it will be there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STREAM_SECONDS):
                while not await asyncio.to_thread(self._holds, topic, key, value):
                    await asyncio.sleep(_POLL_SECONDS)

    def _holds(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> bool:
        with suppress(StoreError):
            return self._stores(topic, key, value)
        return False

    def _stores(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> bool:
        if _is_event(topic):
            return union.holds(self._store, *_sets(value))
        return bool(values.read(self._store, [Address(topic.name, key)]) == [value])

    def _put(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> None:
        values.write(self._store, Address(topic.name, key), value)

    def _unite(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> None:
        if not settings.holds_histories(self._store):
            raise GraphQLError("this store has no histories to unite an event with: load some with pipelines.profile")
        added, deleted = _sets(value)
        union.write(self._store, added, deleted)


def _is_event(topic: Topic) -> bool:
    return topic.place.bucket is Bucket.HISTORY


def _sets(value: Mapping[str, Any]) -> tuple[EventSet, Deletions]:
    """What a listening event adds to a user's row, and what it takes back."""
    event = np.array([[value[name]] for name in NAMES], np.int64)
    if value["deleted"]:
        return unite(event[:, :0]), Deletions(taken_back(event), NONE.erased)
    return unite(event), NONE


def _complete_value(topic: Topic, key: Key, value: Mapping[str, Any]) -> dict[str, Any]:
    """The value with its key; what has a default may be left out or null."""
    identity = str(topic.identity)
    given = {name: field for name, field in value.items() if field is not None}
    if given.setdefault(identity, key) != key:
        raise GraphQLError(f"the value has {identity} {given[identity]}, but its key is {key}: give both the same")
    try:
        return checked(topic.value, given)
    except MessageError as error:
        raise GraphQLError(f"this is no value of topic {topic.name!r}: {error}") from None
