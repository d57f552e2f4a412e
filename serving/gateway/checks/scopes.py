"""Which arguments are in scope where: on all ways from the root to a field, without walking each of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import count
from operator import or_
from typing import NamedTuple, cast

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    is_introspection_type,
)

from serving.gateway.directives.sdl_directives import directive_of
from serving.gateway.spread import Edge, Spread

LONGEST_WAY = 6
"""Fields of a way that a message names."""


class Place(NamedTuple):
    """An object type, and whether its objects have no value of their own here, but only group their fields."""

    owner: str
    group: bool


def roots_of(schema: GraphQLSchema) -> list[GraphQLObjectType]:
    """The types at which operations begin."""
    given: Sequence[GraphQLNamedType | None] = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return [kind for kind in given if isinstance(kind, GraphQLObjectType)]


class Scopes:
    """The arguments in scope at each place of a schema that can be reached.

    Attributes:
        places: all of them.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kinds: dict[str, dict[str | None, tuple[int, GraphQLType | None]]] = defaultdict(dict)
        numbers = count()
        for _, _, field in fields_of(schema):
            for name, argument in field.args.items():
                self._kinds[name].setdefault(None, (1 << next(numbers), None))
                self._kinds[name].setdefault(str(argument.type), (1 << next(numbers), argument.type))
        self._masks = {name: reduce(or_, (bit for bit, _ in kinds.values())) for name, kinds in self._kinds.items()}
        nowhere = reduce(or_, (kinds[None][0] for kinds in self._kinds.values()), 0)
        self._spread = Spread(self._edges(), {Place(root.name, True): nowhere for root in roots_of(schema)})

    @property
    def places(self) -> Iterable[Place]:
        """Where fields can be reached."""
        return self._spread.facts

    def owner(self, place: Place) -> GraphQLObjectType:
        """The type at a place."""
        return cast("GraphQLObjectType", self._schema.type_map[place.owner])

    def below(self, place: Place, field: GraphQLField) -> Place | None:
        """Where the objects are that a field at a place leads to."""
        kind = get_named_type(field.type)
        if not isinstance(kind, GraphQLObjectType):
            return None
        return Place(kind.name, place.group and directive_of(field) is None)

    def kinds(self, place: Place, field: GraphQLField, name: str) -> list[GraphQLType]:
        """The types that an argument has on the ways to a field at a place on which it is in scope."""
        if name in field.args:
            return [field.args[name].type]
        facts = self._spread.facts[place]
        return [kind for bit, kind in self._kinds.get(name, {}).values() if kind is not None and facts & bit]

    def missing(self, place: Place, field: GraphQLField, name: str) -> str | None:
        """A way to a field at a place on which an argument is not in scope, if there is one."""
        if name in field.args:
            return None
        if name not in self._kinds:
            return self.way(place)
        absent = self._kinds[name][None][0]
        return self.way(place, absent) if self._spread.facts[place] & absent else None

    def names(self, place: Place, field: GraphQLField) -> list[str]:
        """The arguments that are in scope for a field on all ways to it."""
        facts = self._spread.facts[place]
        above = [name for name, kinds in self._kinds.items() if not facts & kinds[None][0]]
        return sorted({*above, *field.args})

    def way(self, place: Place, fact: int = 0) -> str:
        """A way to a place by which a fact came there, for messages; the middle of a long one is left out."""
        root, labels = self._spread.way(place, fact)
        if len(labels) > LONGEST_WAY:
            labels = [*labels[: LONGEST_WAY // 2], "…", *labels[-LONGEST_WAY // 2 :]]
        return ".".join([root.owner, *labels])

    def _edges(self) -> Iterator[Edge[Place]]:
        for owner, name, field in fields_of(self._schema):
            starts = reduce(or_, (self._kinds[n][str(a.type)][0] for n, a in field.args.items()), 0)
            stops = reduce(or_, (self._masks[n] for n in field.args), 0)
            for place in (Place(owner.name, True), Place(owner.name, False)):
                below = self.below(place, field)
                if below:
                    yield Edge(place, below, name, stops, starts)


def fields_of(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, str, GraphQLField]]:
    """All fields of object types."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not is_introspection_type(kind):
            for name, field in kind.fields.items():
                yield kind, name, field
