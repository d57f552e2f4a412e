"""Checks of what a field with `@rest` sends and takes: placeholders, headers, the body, `select` and `batchBy`."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

import orjson
from graphql import GraphQLField, GraphQLObjectType, get_named_type, get_nullable_type, is_leaf_type, is_list_type

from serving.gateway.checks.wording import choose
from serving.gateway.directives.sdl_directives import RestDirective
from serving.gateway.fields.placeholders import SECRET, names_in, stray
from serving.gateway.fields.rest_field import parameters_of, split_header
from serving.gateway.fields.sources import is_member

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header (RFC 9110, section 5.6.2)."""

CONNECTION = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect"}
)
"""Headers which say how a message is sent, and so are nobody's but the client's that sends it."""

OURS = frozenset({"cookie", "x-api-key", "proxy-authorization"})
"""Headers by which clients prove to this server who they are."""


def wrong_calls(
    directive: RestDirective, field: GraphQLField, owner: GraphQLObjectType, secrets: Collection[str]
) -> Iterator[str]:
    """What is wrong with the texts of a directive, apart from the arguments in scope."""
    yield from _placeholders(directive)
    yield from _secrets(directive, field, secrets)
    yield from _headers(directive)
    yield from _json(directive)
    if directive.batch_by:
        yield from _batch(directive, field, owner)


def _placeholders(directive: RestDirective) -> Iterator[str]:
    try:
        host = urlsplit(directive.url).netloc
    except ValueError:
        host = ""  # which is told as no address
    if names_in(host):
        yield f"url {directive.url!r} has a placeholder for its host: write the host out"
    for option, texts in (("url", [directive.url]), ("headers", directive.headers or [])):
        for found in filter(None, map(stray, texts)):
            yield f"{option}: {found!r} is no placeholder: write {{name}} or {{secret.NAME}}"


def _secrets(directive: RestDirective, field: GraphQLField, secrets: Collection[str]) -> Iterator[str]:
    for name in dict.fromkeys(parameters_of(directive, field).names()):
        secret = name.removeprefix(SECRET)
        if name != secret and secret not in secrets:
            remedy = f"start the server with --secret {secret}=VARIABLE"
            yield f"there is no secret {secret!r}: {remedy}" + (f", or {choose(secret, secrets)}" if secrets else "")


def _headers(directive: RestDirective) -> Iterator[str]:
    for line in directive.headers or ():
        name, value = split_header(line)
        if not TOKEN.fullmatch(name) or not value.isprintable() or not value.isascii():
            yield f"headers: {line!r} is no header: write it like 'Accept-Language: de'"
        elif name.lower() in CONNECTION:
            yield f"headers: {name} is the server's own to say: take it out"
    for name in directive.forward or ():
        if not TOKEN.fullmatch(name):
            yield f"forward: {name!r} is no name of a header"
        elif name.lower() in CONNECTION | OURS:
            yield f"forward: {name} is for this server alone: take it out"


def _json(directive: RestDirective) -> Iterator[str]:
    try:
        orjson.loads(directive.body or "null")
    except ValueError as error:
        yield f'body is no JSON ({error}): placeholders stand in strings, like {{"ids": "{{ids}}"}}'


def _batch(directive: RestDirective, field: GraphQLField, owner: GraphQLObjectType) -> Iterator[str]:
    names = dict.fromkeys(parameters_of(directive, field).names())
    members = [name for name in names if name not in field.args and is_member(owner, name)]
    if len(members) != 1:
        found = f"{len(members)} of them" if members else "none"
        yield f"batchBy needs one placeholder for a field of {owner.name}, the key, and has {found}"
    elif is_list_type(get_nullable_type(owner.fields[members[0]].type)):
        yield f"batchBy: {members[0]!r}, the key, is a list: name a field with one key"
    if is_leaf_type(get_named_type(field.type)):
        yield f"batchBy: is {field.type}, but the answer is a list of objects with keys: make it an object"
