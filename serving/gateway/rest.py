"""What `@rest` asks of a service: the request that follows from a directive and arguments, and what the answer means.

Errors that a service causes do not repeat what it said: that may be nobody's business outside.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import orjson
from graphql import GraphQLError, GraphQLField, get_nullable_type, is_list_type, is_non_null_type

from serving.gateway.directives import HttpMethod, RestDirective

DOTS = frozenset({".", ".."})
"""Segments of a path which stand for another one."""

URL_LENGTH = 8000
"""Characters that a URL may have; RFC 9110 (section 4.1) wants this many at least to be supported by all."""

ABSENT = 404
REFUSED = 300
"""The first status which is no answer; redirections are none, since they may lead anywhere."""


@dataclass(frozen=True)
class Endpoint:
    """What a field with `@rest` calls.

    Attributes:
        url: what the path's parameters are appended to.
        path: the arguments which are segments of the path, in order.
        query: the arguments which are parameters of the query.
        body: the argument which is the body, if there is one.
        many: whether a list of objects is wanted, rather than one object.
        required: whether the field has to have a value.
    """

    method: str
    url: str
    path: Sequence[str]
    query: Sequence[str]
    body: str | None
    many: bool
    required: bool


def service_of(url: str) -> str | None:
    """The name of the service that a URL calls; None if its host is an address, and so is called as it is."""
    parts = urlsplit(url)
    return None if "." in parts.netloc or ":" in parts.netloc else parts.hostname


class Call(NamedTuple):
    """One request to a service; scheme and host of the URL are the schema's."""

    method: str
    url: str
    body: bytes | None

    @property
    def service(self) -> str:
        """The host."""
        return urlsplit(self.url).hostname or ""


class Answer(NamedTuple):
    """What a service answered: the status, and the body."""

    status: int
    body: bytes


def endpoint(directive: RestDirective, field: GraphQLField) -> Endpoint:
    """The endpoint of a field; without lists, arguments that may be null are parameters of the query."""
    path, query = directive.path_parameter or (), directive.query_parameter or ()
    body = directive.body_parameter or None
    if not (path or query or body):
        path = [name for name, given in field.args.items() if is_non_null_type(given.type)]
        query = [name for name in field.args if name not in path]
    return Endpoint(
        method=(directive.http_method or HttpMethod.GET).value,
        url=directive.url.rstrip("/"),
        path=tuple(path),
        query=tuple(query),
        body=body,
        many=is_list_type(get_nullable_type(field.type)),
        required=is_non_null_type(field.type),
    )


def call(to: Endpoint, arguments: Mapping[str, Any]) -> Call:
    """The request for some arguments; those which are null are left out.

    Raises:
        GraphQLError: an argument would lead to another path, or the arguments are too long for a URL.
    """
    segments = [_segment(name, arguments[name]) for name in to.path if arguments.get(name) is not None]
    query = urlencode([*_pairs(to.query, arguments)], quote_via=quote, safe="")
    url = "/".join([to.url, *segments]) + (f"?{query}" if query else "")
    if len(url) > URL_LENGTH:
        raise GraphQLError(f"the arguments make a URL of {len(url)} characters; {URL_LENGTH} are allowed")
    body = arguments.get(to.body) if to.body else None
    return Call(to.method, url, None if body is None else orjson.dumps(body))


def _segment(name: str, value: Any) -> str:
    """A value as one segment of a path. Some servers decode it first, and then take slashes in it for their own."""
    text = _text(value)
    if not text or not DOTS.isdisjoint(re.split(r"[/\\]", text)):
        raise GraphQLError(f"argument {name!r}: {text[:40]!r} cannot be a segment of a path")
    return quote(text, safe="")


def _pairs(names: Sequence[str], arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in names:
        value = arguments.get(name)
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield name, _text(item)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def value(to: Endpoint, made: Call, answer: Answer) -> Any:
    """The value of a field: the JSON of an answer; None if the service has nothing, which is status 404.

    Raises:
        GraphQLError: it has something to say, but not what is wanted.
    """
    if answer.status == ABSENT and not to.required:
        return None
    if answer.status >= REFUSED:
        raise failure(made, f"answered with status {answer.status}")
    try:
        found = orjson.loads(answer.body)
    except ValueError:
        raise failure(made, "did not answer with JSON") from None
    if found is not None and not _fits(to, found):
        raise failure(made, f"did not answer with {'a list of objects' if to.many else 'an object'}")
    return found


def _fits(to: Endpoint, found: Any) -> bool:
    if not to.many:
        return isinstance(found, dict)
    return isinstance(found, list) and all(item is None or isinstance(item, dict) for item in found)


def failure(made: Call, what: str) -> GraphQLError:
    """The error that a service causes."""
    return GraphQLError(f"service {made.service!r} {what}")
