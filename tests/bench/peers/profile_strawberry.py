"""The profile's schema as everybody writes it: `python -m tests.bench.peers.profile_strawberry STORE PORT`.

Classes with resolvers, and a DataLoader, which makes two reads of it, too.
"""

import asyncio
import sys
from typing import Any, NewType

import strawberry
import uvicorn
from fastapi import FastAPI
from strawberry.dataloader import DataLoader
from strawberry.fastapi import GraphQLRouter
from strawberry.schema.config import StrawberryConfig

from store import open_store, values
from store.values import Address

STORE = open_store(sys.argv[1])
Long = NewType("Long", int)


async def load(addresses: list[Address]) -> list[Any]:
    """The values at addresses in one read."""
    return await asyncio.to_thread(values.read, STORE, addresses)


async def context() -> dict[str, Any]:
    """A loader for each request."""
    return {"values": DataLoader(load)}


@strawberry.type
class Item:
    """An artist, an album or a track."""

    id: Long
    name: str


async def item(info: strawberry.Info, topic: str, key: int) -> Item:
    """The item with an id."""
    return Item(**await info.context["values"].load(Address(topic, key)))


@strawberry.type
class ArtistCount:
    """An entry of a chart."""

    id: Long
    countPlays: Long  # noqa: N815

    @strawberry.field
    async def artist(self, info: strawberry.Info) -> Item:
        """The artist."""
        return await item(info, "artists", self.id)


@strawberry.type
class AlbumCount:
    """An entry of a chart."""

    id: Long
    countPlays: Long  # noqa: N815

    @strawberry.field
    async def album(self, info: strawberry.Info) -> Item:
        """The album."""
        return await item(info, "albums", self.id)


@strawberry.type
class TrackCount:
    """An entry of a chart."""

    id: Long
    countPlays: Long  # noqa: N815

    @strawberry.field
    async def track(self, info: strawberry.Info) -> Item:
        """The track."""
        return await item(info, "tracks", self.id)


@strawberry.type
class ArtistCharts:
    """The most played artists."""

    topK: list[ArtistCount]  # noqa: N815


@strawberry.type
class AlbumCharts:
    """The most played albums."""

    topK: list[AlbumCount]  # noqa: N815


@strawberry.type
class TrackCharts:
    """The most played tracks."""

    topK: list[TrackCount]  # noqa: N815


@strawberry.type
class UserProfile:
    """A user."""

    user: strawberry.Private[int]

    async def value(self, info: strawberry.Info, topic: str) -> Any:
        """The value of a topic."""
        return await info.context["values"].load(Address(topic, self.user))

    @strawberry.field
    async def totalListenCount(self, info: strawberry.Info) -> Long:  # noqa: N802
        """Plays."""
        return Long(await self.value(info, "counts"))

    @strawberry.field
    async def firstListenEvent(self, info: strawberry.Info) -> Long:  # noqa: N802
        """The first listen."""
        return Long(await self.value(info, "firstlisten"))

    @strawberry.field
    async def lastListenEvent(self, info: strawberry.Info) -> Long:  # noqa: N802
        """The last listen."""
        return Long(await self.value(info, "lastlisten"))

    @strawberry.field
    async def artistCharts(self, info: strawberry.Info) -> ArtistCharts:  # noqa: N802
        """The most played artists."""
        return ArtistCharts(topK=[ArtistCount(**count) for count in (await self.value(info, "topartists"))["topK"]])

    @strawberry.field
    async def albumCharts(self, info: strawberry.Info) -> AlbumCharts:  # noqa: N802
        """The most played albums."""
        return AlbumCharts(topK=[AlbumCount(**count) for count in (await self.value(info, "topalbums"))["topK"]])

    @strawberry.field
    async def trackCharts(self, info: strawberry.Info) -> TrackCharts:  # noqa: N802
        """The most played tracks."""
        return TrackCharts(topK=[TrackCount(**count) for count in (await self.value(info, "toptracks"))["topK"]])


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    async def getUserProfile(self, userId: Long) -> UserProfile | None:  # noqa: N802, N803
        """A user's profile."""
        return UserProfile(user=userId)


LONG = strawberry.scalar(name="Long", serialize=int, parse_value=int)
SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(auto_camel_case=False, scalar_map={Long: LONG}))
app = FastAPI()
app.include_router(GraphQLRouter(SCHEMA, context_getter=context), prefix="/graphql")

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
