"""Fields with `@topic` that are read: from the parent's value and the arguments in scope to keys, and to the value."""

from dataclasses import dataclass
from typing import Any, ClassVar

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from schemas.topics import CATALOGUE, Topic
from serving.gateway import codes
from serving.gateway.directives.sdl_directives import TopicDirective
from serving.gateway.fields.field import Arguments, Kind, LoadedField
from serving.gateway.fields.sources import MemberSource, member_of
from serving.gateway.topics.loader import TopicRequest
from store.values import MOST_VALUES, Address, Key, Page, Range, TooMany

LIMIT, AFTER = "limit", "after"
"""Arguments of a field of all values, if it declares them."""


@dataclass(frozen=True)
class TopicField(LoadedField[TopicRequest]):
    """A field's topic, and where the keys, bounds and pages come from.

    Attributes:
        argument: that holds the key, or the list of keys.
        sibling: the field that does so, if no argument does. Without either, all keys are meant.
        start, stop: the arguments that bound a range.
        paged: arguments of the field that say which page of all values is wanted.
        required: whether the field has to have a value.
        all_required: whether each value of its list has to be there.
    """

    kind: ClassVar[Kind] = Kind.TOPIC
    topic: Topic
    argument: str | None
    sibling: MemberSource | None
    start: str | None
    stop: str | None
    paged: frozenset[str]
    required: bool
    all_required: bool

    def request(self, parent: Any, arguments: Arguments) -> TopicRequest | None:
        """The keys, the range of one, or the page of values that is wanted; of a list of keys some may be null."""
        if self.argument is None and self.sibling is None:
            return self._page(arguments)
        key = self._key(parent, arguments)
        if key is None:
            return None
        name = self.topic.name
        if self.topic.place.bucket is not None:
            return Range(name, key, _bound(self.start, arguments), _bound(self.stop, arguments))
        if isinstance(key, list):
            return [None if one is None else Address(name, one) for one in key]
        return Address(name, key)

    def _key(self, parent: Any, arguments: Arguments) -> Any:
        if self.argument is not None:
            return arguments.get(self.argument)
        return None if self.sibling is None else self.sibling.value(parent, arguments)

    def _page(self, arguments: Arguments) -> Page:
        after = arguments.get(AFTER) if AFTER in self.paged else None
        limit = arguments.get(LIMIT) if LIMIT in self.paged else None
        if limit is not None and not 0 <= limit <= MOST_VALUES:
            raise GraphQLError(f"limit {limit} is not from 0 to {MOST_VALUES}")
        return Page(self.topic.name, after, limit)

    def value(self, request: TopicRequest, loaded: Any) -> Any:
        """The value, from what the store has; of a list of keys from the list."""
        if isinstance(loaded, TooMany):
            raise GraphQLError(f"topic {self.topic.name!r} has more than {loaded.most} values here: {self._remedy()}")
        if isinstance(request, list):
            pairs = zip(request, loaded, strict=True)
            return [None if one is None else self._one(one.key, value, self.all_required) for one, value in pairs]
        if not isinstance(request, Address) or loaded is not None:
            return loaded
        return self._one(request.key, None, self.required or self.topic.absent is not None)

    def _one(self, key: Key, found: Any, needed: bool) -> Any:
        """The value of one key; where one is needed, what is served for a key that the topic does not hold."""
        if found is not None or not needed:
            return found
        if self.topic.absent is None:
            raise codes.refusal(f"topic {self.topic.name!r} holds no value for the key {key}", codes.NOT_FOUND)
        return {str(self.topic.identity): key, **self.topic.absent}

    def _remedy(self) -> str:
        if self.topic.place.bucket is not None:
            return "ask for a shorter range"
        return "ask for a page of them" if self.paged else f"give the field the arguments {LIMIT!r} and {AFTER!r}"


def _bound(argument: str | None, arguments: Arguments) -> Any:
    return None if argument is None else arguments.get(argument)


def topic_field(directive: TopicDirective, field: GraphQLField, owner: GraphQLObjectType) -> TopicField:
    """What a field of a checked schema means, which belongs to the type `owner`."""
    kind: Any = get_nullable_type(field.type)
    sibling = directive.key_field
    return TopicField(
        topic=CATALOGUE[directive.name],
        argument=directive.key_argument or None,
        sibling=member_of(owner, sibling) if sibling else None,
        start=directive.range_from or None,
        stop=directive.range_to or None,
        paged=frozenset({LIMIT, AFTER} & field.args.keys()),
        required=is_non_null_type(field.type),
        all_required=is_list_type(kind) and is_non_null_type(kind.of_type),
    )
