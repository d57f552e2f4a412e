"""How a field gets its value, by its directive.

A value is handed down together with the arguments of all fields on the way to it, so a key may come from any of them.
A field without a directive is part of its parent's value. Where the parent has none, an object only groups its fields.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, cast

from graphql import GraphQLError, GraphQLField, GraphQLObjectType, get_named_type, is_list_type, is_non_null_type

from schemas.catalogue import CATALOGUE
from serving.gateway.context import Context
from serving.gateway.directives import RestDirective, TopicDirective, directive_of
from serving.gateway.loader import Address
from serving.gateway.rest import endpoint

Arguments: TypeAlias = Mapping[str, Any]


class Parent(NamedTuple):
    """The object that a field belongs to: its value, None if it only groups fields, and the arguments in scope."""

    value: Any
    arguments: Arguments


ROOT = Parent(None, {})

Resolve: TypeAlias = Callable[[Parent, Context, Arguments], Any]
"""From the parent and the arguments in scope, the field's own included, to the value, or to an awaitable of it."""


def resolver(where: str, name: str, field: GraphQLField) -> Resolve:
    """The resolver of a field; `where` is its name in messages, like `UserProfile.artistCharts`."""
    directive = directive_of(field)
    if isinstance(directive, TopicDirective):
        return _topic(directive, field)
    if isinstance(directive, RestDirective):
        return _rest(directive, field)
    return _undirected(where, name, field)


def _finisher(field: GraphQLField) -> Callable[[Any, Arguments], Any]:
    """What makes of a field's value, or list of values, the parents of the fields below, if there are any."""

    def finish(value: Any, arguments: Arguments) -> Any:
        if isinstance(value, list):
            return [finish(item, arguments) for item in value]
        return None if value is None else Parent(value, arguments)

    return finish if isinstance(get_named_type(field.type), GraphQLObjectType) else lambda value, arguments: value


def _topic(directive: TopicDirective, field: GraphQLField) -> Resolve:
    topic = CATALOGUE[directive.name]
    finish = _finisher(field)
    required = is_non_null_type(field.type)

    def finished(value: Any, key: int, arguments: Arguments) -> Any:
        if value is None and topic.absent is not None:
            value = {"id": key, **topic.absent}
        if value is None and required:
            raise GraphQLError(f"topic {topic.name!r} holds no value for the key {key}")
        return finish(value, arguments)

    async def wait(value: Awaitable[Any], key: int, arguments: Arguments) -> Any:
        return finished(await value, key, arguments)

    def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        key = _key(directive, parent, arguments)
        if key is None:
            return None
        value = cast("asyncio.Future[Any]", context.values.load(Address(topic.name, key)))
        return finished(value.result(), key, arguments) if value.done() else wait(value, key, arguments)

    return resolve


def _key(directive: TopicDirective, parent: Parent, arguments: Arguments) -> int | None:
    if directive.key_argument:
        return arguments.get(directive.key_argument)
    source = parent.arguments if parent.value is None else parent.value
    return cast("int | None", source.get(str(directive.key_field)))


def _rest(directive: RestDirective, field: GraphQLField) -> Resolve:
    to, finish = endpoint(directive, field), _finisher(field)

    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        return finish(await context.rest(to, arguments), arguments)

    return resolve


def _undirected(where: str, name: str, field: GraphQLField) -> Resolve:
    group = _group(field)
    finish = _finisher(field)

    def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        if parent.value is not None:
            return finish(_member(where, name, parent.value), arguments)
        return arguments.get(name) if group is None else group(parent, context, arguments)

    return resolve


def _member(where: str, name: str, value: Any) -> Any:
    try:
        return value[name]
    except (KeyError, TypeError):
        raise GraphQLError(f"{where} has no directive, and the value that it is part of has no {name!r}") from None


def _group(field: GraphQLField) -> Resolve | None:
    """The resolver of an object that only groups its fields; None if the field is no object.

    A nullable one is null when no topic beneath it holds its key: that is how an unknown user is no user at all.
    Which fields a query selects does not matter for it, and what was read here is not read again below.
    """
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        return None
    topics = () if is_non_null_type(field.type) else tuple(dict.fromkeys(_topics_below(kind, frozenset(), frozenset())))

    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        keys = [(topic, arguments.get(argument)) for topic, argument in topics]
        values = [context.values.load(Address(topic, key)) for topic, key in keys if key is not None]
        held = any(value is not None for value in await asyncio.gather(*values))
        return Parent(None, arguments) if held or not topics else None

    return resolve


def _topics_below(kind: GraphQLObjectType, own: frozenset[str], seen: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The topics of a group and of groups in it, with the arguments that are their keys, none of which is in `own`."""
    for field in kind.fields.values():
        directive, below = directive_of(field), own | field.args.keys()
        if isinstance(directive, TopicDirective) and directive.key_argument and directive.key_argument not in below:
            yield directive.name, directive.key_argument
        inner = get_named_type(field.type)
        if directive is None and isinstance(inner, GraphQLObjectType) and inner.name not in seen | {kind.name}:
            yield from () if is_list_type(field.type) else _topics_below(inner, below, seen | {kind.name})
