"""Checks that follow the ways from the root to a field: which arguments are in scope there."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from schemas.topics import CATALOGUE
from serving.gateway.directives.sdl_directives import RestDirective, TopicDirective, directive_of
from serving.gateway.fields.rest_field import rest_field

KEY_TYPES: Mapping[str, tuple[str, ...]] = {"Long": ("Long", "Int"), "String": ("String", "ID")}
"""The SDL's scalars that may be a key, by the key's type in the catalogue. The names of an enum are strings, too."""

Scope: TypeAlias = Mapping[str, GraphQLType]
"""The arguments in scope, by name."""


class Visit(NamedTuple):
    """An object type, reached by a way from the root.

    Attributes:
        way: the fields on the way, for messages.
        scope: the arguments of all these fields.
        group: whether objects have no value of their own here, only that of their fields.
    """

    owner: GraphQLObjectType
    way: str
    scope: Scope
    group: bool

    def same(self) -> tuple[str, str, bool]:
        """What makes two visits alike for the checks."""
        return self.owner.name, str(sorted((name, str(kind)) for name, kind in self.scope.items())), self.group


def is_key(kind: GraphQLType, wanted: str, *, many: bool = False) -> bool:
    """Whether values of a type can be keys of the type `wanted`, or lists of such."""
    kind = get_nullable_type(kind)  # type: ignore[call-overload]
    if many:
        return is_list_type(kind) and is_key(kind.of_type, wanted)
    return (is_enum_type(kind) and wanted == "String") or str(kind) in KEY_TYPES[wanted]


def place_error(owner: GraphQLObjectType, name: str, field: GraphQLField, message: str) -> GraphQLError:
    """A problem of a field."""
    return GraphQLError(f"{owner.name}.{name}: {message}", field.ast_node)


def out_of_scope(schema: GraphQLSchema) -> Iterator[GraphQLError]:
    """The fields that need an argument which is not in scope on some way to them."""
    seen = set()
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    visits = [Visit(root, root.name, {}, group=True) for root in roots if root]
    while visits:
        visit = visits.pop()
        if visit.same() in seen:
            continue
        seen.add(visit.same())
        for name, field in visit.owner.fields.items():
            scope = {**visit.scope, **{argument: given.type for argument, given in field.args.items()}}
            message = None if visit.owner is schema.mutation_type else _problem(visit, name, field, scope)
            if message:
                yield place_error(visit.owner, name, field, message)
            visits.extend(_below(visit, name, field, scope))


def _below(visit: Visit, name: str, field: GraphQLField, scope: Scope) -> Iterator[Visit]:
    kind = get_named_type(field.type)
    if isinstance(kind, GraphQLObjectType):
        yield Visit(kind, f"{visit.way}.{name}", scope, visit.group and directive_of(field) is None)


def _problem(visit: Visit, name: str, field: GraphQLField, scope: Scope) -> str | None:
    directive = directive_of(field)
    if isinstance(directive, TopicDirective):
        return _key_argument(directive, field, visit, scope) or _bounds(directive, visit, scope)
    if isinstance(directive, RestDirective):
        return _parameters(directive, field, scope)
    return _source(visit, name, field, scope) if visit.group else None


def _key_argument(directive: TopicDirective, field: GraphQLField, visit: Visit, scope: Scope) -> str | None:
    name, topic = directive.key_argument, CATALOGUE[directive.name]
    if not name:
        return None
    if name not in scope:
        return f"keyArgument {name!r} is no argument of this field or of one above it ({visit.way}): {_remedy(scope)}"
    many = is_list_type(get_nullable_type(field.type)) and topic.place.column is not None
    if is_key(scope[name], topic.key, many=many):
        return None
    if many:
        return (
            f"keyArgument {name!r} is {scope[name]}: make it [{topic.key}!] for a list of values, or the field single"
        )
    return f"keyArgument {name!r} is {scope[name]}: make it {topic.key}"


def _bounds(directive: TopicDirective, visit: Visit, scope: Scope) -> str | None:
    for option, name in (("rangeFrom", directive.range_from), ("rangeTo", directive.range_to)):
        if name and name not in scope:
            return f"{option} {name!r} is no argument of this field or of one above it ({visit.way}): {_remedy(scope)}"
        if name and not is_key(scope[name], "Long"):
            return f"{option} {name!r} is {scope[name]}: make it Long, in seconds since 1970-01-01T00:00:00Z"
    return None


def _parameters(directive: RestDirective, field: GraphQLField, scope: Scope) -> str | None:
    to = rest_field(directive, field)
    places = {"pathParameter": to.path, "queryParameter": to.query, "bodyParameter": [to.body] if to.body else []}
    for option, names in places.items():
        for name in names:
            if name not in scope:
                return f"{option} {name!r} is no argument of this field or of one above it: {_remedy(scope)}"
    for name in to.path:
        if not is_leaf_type(get_nullable_type(scope[name])):  # type: ignore[call-overload]
            remedy = "name it in queryParameter or bodyParameter"
            return f"argument {name!r} is {scope[name]}, which is no single segment of a path: {remedy}"
    for name, following in pairwise(to.path):
        if not is_non_null_type(scope[name]):
            return f"pathParameter {name!r} may be null, so that {following!r} takes its place: make it non-null"
    return None


def _source(visit: Visit, name: str, field: GraphQLField, scope: Scope) -> str | None:
    if is_list_type(get_nullable_type(field.type)):
        return f"a list needs a directive that says where its values come from ({visit.way} has no value)"
    if isinstance(get_named_type(field.type), GraphQLObjectType) or name in scope:
        return None
    return f"has no directive, and no argument {name!r} is in scope ({visit.way}): give it a directive"


def _remedy(scope: Scope) -> str:
    return f"name one of {', '.join(sorted(scope))}" if scope else "add the argument to the field"
