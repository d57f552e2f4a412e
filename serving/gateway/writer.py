"""Writing values to topics, so that whoever reads afterwards reads them."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from graphql import GraphQLError

from schemas.catalogue import Bucket, Topic
from schemas.messages import MessageError, checked
from serving.gateway.reader import Reader
from store import Store, topics
from store.profiles import union
from store.profiles.deletions import NONE, Deletions, taken_back
from store.profiles.events import unite
from store.topics import Address, Key


class Writer:
    """Writes to the topics of a store, one value after the other."""

    def __init__(self, store: Store, reader: Reader) -> None:
        self._store = store
        self._reader = reader
        self._thread = ThreadPoolExecutor(1, "writer")

    async def write(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> dict[str, Any]:
        """Makes `value` a value of a key, and tells it as it is stored.

        Listening events are united with the user's row, and with all that follows from it, or taken back.

        Raises:
            GraphQLError: the value is not one of the topic, or cannot be written to this store.
            StoreError: the store cannot be written.
        """
        whole = _whole(topic, key, value)
        write = self._unite if topic.place.bucket is Bucket.MONTH else self._put
        await asyncio.get_running_loop().run_in_executor(self._thread, write, topic, key, whole)
        self._reader.forget(Address(topic.name, key))
        return whole

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False)

    def _put(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> None:
        topics.write(self._store, Address(topic.name, key), value)

    def _unite(self, topic: Topic, key: Key, value: Mapping[str, Any]) -> None:
        length = union.length_of_charts(self._store)
        if length is None:
            raise GraphQLError("this store has no histories to unite an event with: load some with pipelines.profile")
        names = ("userId", "artistId", "albumId", "trackId", "timestamp")
        event = np.array([[value[name]] for name in names], np.int64)
        if value["deleted"]:
            union.write(self._store, unite(event[:, :0]), length, Deletions(taken_back(event), NONE.erased))
        else:
            union.write(self._store, unite(event), length)


def _whole(topic: Topic, key: Key, value: Mapping[str, Any]) -> dict[str, Any]:
    """The value with its key; what has a default may be left out or null."""
    identity = str(topic.identity)
    given = {name: field for name, field in value.items() if field is not None}
    if given.setdefault(identity, key) != key:
        raise GraphQLError(f"the value has {identity} {given[identity]}, but its key is {key}: give both the same")
    try:
        return checked(topic.value, given)
    except MessageError as error:
        raise GraphQLError(f"this is no value of topic {topic.name!r}: {error}") from None
