"""Checks of fields with `@rest`."""

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from graphql import GraphQLField, GraphQLObjectType, get_named_type, get_nullable_type, is_list_type

from serving.gateway.directives import HttpMethod, RestDirective

Rule: TypeAlias = Callable[[RestDirective, GraphQLField], str | None]
"""Gives what is wrong with a field, and the remedy, or None."""


def _object(directive: RestDirective, field: GraphQLField) -> str | None:
    kind = get_nullable_type(field.type)
    nested = is_list_type(kind) and is_list_type(get_nullable_type(kind.of_type))
    if isinstance(get_named_type(field.type), GraphQLObjectType) and not nested:
        return None
    return f"is {field.type}, but a service answers with an object or a list of objects: make it one of these"


def _once(directive: RestDirective, field: GraphQLField) -> str | None:
    twice = [name for name, times in Counter(_named(directive)).items() if times > 1]
    if not twice:
        return None
    return f"argument {twice[0]!r} is in two places: name it in one of pathParameter, queryParameter and bodyParameter"


def _body(directive: RestDirective, field: GraphQLField) -> str | None:
    if not directive.body_parameter or directive.http_method is HttpMethod.POST:
        return None
    return f"bodyParameter {directive.body_parameter!r}: a GET has no body: add httpMethod: POST"


def _unnamed(directive: RestDirective, field: GraphQLField) -> str | None:
    named = _named(directive)
    left = [name for name in field.args if named and name not in named]
    if not left:
        return None
    return f"argument {left[0]!r} is not sent: name it in pathParameter, queryParameter or bodyParameter"


def _named(directive: RestDirective) -> list[str]:
    body = [directive.body_parameter] if directive.body_parameter else []
    return [*(directive.path_parameter or ()), *(directive.query_parameter or ()), *body]


REST_RULES: tuple[Rule, ...] = (_object, _once, _body, _unnamed)
