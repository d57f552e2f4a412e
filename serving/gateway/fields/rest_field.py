"""Fields with `@rest`: the call of a service that follows from arguments in scope, and what its answer means."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import orjson
from graphql import GraphQLError, GraphQLField, get_nullable_type, is_list_type, is_non_null_type

from serving.gateway.directives.sdl_directives import HttpMethod, RestDirective
from serving.gateway.fields.field import Arguments, Kind, LoadedField
from serving.gateway.services.rest_call import Answer, Call, failure

DOTS = frozenset({".", ".."})
"""Segments of a path which stand for another one."""

URL_LENGTH = 8000
"""Characters that a URL may have; RFC 9110 (section 4.1) wants this many at least to be supported by all."""

ABSENT = 404
REFUSED = 300
"""The first status which is no answer; redirections are none, since they may lead anywhere."""


@dataclass(frozen=True)
class RestField(LoadedField[Call]):
    """What a field calls.

    Attributes:
        url: what the path's parameters are appended to.
        path: the arguments which are segments of the path, in order.
        query: the arguments which are parameters of the query.
        body: the argument which is the body, if there is one.
        many: whether a list of objects is wanted, rather than one object.
        required: whether the field has to have a value.
    """

    kind: ClassVar[Kind] = Kind.SERVICE
    method: str
    url: str
    path: Sequence[str]
    query: Sequence[str]
    body: str | None
    many: bool
    required: bool

    def request(self, parent: Any, arguments: Arguments) -> Call:
        """The call; arguments of the query, and a body, which are null are left out.

        Raises:
            GraphQLError: an argument is missing or would lead to another path, or the arguments are too long for a URL.
        """
        segments = [_segment(name, arguments.get(name)) for name in self.path]
        query = urlencode([*_pairs(self.query, arguments)], quote_via=quote, safe="")
        url = "/".join([self.url, *segments]) + (f"?{query}" if query else "")
        if len(url) > URL_LENGTH:
            raise GraphQLError(f"the arguments make a URL of {len(url)} characters; {URL_LENGTH} are allowed")
        body = arguments.get(self.body) if self.body else None
        return Call(self.method, url, None if body is None else orjson.dumps(body))

    def value(self, request: Call, loaded: Answer) -> Any:
        """The JSON of the answer; None if the service has nothing, which is status 404.

        Raises:
            GraphQLError: it has something to say, but not what is wanted.
        """
        if loaded.status == ABSENT and not self.required:
            return None
        if loaded.status >= REFUSED:
            raise failure(request, f"answered with status {loaded.status}")
        try:
            found = orjson.loads(loaded.body)
        except ValueError:
            raise failure(request, "did not answer with JSON") from None
        if found is not None and not self._fits(found):
            raise failure(request, f"did not answer with {'a list of objects' if self.many else 'an object'}")
        return found

    def _fits(self, found: Any) -> bool:
        if not self.many:
            return isinstance(found, dict)
        return isinstance(found, list) and all(item is None or isinstance(item, dict) for item in found)


def rest_field(directive: RestDirective, field: GraphQLField) -> RestField:
    """What a field means; without lists of parameters, arguments that may be null are parameters of the query."""
    path, query = directive.path_parameter or (), directive.query_parameter or ()
    body = directive.body_parameter or None
    if not (path or query or body):
        path = [name for name, given in field.args.items() if is_non_null_type(given.type)]
        query = [name for name in field.args if name not in path]
    return RestField(
        method=(directive.http_method or HttpMethod.GET).value,
        url=directive.url.rstrip("/"),
        path=tuple(path),
        query=tuple(query),
        body=body,
        many=is_list_type(get_nullable_type(field.type)),
        required=is_non_null_type(field.type),
    )


def _segment(name: str, value: Any) -> str:
    """A value as one segment of a path. Some servers decode it first, and then take slashes in it for their own."""
    if value is None:
        raise GraphQLError(f"argument {name!r} is null, and cannot be a segment of a path: give it a value")
    text = _text(value)
    if not text or not DOTS.isdisjoint(re.split(r"[/\\]", text)):
        raise GraphQLError(f"argument {name!r}: {text[:40]!r} cannot be a segment of a path")
    return quote(text, safe="")


def _pairs(names: Sequence[str], arguments: Arguments) -> Iterator[tuple[str, str]]:
    for name in names:
        value = arguments.get(name)
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield name, _text(item)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
