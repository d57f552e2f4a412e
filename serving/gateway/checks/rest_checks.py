"""Checks of fields with `@rest`."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias
from urllib.parse import urlsplit

from graphql import GraphQLField

from serving.gateway.checks.wording import choose
from serving.gateway.directives.sdl_directives import HttpMethod, RestDirective
from serving.gateway.services.rest_call import service_of

Rule: TypeAlias = Callable[[RestDirective, GraphQLField], str | None]
"""Gives what is wrong with a field, and the remedy, or None."""


def _once(directive: RestDirective, field: GraphQLField) -> str | None:
    twice = [name for name, times in Counter(_parameters(directive)).items() if times > 1]
    if not twice:
        return None
    return f"argument {twice[0]!r} is in two places: name it in one of pathParameter, queryParameter and bodyParameter"


def _body(directive: RestDirective, field: GraphQLField) -> str | None:
    option = "bodyParameter" if directive.body_parameter else "body"
    if directive.body_parameter and directive.body:
        return "@rest has both body and bodyParameter: give one of them"
    has_body = directive.body_parameter or directive.body
    if not has_body or (directive.http_method and directive.http_method is not HttpMethod.GET):
        return None
    return f"{option} {directive.body_parameter or directive.body!r}: a GET has no body: add httpMethod: POST"


def _parameters(directive: RestDirective) -> list[str]:
    body = [directive.body_parameter] if directive.body_parameter else []
    return [*(directive.path_parameter or ()), *(directive.query_parameter or ()), *body]


def _address(directive: RestDirective, field: GraphQLField) -> str | None:
    try:
        parts = urlsplit(directive.url)
        right = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        right = False
    if not right:
        return f"url {directive.url!r} is no address: write it like http://recommender/recommendation"
    if parts.username or parts.password:
        return f"url {parts.hostname!r} has a user or a password in it: take them out, the schema is no secret"
    if parts.fragment:
        return f"url {directive.url!r} has a fragment, which is never sent: take it out"
    return None


def unknown_service(directive: RestDirective, services: Collection[str] | None) -> Iterator[str]:
    """What is wrong if the host of a field with `@rest` is a name, and no service has it; None stands for all."""
    name = service_of(directive.url)
    if name and services is not None and name not in services:
        remedy = f"start the server with --service {name}=URL, or {choose(name, services)}"
        yield f"there is no service {name!r}: {remedy}"


REST_RULES: tuple[Rule, ...] = (_address, _once, _body)
