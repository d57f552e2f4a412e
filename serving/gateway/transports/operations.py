"""What a client asks for: an operation of GraphQL, in the body or the address of a request, or in a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request

from serving.gateway import codes
from serving.gateway.transports.media_types import JSON

IDENTIFIERS = ("documentId", "doc_id", "id")
"""By which clients name a document that the server has: the specification's draft, and Relay's."""

POST_ONLY = "documents come as JSON, by POST with the content type application/json, or by GET in `query`"


class RequestError(Exception):
    """A request, or a message, cannot be answered: the status of the answer, a code, and a message with the remedy."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Operation:
    """An operation that a client wants to be executed.

    Attributes:
        text: of the document; None where only its identifier is given.
        name: of the operation in the document.
        identifier: of a document that the server has.
    """

    text: str | None
    name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    identifier: str | None = None


async def operation_of(request: Request) -> Operation:
    """The operation that a request brings.

    Raises:
        RequestError: it brings none.
    """
    if request.method == "GET":
        return operation_from(_parameters(request.query_params))
    if _media_type(request.headers) != JSON:
        raise RequestError(415, codes.BAD_REQUEST, POST_ONLY)
    return operation_from(_json(await request.body(), "the body"))


def operation_from(given: object) -> Operation:
    """The operation that an object of JSON describes.

    Raises:
        RequestError: it describes none.
    """
    if isinstance(given, list):
        raise _bad("Batching is not enabled: send one operation in a request")
    if not isinstance(given, dict):
        raise _bad("the body must be a JSON object with the member `query`")
    extensions = _member(given, "extensions", dict) or {}
    identifier = next((found for name in IDENTIFIERS if (found := _member(given, name, str))), None)
    operation = Operation(
        _member(given, "query", str),
        _member(given, "operationName", str),
        _member(given, "variables", dict) or {},
        extensions,
        identifier or _persisted(extensions),
    )
    if not operation.text and operation.identifier is None:
        raise _bad("there is no query: send it in the member `query`")
    return operation


def _member(given: Mapping[str, Any], name: str, kind: type) -> Any:
    value = given.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise _bad(f"`{name}` must be {'a string' if kind is str else 'an object'}, if it is there")


def _persisted(extensions: Mapping[str, Any]) -> str | None:
    """The hash of a persisted query, as Apollo's clients send it."""
    persisted = _member(extensions, "persistedQuery", dict)
    if persisted is None:
        return None
    if persisted.get("version") != 1 or not isinstance(persisted.get("sha256Hash"), str):
        raise _bad("`extensions.persistedQuery` must have `version` 1 and a `sha256Hash`")
    return str(persisted["sha256Hash"]).lower()


def _parameters(given: Mapping[str, str]) -> dict[str, Any]:
    parsed = {name: _json(given[name].encode(), f"`{name}`") for name in ("variables", "extensions") if given.get(name)}
    return {**given, "variables": None, "extensions": None, **parsed}


def _json(text: bytes, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad(f"{what} is no JSON: {error}") from None


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _bad(message: str) -> RequestError:
    return RequestError(400, codes.BAD_REQUEST, message)
