"""Fields with `@rest`: the call of a service that follows from arguments in scope, and what its answer means."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote, unquote_plus, urlencode

import orjson
from graphql import GraphQLError, GraphQLField, GraphQLObjectType, is_non_null_type

from serving.gateway.directives.sdl_directives import HttpMethod, RestDirective
from serving.gateway.fields.answer_shape import Shape, shape_of
from serving.gateway.fields.field import Arguments, Kind, LoadedField
from serving.gateway.fields.placeholders import Template, Values, names_in, names_in_json, render_json, text_of
from serving.gateway.fields.sources import MemberSource, Source, source_of
from serving.gateway.services.rest_call import Answer, Call, Keyed

DOTS = frozenset({".", ".."})
"""Segments of a path which stand for another one."""

URL_LENGTH = 8000
"""Characters that a URL may have; RFC 9110 (section 4.1) wants this many at least to be supported by all."""

PLAIN = re.compile(r"[\t\x20-\x7e]*")
"""What a header may hold."""

Asked: TypeAlias = Call | Keyed


@dataclass(frozen=True)
class Parameters:
    """What of a call is said by arguments and placeholders.

    Attributes:
        path: segments of the path.
        query: names and values of the query; a value that is a placeholder alone may be a list, or is left out if null.
        headers: names and values.
        body: the JSON that is sent; a string that is a placeholder alone stands for the value as it is.
    """

    path: Sequence[Template]
    query: Sequence[tuple[str, Template]]
    headers: Sequence[tuple[str, Template]]
    body: Any = field(hash=False)

    def names(self) -> Iterator[str]:
        """The names of all placeholders."""
        for template in (*self.path, *(template for _, template in (*self.query, *self.headers))):
            yield from template.names
        yield from names_in_json(self.body)


@dataclass(frozen=True)
class RestField(LoadedField[Asked]):
    """What a field calls.

    Attributes:
        base: scheme and host.
        sources: where the values of the placeholders come from, by their names.
        forward: headers of the client's request that are sent on.
        key: the placeholder that is a key of which many are asked for in one call.
        shape: what the answer has to be.
    """

    kind: ClassVar[Kind] = Kind.SERVICE
    method: str
    base: str
    parameters: Parameters
    sources: Mapping[str, Source] = field(hash=False)
    forward: tuple[str, ...]
    key: str | None
    shape: Shape

    def request(self, parent: Any, arguments: Arguments) -> Asked | None:
        """The call; None if a field of the object has no value, by which something is to be found.

        Raises:
            GraphQLError: an argument is missing or would lead to another path, or the arguments are too long for a URL.
        """
        values = {name: source.value(parent, arguments) for name, source in self.sources.items()}
        if any(values[name] is None for name in self._needed()):
            return None
        if self.key is None:
            return self.call(values)
        key = values.pop(self.key)
        others = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        return Keyed(
            (id(self), others), key, partial(self._call_for, values), self.call({**values, self.key: key}).service
        )

    def _needed(self) -> Iterator[str]:
        path = {name for template in self.parameters.path for name in template.names}
        for name, source in self.sources.items():
            if name == self.key or (name in path and isinstance(source, MemberSource)):
                yield name

    def _call_for(self, values: Values, keys: Sequence[Any]) -> Call:
        return self.call({**values, str(self.key): list(keys)})

    def call(self, values: Values) -> Call:
        """The call in which the placeholders stand for these values."""
        segments = [self.base, *(_segment(template, values) for template in self.parameters.path)]
        query = urlencode([*_pairs(self.parameters.query, values)], quote_via=quote, safe="")
        url = "/".join(segments) + (f"?{query}" if query else "")
        if len(url) > URL_LENGTH:
            raise GraphQLError(f"the arguments make a URL of {len(url)} characters; {URL_LENGTH} are allowed")
        body = render_json(self.parameters.body, values)
        sent = None if body is None else orjson.dumps(body)
        return Call(self.method, url, sent, tuple(_headers(self.parameters.headers, values)), self.forward)

    def value(self, request: Asked, loaded: Answer) -> Any:
        """What the answer says; None if the service has nothing, which is status 404, or 204.

        Raises:
            GraphQLError: it has something to say, but not what is wanted.
        """
        key = request.key if isinstance(request, Keyed) else None
        return self.shape.value(request.service, loaded, key)


def rest_field(
    directive: RestDirective, given: GraphQLField, owner: GraphQLObjectType, secrets: Mapping[str, str]
) -> RestField:
    """What a field means, which belongs to the type `owner`."""
    parameters = parameters_of(directive, given)
    sources = {name: source_of(name, given, owner, secrets) for name in dict.fromkeys(parameters.names())}
    members = [name for name, source in sources.items() if isinstance(source, MemberSource)]
    return RestField(
        method=(directive.http_method or HttpMethod.GET).value,
        base=split_url(directive.url)[0],
        parameters=parameters,
        sources=sources,
        forward=tuple(name.lower() for name in directive.forward or ()),
        key=next(iter(members), None) if directive.batch_by else None,
        shape=shape_of(given, directive.select or "", directive.batch_by or None),
    )


def parameters_of(directive: RestDirective, given: GraphQLField) -> Parameters:
    """What a directive says of a call; without parameters, arguments that may be null are those of the query."""
    path, query = directive.path_parameter or (), directive.query_parameter or ()
    _, said, pairs = split_url(directive.url)
    named = path or query or directive.body_parameter or directive.body or names_in(directive.url)
    if not (named or any(map(names_in, directive.headers or ()))):
        path = [name for name, argument in given.args.items() if is_non_null_type(argument.type)]
        query = [name for name in given.args if name not in path]
    return Parameters(
        path=tuple(map(Template.of, [*said, *(f"{{{name}}}" for name in path)])),
        query=tuple((name, Template.of(text)) for name, text in [*pairs, *((name, f"{{{name}}}") for name in query)]),
        headers=tuple((name, Template.of(text)) for name, text in map(split_header, directive.headers or ())),
        body=f"{{{directive.body_parameter}}}" if directive.body_parameter else _json(directive.body),
    )


def split_url(url: str) -> tuple[str, list[str], list[tuple[str, str]]]:
    """Scheme and host of a URL, the segments of its path, and the pairs of its query, as the text says them."""
    before, _, query = url.partition("?")
    scheme, _, rest = before.rstrip("/").partition("://")
    host, *segments = rest.split("/")
    pairs = [
        (unquote_plus(name), unquote_plus(value))
        for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
    ]
    return f"{scheme}://{host}", segments, pairs


def split_header(line: str) -> tuple[str, str]:
    """The name and the value of a header."""
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _json(text: str | None) -> Any:
    try:
        return orjson.loads(text) if text else None
    except ValueError:
        return None


def _segment(template: Template, values: Values) -> str:
    """One segment of a path. Some servers decode it first, and then take slashes in it for their own."""
    return template.rendered({name: _quoted(name, values[name]) for name in template.names})


def _quoted(name: str, value: Any) -> str:
    if value is None:
        raise GraphQLError(f"argument {name!r} is null, and cannot be a segment of a path: give it a value")
    if isinstance(value, list):
        return ",".join(_quoted(name, one) for one in value)
    text = text_of(value)
    if not text or not DOTS.isdisjoint(re.split(r"[/\\]", text)):
        raise GraphQLError(f"argument {name!r}: {text[:40]!r} cannot be a segment of a path")
    return quote(text, safe="")


def _pairs(query: Sequence[tuple[str, Template]], values: Values) -> Iterator[tuple[str, str]]:
    for name, template in query:
        if template.only:
            value = values[template.only]
            for item in value if isinstance(value, list) else [value]:
                if item is not None:
                    yield name, text_of(item)
        elif all(values[one] is not None for one in template.names):
            yield name, template.rendered({one: text_of(values[one]) for one in template.names})


def _headers(headers: Sequence[tuple[str, Template]], values: Values) -> Iterator[tuple[str, str]]:
    for name, template in headers:
        if any(values[one] is None for one in template.names):
            continue
        texts = {one: text_of(values[one]) for one in template.names}
        for one, text in texts.items():
            if not PLAIN.fullmatch(text):
                raise GraphQLError(f"{one!r} has characters that no header may have")
        yield name, template.rendered(texts)
