import asyncio
from typing import Any

import pytest

from serving.gateway.topics.loader import Loader
from serving.gateway.topics.topic_reader import TopicReader
from store import StoreError
from store.values import Address
from tests.serving import listeners
from tests.serving.clients import UNREACHABLE, Watched
from tests.serving.listeners import NOBODY, USER


def test_lists_of_keys_in_the_order_asked(profile_store: Watched) -> None:
    async def run() -> Any:
        return await Loader(TopicReader(profile_store)).load([Address("counts", NOBODY), None, Address("counts", USER)])

    assert asyncio.run(run()) == [None, None, USER]
    assert len(profile_store.reads) == 1


def test_asked_at_the_same_time_is_one_read_and_asked_again_is_none(profile_store: Watched) -> None:
    async def run() -> list[Any]:
        loader = Loader(TopicReader(profile_store))
        both = await asyncio.gather(
            loader.load(Address("counts", USER)), loader.load([Address("artists", 100), Address("counts", NOBODY)])
        )
        return [*both, await loader.load(Address("counts", USER))]

    assert asyncio.run(run()) == [USER, [{"id": 100, "name": listeners.name("artists", 100)}, None], USER]
    assert len(profile_store.reads) == 1


def test_failed_read(profile_store: Watched) -> None:
    profile_store.failure = UNREACHABLE

    async def run() -> None:
        await Loader(TopicReader(profile_store)).load(Address("counts", USER))

    with pytest.raises(StoreError):
        asyncio.run(run())
