"""Checks that the types of the SDL are those of the values in the topics."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from schemas.wire import avro
from serving.gateway.checks.scope_checks import place_error
from serving.gateway.checks.topic_checks import TopicUse
from serving.gateway.checks.wording import choose
from serving.gateway.directives.sdl_directives import directives_of
from serving.gateway.times import TIMES

SCALAR_TYPES: Mapping[str, str] = {"long": "Long", "string": "String", "boolean": "Boolean"}
"""The scalar type of the SDL for each of Avro's."""


class Values:
    """Checks the types of values. What a type is in the values of a topic is looked at once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str, str]] = set()

    def wrong(self, use: TopicUse) -> Iterator[GraphQLError]:
        """All places where the type of a field is not that of the topic's values."""
        value = use.topic.value
        if is_leaf_type(use.element) != (value in SCALAR_TYPES) or (
            value in SCALAR_TYPES and not fits(use.element, value)
        ):
            wanted = SCALAR_TYPES.get(value, f"an object type with fields of {value}")
            held = f"topic {use.topic.name!r} holds values of the type {value}, not {use.field.type}"
            yield place_error(use.owner, use.name, use.field, f"{held}: make it {wanted}")
        elif isinstance(use.element, GraphQLObjectType):
            yield from self._wrong_fields(use, use.element, avro.schema(value))

    def _wrong_fields(
        self, use: TopicUse, kind: GraphQLObjectType, record: Mapping[str, Any]
    ) -> Iterator[GraphQLError]:
        """The fields of `kind` that are part of its value, and not what `record` says."""
        seen = (kind.name, use.topic.name, record["name"])
        if seen in self._seen:
            return
        self._seen.add(seen)
        types = {field["name"]: field["type"] for field in record["fields"]}
        for name, field in kind.fields.items():
            if directives_of(field):
                continue
            if name not in types:
                short = record["name"].rpartition(".")[2]
                message = f"values of the topic {use.topic.name!r} are of the type {short}, which has no {name!r}"
                remedy = f"give the field a directive, or {choose(name, types)}"
                yield place_error(kind, name, field, f"{message}: {remedy}")
            elif not fits(field.type, types[name]):
                message = f"is {field.type}, but {_description(types[name])} in the values of topic {use.topic.name!r}"
                yield place_error(kind, name, field, f"{message}: make it {_sdl(types[name], field.type)}")
            else:
                yield from self._below(use, get_named_type(field.type), types[name])

    def _below(self, use: TopicUse, kind: GraphQLType, value: Any) -> Iterator[GraphQLError]:
        while isinstance(value, Mapping) and value["type"] == "array":
            value = value["items"]
        if isinstance(kind, GraphQLObjectType):
            yield from self._wrong_fields(use, kind, value)


def fits(kind: GraphQLType, value: Any) -> bool:
    """Whether values of an Avro type can be of a type of the SDL; of objects the fields are not looked at."""
    kind = get_nullable_type(kind)  # type: ignore[call-overload]
    if isinstance(value, Mapping) and value["type"] == "array":
        return is_list_type(kind) and fits(kind.of_type, value["items"])
    if isinstance(value, Mapping):
        return isinstance(kind, GraphQLObjectType)
    return str(kind) == SCALAR_TYPES.get(value) or (value == "long" and str(kind) in TIMES)


def _description(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a list" if value["type"] == "array" else "an object"
    return f"a {value}"


def _sdl(value: Any, kind: GraphQLType) -> str:
    """How the type has to be written."""
    if isinstance(value, Mapping) and value["type"] == "array":
        return f"[{_sdl(value['items'], kind)}!]"
    if isinstance(value, Mapping):
        return f"an object type with fields of {value['name'].rpartition('.')[2]}"
    return SCALAR_TYPES[value]
