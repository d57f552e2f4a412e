"""How Strawberry's executor drives the fields: each object is handed down together with the arguments in scope."""

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple, TypeAlias

from graphql import GraphQLField, GraphQLObjectType, get_named_type

from serving.gateway import codes
from serving.gateway.context import Context
from serving.gateway.fields.field import GROUP, Arguments, Field, LoadedField
from serving.gateway.fields.follow_field import FollowField
from serving.gateway.fields.meaning import AnyMeaning
from store.values import Address


class Parent(NamedTuple):
    """The object that a field belongs to: its value, and the arguments in scope."""

    value: Any
    arguments: Arguments


ROOT = Parent(GROUP, {})

NOT_WRITING = "not permitted: writing needs an API key that may, or a server that was started with --open"

Resolve: TypeAlias = Callable[[Parent, Context, Arguments], Any]
"""From the parent and the arguments in scope, the field's own included, to the value, or to an awaitable of it."""

Finish: TypeAlias = Callable[[Any, Arguments], Any]
"""From a field's value to what the executor goes on with."""


def resolver(meaning: AnyMeaning, field: GraphQLField) -> Resolve:
    """The resolver of a field of this meaning."""
    finish = _parents if isinstance(get_named_type(field.type), GraphQLObjectType) else _unchanged
    if isinstance(meaning, FollowField):
        return _follow(meaning, finish)
    in_value, in_group = _resolver(meaning.in_value, finish), _resolver(meaning.in_group, finish)
    if meaning.in_value is meaning.in_group:
        return in_group

    def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        return (in_group if parent.value is GROUP else in_value)(parent, context, arguments)

    return resolve


def writing(resolve: Resolve, topic: str | None) -> Resolve:
    """The resolver of a field of `Mutation`, for clients that may write a topic, or what is none."""

    def permitted(parent: Parent, context: Context, arguments: Arguments) -> Any:
        if not context.access.writes(topic):
            raise codes.refusal(NOT_WRITING, codes.FORBIDDEN)
        context.renew()  # the same call of a service is made again: it may do something each time
        return resolve(parent, context, arguments)

    return permitted


def _parents(value: Any, arguments: Arguments) -> Any:
    """Makes of an object, or of each in a list, the parent of the fields below."""
    if isinstance(value, list):
        return [_parents(item, arguments) for item in value]
    return None if value is None else Parent(value, arguments)


def _unchanged(value: Any, arguments: Arguments) -> Any:
    return value


def _resolver(field: Field, finish: Finish) -> Resolve:
    if isinstance(field, LoadedField):
        return _load(field, finish)

    def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        return finish(field.value(parent.value, arguments), arguments)

    return resolve


def _load(field: LoadedField[Any], finish: Finish) -> Resolve:
    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        request = field.request(parent.value, arguments)
        if request is None:
            return None
        return finish(field.value(request, await context.load(request)), arguments)

    return resolve


def _follow(field: FollowField, finish: Finish) -> Resolve:
    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> AsyncIterator[Any]:
        async with context.topics.feed.follow(field.key(arguments)) as subscriber:
            while True:
                for news in field.news(await subscriber.take()):
                    context.renew()  # what else is read for it is read then
                    value = await context.load(news) if isinstance(news, Address) else news
                    yield finish(value, arguments)

    return resolve
