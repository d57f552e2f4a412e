import asyncio
from typing import Any

import pytest

from serving.gateway.loader import Address, read, values
from store import StoreError
from tests.serving import listeners
from tests.serving.clients import UNREACHABLE, Watched
from tests.serving.listeners import NOBODY, USER


def test_values_in_the_order_asked(profile_store: Watched) -> None:
    addresses = [
        Address("artists", 100),
        Address("counts", NOBODY),
        Address("counts", USER),
        Address("counts", -3),
        Address("toptracks", USER),
    ]
    expected = [
        {"id": 100, "name": listeners.name("artists", 100)},
        None,
        USER,
        None,
        listeners.topics(USER)["toptracks"],
    ]
    assert read(profile_store, addresses) == expected
    assert len(profile_store.reads) == 1


def test_topic_without_single_values(profile_store: Watched) -> None:
    with pytest.raises(ValueError, match="topic playsperday has no single value for a key"):
        read(profile_store, [Address("playsperday", USER)])


def test_asked_at_the_same_time_is_one_read_and_asked_again_is_none(profile_store: Watched) -> None:
    async def run() -> list[Any]:
        loader = values(profile_store)
        both = await asyncio.gather(loader.load(Address("counts", USER)), loader.load(Address("counts", NOBODY)))
        return [*both, await loader.load(Address("counts", USER))]

    assert asyncio.run(run()) == [USER, None, USER]
    assert len(profile_store.reads) == 1


def test_failed_read(profile_store: Watched) -> None:
    profile_store.failure = UNREACHABLE

    async def run() -> None:
        await values(profile_store).load(Address("counts", USER))

    with pytest.raises(StoreError):
        asyncio.run(run())
