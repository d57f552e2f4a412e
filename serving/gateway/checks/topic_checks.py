"""Checks of fields with `@topic` that are read: on queries, and on the objects below them."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLType,
    OperationType,
    get_nullable_type,
    is_list_type,
)

from schemas.topics import CATALOGUE, Topic
from serving.gateway.checks.scope_checks import is_key
from serving.gateway.checks.wording import choose, name_list
from serving.gateway.directives.sdl_directives import TopicDirective, directives_of


class TopicUse(NamedTuple):
    """A field with `@topic`, in a type at which operations of the kind `root` begin, or else one of objects."""

    root: OperationType
    directive: TopicDirective
    owner: GraphQLObjectType
    name: str
    field: GraphQLField

    @classmethod
    def of(cls, root: OperationType, owner: GraphQLObjectType, name: str, field: GraphQLField) -> "TopicUse | None":
        """The use that a field makes of a topic, if it does."""
        directives = directives_of(field)
        if len(directives) == 1 and isinstance(directives[0], TopicDirective):
            return cls(root, directives[0], owner, name, field)
        return None

    @property
    def topic(self) -> Topic:
        """The topic; KeyError if there is none of this name."""
        return CATALOGUE[self.directive.name]

    @property
    def many(self) -> bool:
        """Whether the field is a list."""
        return is_list_type(get_nullable_type(self.field.type))

    @property
    def element(self) -> GraphQLType:
        """The type of a value, that of a list's elements if the field is a list."""
        kind = get_nullable_type(self.field.type)
        return get_nullable_type(kind.of_type) if is_list_type(kind) else kind

    @property
    def has_range(self) -> bool:
        """Whether it names arguments that bound a range."""
        return bool(self.directive.range_from or self.directive.range_to)


Rule: TypeAlias = Callable[[TopicUse], str | None]
"""Gives what is wrong with a use of a topic, and the remedy, or None."""


def known_topic(use: TopicUse) -> str | None:
    """The topic is in the catalogue."""
    if use.directive.name in CATALOGUE:
        return None
    return f"there is no topic {use.directive.name!r}: {choose(use.directive.name, CATALOGUE)}"


def _one_key(use: TopicUse) -> str | None:
    if use.directive.key_argument and use.directive.key_field:
        return "@topic has both keyArgument and keyField: give one of them"
    if use.directive.key_argument or use.directive.key_field or use.many:
        return None
    return "@topic has neither keyArgument nor keyField: give one of them, or make the field a list of all values"


def _both_bounds(use: TopicUse) -> str | None:
    if bool(use.directive.range_from) == bool(use.directive.range_to):
        return None
    given, missing = ("rangeFrom", "rangeTo") if use.directive.range_from else ("rangeTo", "rangeFrom")
    return f"@topic has {given} without {missing}: name an argument for each; a null one leaves the range open"


def _range(use: TopicUse) -> str | None:
    if use.has_range and not (use.many and (use.directive.key_argument or use.directive.key_field)):
        return "a range needs one key and a list: give keyArgument or keyField, and make the field a list"
    if use.has_range and use.topic.place.bucket is None:
        ranges = name_list(name for name, topic in CATALOGUE.items() if topic.place.bucket)
        return f"topic {use.topic.name!r} has no axis of time for rangeFrom and rangeTo: use one of {ranges}"
    return None


def _windows(use: TopicUse) -> str | None:
    if use.topic.place.column is not None:
        return None
    if not use.many:
        return f"topic {use.topic.name!r} has many values for a key, along time: make the field a list"
    if use.directive.key_argument or use.directive.key_field:
        return None
    return f"topic {use.topic.name!r} has many values for a key, along time: give keyArgument or keyField"


def element_type(use: TopicUse) -> str | None:
    """A value of the topic can be what the field is."""
    if is_list_type(use.element):
        return f"topic {use.topic.name!r} gives a list: make {use.field.type} a list of single values"
    return None


def _key_field(use: TopicUse) -> str | None:
    name = use.directive.key_field
    if not name:
        return None
    sibling = use.owner.fields.get(name)
    if sibling is None:
        return f"keyField {name!r} is no field of {use.owner.name}: {choose(name, use.owner.fields)}"
    if directives_of(sibling):
        return f"keyField {name!r} has a directive of its own: name a field without one"
    wanted, many = use.topic.key, takes_list(use)
    if is_key(sibling.type, wanted, many=many):
        return None
    return f"keyField {name!r} is {sibling.type}, not {f'[{wanted}]' if many else wanted}: name another"


def takes_list(use: TopicUse) -> bool:
    """Whether the key has to be a list of keys."""
    return use.many and use.topic.place.column is not None


TOPIC_RULES: tuple[Rule, ...] = (_one_key, _both_bounds, _range, _windows, element_type, _key_field)
