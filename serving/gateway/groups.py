"""Objects that have no value of their own, but group fields of which each says where its value comes from.

A nullable one is null when no topic beneath it holds its key: that is how an unknown user is no user at all. Which
fields a query selects does not matter for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_list_type, is_non_null_type

from schemas.topics import CATALOGUE
from serving.gateway.directives import TopicDirective, directive_of
from store.values import Address


@dataclass(frozen=True)
class Group:
    """A group.

    Attributes:
        topics: those of which one has to hold its key, with the arguments that are the keys; none if the group always
            has a value.
    """

    topics: Sequence[tuple[str, str]]

    def asked(self, arguments: Mapping[str, Any]) -> list[Address | None]:
        """The keys that are looked for."""
        keys = ((topic, arguments.get(argument)) for topic, argument in self.topics)
        return [Address(topic, key) for topic, key in keys if key is not None and not isinstance(key, list)]

    def held(self, found: Sequence[Any]) -> bool:
        """Whether the group has a value, from the values of the keys."""
        return not self.topics or any(value is not None for value in found)


def group(field: GraphQLField) -> Group | None:
    """The group that a field without a directive is; None if it is no object."""
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        return None
    below = () if is_non_null_type(field.type) else _topics_below(kind, frozenset(), frozenset())
    return Group(tuple(dict.fromkeys(below)))


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
