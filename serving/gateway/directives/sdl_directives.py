"""The directives of the SDL, as genuine Strawberry schema directives."""

import enum
from collections.abc import Mapping
from typing import Any, TypeAlias

import strawberry
from graphql import DirectiveNode, GraphQLField, Undefined, is_required_argument
from graphql.utilities import coerce_input_literal
from strawberry.schema_directive import Location

from serving.gateway.directives.prelude import DEFINITIONS, description


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION], name="topic", description=description("topic"))
class TopicDirective:
    """The field's value is the value of a key in a topic of the store."""

    name: str
    key_argument: str | None = strawberry.directive_field(name="keyArgument", default=strawberry.UNSET)
    key_field: str | None = strawberry.directive_field(name="keyField", default=strawberry.UNSET)
    range_from: str | None = strawberry.directive_field(name="rangeFrom", default=strawberry.UNSET)
    range_to: str | None = strawberry.directive_field(name="rangeTo", default=strawberry.UNSET)


@strawberry.enum(name="HttpMethod", description=description("HttpMethod"))
class HttpMethod(enum.Enum):
    """How a REST service is called."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION], name="rest", description=description("rest"))
class RestDirective:
    """The field's value is the answer of a REST service."""

    url: str
    path_parameter: list[str] | None = strawberry.directive_field(name="pathParameter", default=strawberry.UNSET)
    query_parameter: list[str] | None = strawberry.directive_field(name="queryParameter", default=strawberry.UNSET)
    body_parameter: str | None = strawberry.directive_field(name="bodyParameter", default=strawberry.UNSET)
    http_method: HttpMethod | None = strawberry.directive_field(name="httpMethod", default=strawberry.UNSET)
    body: str | None = strawberry.UNSET
    headers: list[str] | None = strawberry.UNSET
    forward: list[str] | None = strawberry.UNSET
    select: str | None = strawberry.UNSET
    batch_by: str | None = strawberry.directive_field(name="batchBy", default=strawberry.UNSET)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="cacheControl", description=description("cacheControl")
)
class CacheControlDirective:
    """How long an answer may be kept; it says nothing of where the field's value comes from."""

    max_age: int = strawberry.directive_field(name="maxAge")


Directive: TypeAlias = TopicDirective | RestDirective

DIRECTIVES: Mapping[str, type[TopicDirective] | type[RestDirective]] = {
    "topic": TopicDirective,
    "rest": RestDirective,
}

_EXTENSION = "directives"
"""Where a field keeps its directives, which are read once."""

_PYTHON_NAMES = {
    "keyArgument": "key_argument",
    "keyField": "key_field",
    "rangeFrom": "range_from",
    "rangeTo": "range_to",
    "pathParameter": "path_parameter",
    "queryParameter": "query_parameter",
    "bodyParameter": "body_parameter",
    "httpMethod": "http_method",
    "batchBy": "batch_by",
}


def directives_of(field: GraphQLField) -> list[Directive]:
    """The directives of a field that say where its value comes from.

    Arguments that are not valid count as not given; those which have to be given are empty then.
    """
    known = field.extensions.get(_EXTENSION)
    if known is None:
        applied = (field.ast_node.directives if field.ast_node else None) or ()
        known = field.extensions[_EXTENSION] = [_directive(node) for node in applied if node.name.value in DIRECTIVES]
    found: list[Directive] = known
    return found


def _directive(node: DirectiveNode) -> Directive:
    kind, given = (
        DIRECTIVES[node.name.value],
        {argument.name.value: argument.value for argument in node.arguments or ()},
    )
    values: dict[str, Any] = {}
    for name, argument in DEFINITIONS[node.name.value].args.items():
        value = coerce_input_literal(given[name], argument.type) if name in given else Undefined
        if value is not Undefined:
            values[_PYTHON_NAMES.get(name, name)] = HttpMethod(value) if name == "httpMethod" and value else value
        elif is_required_argument(argument):
            values[_PYTHON_NAMES.get(name, name)] = ""
    return kind(**values)


def directive_of(field: GraphQLField) -> Directive | None:
    """The one directive of a field of a checked SDL; None if its value is part of its parent's."""
    return next(iter(directives_of(field)), None)
