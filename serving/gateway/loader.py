"""Reading topics: whatever the fields of a request ask for at the same time is one read of the store."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from strawberry.dataloader import DataLoader

from schemas import avro
from schemas.catalogue import CATALOGUE
from store import CellKey, Store
from store.layout import row_key


class Address(NamedTuple):
    """A key in a topic."""

    topic: str
    key: int


def values(store: Store) -> DataLoader[Address, Any]:
    """A loader of the values at addresses, for one request; None where the topic does not hold the key.

    The store is read in a thread, so that it never blocks the event loop. Awaiting a value raises StoreError.
    """

    async def load(addresses: list[Address]) -> list[Any]:
        return await asyncio.to_thread(read, store, addresses)

    return DataLoader(load)


def read(store: Store, addresses: Sequence[Address]) -> list[Any]:
    """The values at addresses, in the order asked, in one read; in none if no key can be in the store.

    Raises:
        StoreError: the store cannot be read.
    """
    possible = [address for address in addresses if address.key >= 0]
    found = store.get([_cell(address) for address in possible]) if possible else []
    data = dict(zip(possible, found, strict=True))
    return [_decode(address.topic, data.get(address)) for address in addresses]


def _cell(address: Address) -> CellKey:
    place = CATALOGUE[address.topic].place
    if place.column is None:
        raise ValueError(f"topic {address.topic} has no single value for a key")
    return CellKey(place.table, row_key(address.key), place.family, place.column)


def _decode(topic: str, data: bytes | None) -> Any:
    return None if data is None else avro.decode(CATALOGUE[topic].value, data)
