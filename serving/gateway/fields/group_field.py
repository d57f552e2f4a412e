"""Objects that have no value of their own, but group fields of which each says where its value comes from.

A nullable one is null when no topic beneath it holds its key: that is how an unknown user is no user at all. Which
fields a query selects does not matter for it. Rows are written whole, so one topic tells of all in its table.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_list_type, is_non_null_type

from schemas.topics import CATALOGUE
from serving.gateway.directives.sdl_directives import TopicDirective, directive_of
from serving.gateway.fields.field import GROUP, Arguments, Kind, LoadedField, PresentField
from store.values import Address


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
    topics: Sequence[tuple[str, str]]

    def request(self, parent: Any, arguments: Arguments) -> list[Address | None]:
        """The keys that are looked for."""
        keys = ((topic, arguments.get(argument)) for topic, argument in self.topics)
        return [Address(topic, key) for topic, key in keys if key is not None and not isinstance(key, list)]

    def value(self, request: list[Address | None], loaded: Any) -> Any:
        """The group, or None, from the values of the keys."""
        return GROUP if any(value is not None for value in loaded) else None


def group_field(field: GraphQLField) -> GroupField | NullableGroupField:
    """The group that a field without a directive is whose type is an object."""
    kind = get_named_type(field.type)
    if is_non_null_type(field.type) or not isinstance(kind, GraphQLObjectType):
        return GroupField()
    topics = _one_of_each_row(_topics_below(kind, frozenset(), frozenset()))
    return NullableGroupField(topics) if topics else GroupField()


def _one_of_each_row(topics: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Of the topics of a table with the same key the first one of the catalogue."""
    order = list(CATALOGUE)
    first = sorted(topics, key=lambda one: order.index(one[0]), reverse=True)
    return tuple({(CATALOGUE[topic].place.table, argument): (topic, argument) for topic, argument in first}.values())


def _topics_below(kind: GraphQLObjectType, own: frozenset[str], seen: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The topics of a group and of groups in it, with the arguments that are their keys, none of which is in `own`."""
    for field in kind.fields.values():
        directive, below = directive_of(field), own | field.args.keys()
        if isinstance(directive, TopicDirective) and _names_one_key(directive, below):
            yield directive.name, str(directive.key_argument)
        inner = get_named_type(field.type)
        if directive is None and isinstance(inner, GraphQLObjectType) and inner.name not in seen | {kind.name}:
            yield from () if is_list_type(field.type) else _topics_below(inner, below, seen | {kind.name})


def _names_one_key(directive: TopicDirective, own: frozenset[str]) -> bool:
    single = CATALOGUE[directive.name].place.column is not None
    return single and bool(directive.key_argument) and directive.key_argument not in own
