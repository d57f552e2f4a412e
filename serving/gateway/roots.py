"""What mutations and subscriptions with `@topic` do."""

from collections.abc import AsyncIterator, Sequence
from operator import itemgetter
from typing import Any

from graphql import GraphQLError, GraphQLField

from schemas.topics import CATALOGUE, Topic
from serving.gateway.context import Context
from serving.gateway.directives import TopicDirective
from serving.gateway.resolvers import Arguments, Parent, Resolve, finisher
from store.changes import UserChange
from store.histories.months import Events
from store.values import Address


def writing(resolve: Resolve) -> Resolve:
    """The resolver of a field of `Mutation`, for clients that may write."""

    def permitted(parent: Parent, context: Context, arguments: Arguments) -> Any:
        if not context.may_write:
            raise GraphQLError("this API key may read, but not write: use one that may")
        context.renew()  # the same call of a service is made again: it may do something each time
        return resolve(parent, context, arguments)

    return permitted


def mutation(directive: TopicDirective, field: GraphQLField) -> Resolve:
    """The resolver of a mutation: writes its second argument to the topic, its first one is the key."""
    topic, finish = CATALOGUE[directive.name], finisher(field)
    key, value = field.args

    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        written = await context.topics.writer.write(topic, arguments[key], arguments[value])
        context.renew()
        return finish(written, arguments)

    return resolve


def subscription(directive: TopicDirective, field: GraphQLField) -> Resolve:
    """The source of a subscription: the new values of a topic, of one key or of all."""
    topic, finish = CATALOGUE[directive.name], finisher(field)

    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> AsyncIterator[Any]:
        key = arguments.get(directive.key_argument) if directive.key_argument else None
        async with context.topics.feed.follow(key) as subscriber:
            while True:
                async for value in _values(topic, context, await subscriber.take()):
                    yield finish(value, arguments)

    return resolve


async def _values(topic: Topic, context: Context, changes: Sequence[UserChange]) -> AsyncIterator[Any]:
    """What a topic has anew after changes, events in order of their time; what else is read for it is read then."""
    if topic.place.column is None:
        events = [event for change in changes for event in _events(change.user, change.added)]
        for event in sorted(events, key=itemgetter(str(topic.axis))):
            context.renew()
            yield event
        return
    for user in dict.fromkeys(change.user for change in changes):
        context.renew()
        yield await context.values.load(Address(topic.name, user))


def _events(user: int, added: Events | None) -> list[dict[str, Any]]:
    """The events that were added; none if they are so many that the feed does not list them."""
    if added is None:
        return []
    columns = (added.artists, added.albums, added.tracks, added.timestamps)
    names = ("artistId", "albumId", "trackId", "timestamp")
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [{"userId": user, **dict(zip(names, row, strict=True)), "deleted": False} for row in rows]
