"""Which arguments are used: by the field that declares them, or by one below it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from itertools import count
from operator import or_
from typing import NamedTuple

from graphql import GraphQLError, GraphQLField, GraphQLSchema

from serving.gateway.checks.scopes import Place, Scopes
from serving.gateway.directives.sdl_directives import RestDirective, TopicDirective, directive_of
from serving.gateway.fields.rest_field import parameters_of
from serving.gateway.fields.topic_field import AFTER, LIMIT
from serving.gateway.spread import Edge, Spread


class _Field(NamedTuple):
    """A field at a place.

    Attributes:
        uses: the arguments that it asks for.
        below: where its objects are.
    """

    place: Place
    name: str
    field: GraphQLField
    uses: Collection[str]
    below: Place | None


def unused_arguments(schema: GraphQLSchema, scopes: Scopes) -> Iterator[GraphQLError]:
    """The arguments that neither their field uses nor one below it."""
    fields = [*_fields(schema, scopes)]
    numbers = count()
    bits: dict[str, int] = defaultdict(lambda: 1 << next(numbers))
    needed = _needed(fields, scopes, bits)
    used: dict[tuple[str, str], int] = defaultdict(int)
    for one in fields:
        used[one.place.owner, one.name] |= _bits(bits, one.uses) | (needed[one.below] if one.below else 0)
    for (owner, name), one in {(one.place.owner, one.name): one for one in fields}.items():
        for argument, given in one.field.args.items():
            if not used[owner, name] & bits[argument]:
                yield GraphQLError(f"{owner}.{name}: argument {argument!r} {_remedy(one.field)}", given.ast_node)


def _fields(schema: GraphQLSchema, scopes: Scopes) -> Iterator[_Field]:
    for place in scopes.places:
        for name, field in scopes.owner(place).fields.items():
            yield _Field(place, name, field, _uses(schema, place, name, field), scopes.below(place, field))


def _needed(fields: Collection[_Field], scopes: Scopes, bits: Mapping[str, int]) -> Mapping[Place, int]:
    """The arguments that the fields at a place, or below it, need from above."""
    initial = dict.fromkeys(scopes.places, 0)
    for one in fields:
        initial[one.place] |= _bits(bits, one.uses) & ~_bits(bits, one.field.args)
    edges = (Edge(one.below, one.place, one.name, _bits(bits, one.field.args)) for one in fields if one.below)
    return Spread(edges, initial).facts


def _bits(bits: Mapping[str, int], names: Collection[str]) -> int:
    return reduce(or_, (bits[name] for name in names), 0)


def _uses(schema: GraphQLSchema, place: Place, name: str, field: GraphQLField) -> Collection[str]:
    """The arguments in scope that a field asks for."""
    directive = directive_of(field)
    if isinstance(directive, RestDirective):
        return [*parameters_of(directive, field).names()]
    if isinstance(directive, TopicDirective):
        return _uses_of_topic(schema, place, directive, field)
    return [name] if place.group else []


def _uses_of_topic(
    schema: GraphQLSchema, place: Place, directive: TopicDirective, field: GraphQLField
) -> Collection[str]:
    if schema.mutation_type and place.owner == schema.mutation_type.name:
        return field.args
    named = [name for name in (directive.key_argument, directive.range_from, directive.range_to) if name]
    if not (directive.key_argument or directive.key_field):
        named += [LIMIT, AFTER]
    return named


def _remedy(field: GraphQLField) -> str:
    if isinstance(directive_of(field), RestDirective):
        return "is not sent: name it in pathParameter, queryParameter or bodyParameter, or in a placeholder"
    return "is used neither by this field nor by one below it: take it out, or name it in the directive that needs it"
