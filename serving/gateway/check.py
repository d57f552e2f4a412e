"""Checks of a schema before it is served: every message names the field, what is wrong, and the remedy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_nullable_type,
    is_introspection_type,
    is_leaf_type,
    is_list_type,
)

from schemas.catalogue import CATALOGUE
from serving.gateway.directives import DIRECTIVES, TopicDirective, directives_of
from serving.gateway.prelude import NAMES
from serving.gateway.scalars import SCALARS
from serving.gateway.scope import is_key, out_of_scope, place_error

UNSUPPORTED: Mapping[type[GraphQLNamedType], str] = {
    GraphQLInterfaceType: "interfaces are not supported: write their fields into the object types",
    GraphQLUnionType: "unions are not supported: use one object type with nullable fields",
    GraphQLInputObjectType: "input types are not supported yet: use single arguments",
    GraphQLScalarType: f"this scalar is not known: use one of {', '.join(SCALARS)}",
}


def problems(schema: GraphQLSchema) -> list[GraphQLError]:
    """All that is wrong with a schema which is valid GraphQL; what is out of scope only if all else is right."""
    return [*_types(schema), *_fields(schema)] or list(out_of_scope(schema))


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """The types of a schema but for the built-in ones and those of the prelude."""
    given = {*SCALARS, *NAMES}
    return [kind for name, kind in schema.type_map.items() if name not in given and not is_introspection_type(kind)]


def _types(schema: GraphQLSchema) -> Iterator[GraphQLError]:
    for kind in own_types(schema):
        if type(kind) in UNSUPPORTED:
            yield GraphQLError(f"{kind.name}: {UNSUPPORTED[type(kind)]}", kind.ast_node)
    for root in (schema.mutation_type, schema.subscription_type):
        if root:
            message = "mutations and subscriptions are not supported yet: take this type out"
            yield GraphQLError(f"{root.name}: {message}", root.ast_node)


def _fields(schema: GraphQLSchema) -> Iterator[GraphQLError]:
    for owner in own_types(schema):
        if isinstance(owner, GraphQLObjectType):
            for name, field in owner.fields.items():
                message = _problem(owner, field)
                if message:
                    yield place_error(owner, name, field, message)


def _problem(owner: GraphQLObjectType, field: GraphQLField) -> str | None:
    directives = directives_of(field)
    if len(directives) > 1:
        return f"has more than one of {_listed(DIRECTIVES, '@')}: keep one of them"
    if not directives or not isinstance(directives[0], TopicDirective):
        return None
    return next(filter(None, (rule(directives[0], owner, field) for rule in TOPIC_RULES)), None)


Rule: TypeAlias = Callable[[TopicDirective, GraphQLObjectType, GraphQLField], str | None]


def _known_topic(directive: TopicDirective, owner: GraphQLObjectType, field: GraphQLField) -> str | None:
    if directive.name in CATALOGUE:
        return None
    return f"there is no topic {directive.name!r}: use one of {_listed(CATALOGUE)}"


def _single_value(directive: TopicDirective, owner: GraphQLObjectType, field: GraphQLField) -> str | None:
    if CATALOGUE[directive.name].place.column is not None:
        return None
    single = (name for name, topic in CATALOGUE.items() if topic.place.column is not None)
    return f"topic {directive.name!r} has no single value for a key; ranges come later: use one of {_listed(single)}"


def _one_key(directive: TopicDirective, owner: GraphQLObjectType, field: GraphQLField) -> str | None:
    given = bool(directive.key_argument) + bool(directive.key_field)
    if given == 1:
        return None
    found = "both keyArgument and" if given else "neither keyArgument nor"
    return f"@topic has {found} keyField: give one of them"


def _one_value(directive: TopicDirective, owner: GraphQLObjectType, field: GraphQLField) -> str | None:
    if not is_list_type(get_nullable_type(field.type)):
        return None
    return f"topic {directive.name!r} gives one value for a key: make {field.type} a single type"


def _shape(directive: TopicDirective, owner: GraphQLObjectType, field: GraphQLField) -> str | None:
    value = CATALOGUE[directive.name].value
    leaf = value == "long"
    if is_leaf_type(get_nullable_type(field.type)) == leaf:
        return None
    wanted = "Long" if leaf else f"an object type with fields of {value}"
    return f"topic {directive.name!r} holds values of the type {value}, not {field.type}: make it {wanted}"


def _key_field(directive: TopicDirective, owner: GraphQLObjectType, field: GraphQLField) -> str | None:
    name = directive.key_field
    if not name:
        return None
    sibling = owner.fields.get(name)
    if sibling is None:
        return f"keyField {name!r} is no field of {owner.name}: name one of {_listed(owner.fields)}"
    if directives_of(sibling):
        return f"keyField {name!r} has a directive of its own: name a field without one"
    wanted = CATALOGUE[directive.name].key
    return None if is_key(sibling.type, wanted) else f"keyField {name!r} is {sibling.type}, not {wanted}: name another"


TOPIC_RULES: tuple[Rule, ...] = (_known_topic, _single_value, _one_key, _one_value, _shape, _key_field)
"""Each gives what is wrong, or None, for a field that is right by all rules before it."""


def _listed(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(prefix + name for name in sorted(names))
