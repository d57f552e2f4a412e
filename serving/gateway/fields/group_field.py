"""Objects that have no value of their own, but group fields of which each says where its value comes from.

A nullable one is null when no topic beneath it holds its key: that is how an unknown user is no user at all. Which
fields a query selects does not matter for it. Rows are written whole, so one topic tells of all in its table.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, ClassVar, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from schemas.topics import CATALOGUE
from serving.gateway.directives.sdl_directives import TopicDirective, directive_of
from serving.gateway.fields.field import GROUP, Arguments, Kind, LoadedField, PresentField
from serving.gateway.spread import Edge, Spread
from store.values import Address

Use: TypeAlias = tuple[str, str]
"""A topic, and the argument that is the key."""

TopicsBeneath: TypeAlias = Mapping[str, Sequence[Use]]
"""Of each type that is a group, by its name."""

_PLACES = {name: number for number, name in enumerate(CATALOGUE)}


class GroupField(PresentField):
    """A group that is always there."""

    kind: ClassVar[Kind] = Kind.GROUP

    def value(self, parent: Any, arguments: Arguments) -> Any:
        """That there is a group."""
        return GROUP


@dataclass(frozen=True)
class NullableGroupField(LoadedField[list[Address | None]]):
    """A group that is there if a topic holds its key.

    Attributes:
        topics: those of which one has to hold its key, with the arguments that are the keys: one of each table.
    """

    kind: ClassVar[Kind] = Kind.GROUP
    topics: Sequence[Use]

    def request(self, parent: Any, arguments: Arguments) -> list[Address | None]:
        """The keys that are looked for."""
        keys = ((topic, arguments.get(argument)) for topic, argument in self.topics)
        return [Address(topic, key) for topic, key in keys if key is not None and not isinstance(key, list)]

    def value(self, request: list[Address | None], loaded: Any) -> Any:
        """The group, or None, from the values of the keys."""
        return GROUP if any(value is not None for value in loaded) else None


def group_field(field: GraphQLField, beneath: TopicsBeneath) -> GroupField | NullableGroupField:
    """The group that a field without a directive is whose type is an object."""
    topics = beneath.get(get_named_type(field.type).name)
    return NullableGroupField(topics) if topics and not is_non_null_type(field.type) else GroupField()


def topics_beneath(schema: GraphQLSchema) -> TopicsBeneath:
    """For each object type, as a group, the topics of the group and of groups in it: of each table and key one.

    Those whose key is an argument beneath the group tell nothing of it.
    """
    owners = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType)]
    fields = [(owner, field) for owner in owners for field in owner.fields.values()]
    uses = sorted({use for _, field in fields if (use := _use(field))}, key=_order)
    bits = {use: 1 << number for number, use in enumerate(uses)}
    masks: dict[str, int] = defaultdict(int)
    for (_, argument), bit in bits.items():
        masks[argument] |= bit
    initial: dict[str, int] = {owner.name: 0 for owner in owners}
    for owner, field in fields:
        use = _use(field)
        if use and use[1] not in field.args:
            initial[owner.name] |= bits[use]
    links = (_link(owner, field, masks) for owner, field in fields if _is_group(field))
    facts = Spread(links, initial).facts
    return {name: _one_of_each_row(use for use in uses if found & bits[use]) for name, found in facts.items() if found}


def _link(owner: GraphQLObjectType, field: GraphQLField, masks: Mapping[str, int]) -> Edge[str]:
    """From a group to the one that it is in."""
    own = (masks[name] for name in field.args)
    return Edge(get_named_type(field.type).name, owner.name, "", stops=reduce(or_, own, 0))


def _is_group(field: GraphQLField) -> bool:
    single = not is_list_type(get_nullable_type(field.type))
    return single and directive_of(field) is None and isinstance(get_named_type(field.type), GraphQLObjectType)


def _use(field: GraphQLField) -> Use | None:
    """The topic of a field, and the argument that is its one key."""
    directive = directive_of(field)
    if not isinstance(directive, TopicDirective) or not directive.key_argument:
        return None
    single = CATALOGUE[directive.name].place.column is not None
    return (directive.name, str(directive.key_argument)) if single else None


def _order(use: Use) -> tuple[int, str]:
    return _PLACES[use[0]], use[1]


def _one_of_each_row(uses: Iterable[Use]) -> Sequence[Use]:
    """Of the topics of a table with the same key the first one of the catalogue."""
    first: dict[Use, Use] = {}
    for topic, argument in uses:
        first.setdefault((CATALOGUE[topic].place.table, argument), (topic, argument))
    return tuple(first.values())
