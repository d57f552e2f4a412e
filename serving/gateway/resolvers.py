"""How a field gets its value, by its directive.

A value is handed down together with the arguments of all fields on the way to it, so a key may come from any of them.
A field without a directive is part of its parent's value. Where the parent has none, an object only groups its fields.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from graphql import GraphQLError, GraphQLField, GraphQLObjectType, get_named_type, is_non_null_type

from serving.gateway.context import Context
from serving.gateway.directives import RestDirective, TopicDirective, directive_of
from serving.gateway.groups import Group, group
from serving.gateway.rest import endpoint
from serving.gateway.sources import source

Arguments: TypeAlias = Mapping[str, Any]


class Parent(NamedTuple):
    """The object that a field belongs to: its value, None if it only groups fields, and the arguments in scope."""

    value: Any
    arguments: Arguments


ROOT = Parent(None, {})

Resolve: TypeAlias = Callable[[Parent, Context, Arguments], Any]
"""From the parent and the arguments in scope, the field's own included, to the value, or to an awaitable of it."""


def resolver(where: str, name: str, field: GraphQLField) -> Resolve:
    """The resolver of a field that is read; `where` is its name in messages, like `UserProfile.artistCharts`."""
    directive = directive_of(field)
    if isinstance(directive, TopicDirective):
        return _topic(directive, field)
    if isinstance(directive, RestDirective):
        return _rest(directive, field)
    return _undirected(where, name, field)


def finisher(field: GraphQLField) -> Callable[[Any, Arguments], Any]:
    """What makes of a field's value, or list of values, the parents of the fields below, if there are any."""

    def finish(value: Any, arguments: Arguments) -> Any:
        if isinstance(value, list):
            return [finish(item, arguments) for item in value]
        return None if value is None else Parent(value, arguments)

    return finish if isinstance(get_named_type(field.type), GraphQLObjectType) else lambda value, arguments: value


def _topic(directive: TopicDirective, field: GraphQLField) -> Resolve:
    topic, finish = source(directive, field), finisher(field)

    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        asked = topic.asked(parent.value, arguments)
        if asked is None:
            return None
        return finish(topic.given(asked, await context.values.load(asked)), arguments)

    return resolve


def _rest(directive: RestDirective, field: GraphQLField) -> Resolve:
    to, finish = endpoint(directive, field), finisher(field)

    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        return finish(await context.rest(to, arguments), arguments)

    return resolve


def _undirected(where: str, name: str, field: GraphQLField) -> Resolve:
    grouped, required = group(field), is_non_null_type(field.type)
    resolve_group = None if grouped is None else _group(grouped)
    finish = finisher(field)

    def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        if parent.value is not None:
            return finish(member(where, name, parent.value, required=required), arguments)
        return arguments.get(name) if resolve_group is None else resolve_group(parent, context, arguments)

    return resolve


def member(where: str, name: str, value: Any, *, required: bool = True) -> Any:
    """The field `name` of a value; None if it has none and none is required, else that raises GraphQLError."""
    try:
        return value[name] if required else value.get(name)
    except (KeyError, TypeError, AttributeError):
        raise GraphQLError(f"{where} has no directive, and the value that it is part of has no {name!r}") from None


def _group(grouped: Group) -> Resolve:
    async def resolve(parent: Parent, context: Context, arguments: Arguments) -> Any:
        held = grouped.held(await context.values.load(grouped.asked(arguments)))
        return Parent(None, arguments) if held else None

    return resolve
