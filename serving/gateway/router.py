"""GraphQL over HTTP: how an answer goes is chosen by the kind of the operation, and by what the client wants most.

`application/graphql-response+json` for clients which prefer it, `application/json` for others. Of the first, the
specification of GraphQL over HTTP wants status 400 and no `data` where a query was not executed.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import orjson
from fastapi import Request, Response
from fastapi.requests import HTTPConnection
from fastapi.websockets import WebSocket
from graphql import GraphQLError, OperationType
from starlette.exceptions import HTTPException
from strawberry.types import ExecutionResult

from serving.gateway import codes
from serving.gateway.claims import Claims
from serving.gateway.context import Context
from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import GatewaySchema
from serving.gateway.transports.caching import VARY, is_known, validators
from serving.gateway.transports.execution import Execution, code_of, is_refused, refused
from serving.gateway.transports.framing import FRAMINGS, streamed
from serving.gateway.transports.media_types import (
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    HTML,
    JSON,
    MULTIPART,
    STREAMS,
    preferred,
)
from serving.gateway.transports.operations import Operation, RequestError, operation_of
from serving.gateway.transports.persisted import Persisted
from serving.gateway.transports.reservations import Reservations, token_of
from serving.gateway.transports.sockets import Sockets

SINGLE = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)
"""How the answer to a query or a mutation may go; the first one where a client does not say."""

MANY = (EVENT_STREAM, MULTIPART)
"""How the answers to a subscription may go."""

METHODS = ("GET", "POST")
"""By which operations come; PUT and DELETE reserve event streams, and end operations on them."""

STREAM_ONLY = (
    "a subscription goes over WebSocket (graphql-transport-ws), "
    "or over HTTP with `Accept: text/event-stream` or `Accept: multipart/mixed`"
)
POST_ONLY = "mutations are not allowed when using GET: send them by POST"


class GatewayRouter:
    """Answers whatever comes to the address of GraphQL.

    Attributes:
        context: makes the context of a connection.
        ide: makes the page of the IDE in the browser; None where there is none.
        shared: whether answers are the same for everybody.
    """

    def __init__(
        self,
        schema: GatewaySchema,
        limits: Limits,
        context: Callable[[HTTPConnection], Context],
        admit: Callable[[Context], None],
        persisted: Persisted,
        ide: Callable[[], Response] | None = None,
        shared: bool = False,
        claims: Claims | None = None,
    ) -> None:
        self.shared = shared
        self.context = context
        self.ide = ide
        self._execution = Execution(schema, persisted, limits.seconds, limits.bytes, claims)
        self._reservations = Reservations(limits.request_seconds, limits.subscriptions)
        self._sockets = Sockets(self._execution, limits, admit)

    def serve(self, schema: GatewaySchema) -> None:
        """Answers from another schema from the next request on; those in flight end on theirs."""
        self._execution.schema = schema

    async def answer_socket(self, socket: WebSocket) -> None:
        """Answers the operations that come over a WebSocket."""
        await self._sockets.answer(socket, self.context(socket))

    async def answer(self, request: Request) -> Response:
        """Answers a request over HTTP."""
        if self.ide and _wants_ide(request):
            return self.ide()
        try:
            return await self._answer(request)
        except RequestError as error:
            return _refusal(request, error.status, refused(error))
        except HTTPException as error:
            code = codes.TOO_LARGE if error.status_code == 413 else codes.BAD_REQUEST
            return _refusal(request, error.status_code, [codes.refusal(error.detail, code)])

    async def _answer(self, request: Request) -> Response:
        if request.method == "PUT":
            return self._reservations.reserve()
        if token_of(request) is not None:
            return await self._on_stream(request)
        if request.method not in METHODS:
            raise RequestError(405, codes.BAD_REQUEST, f"GraphQL comes by {' or '.join(METHODS)}")
        operation = await operation_of(request)
        kind = self._execution.kind(operation)
        if request.method == "GET" and kind is OperationType.MUTATION:
            raise RequestError(405, codes.NOT_ACCEPTED, POST_ONLY)
        chosen = preferred(_accept(request), MANY if kind is OperationType.SUBSCRIPTION else SINGLE)
        if chosen in STREAMS:
            return streamed(FRAMINGS[chosen], self._results(operation, self.context(request)))
        if kind is OperationType.SUBSCRIPTION:
            raise RequestError(406, codes.NOT_ACCEPTED, STREAM_ONLY)
        result = await self._execution.result(operation, self.context(request))
        response = self._single(request, result)
        if request.method == "GET" and not result.errors and not result.extensions:
            return self._kept(request, response, self._execution.lifetime(operation))
        return response

    def _kept(self, request: Request, response: Response, seconds: int) -> Response:
        """The answer to a GET, which may be kept; without its body for a client that has it."""
        headers = validators(bytes(response.body), seconds, self.shared)
        if is_known(request.headers, headers["etag"]):
            return Response(None, 304, {**headers, "vary": VARY})
        response.headers.update(headers)
        return response

    def _single(self, request: Request, result: ExecutionResult) -> Response:
        """The answer to a query or a mutation."""
        if code_of(result) == codes.TIMEOUT:
            return _refusal(request, 503, result.errors or [])
        strict = _media_type(request) == GRAPHQL_RESPONSE
        if strict and is_refused(result):
            return _refusal(request, 400, result.errors or [])
        return _json(request, self._execution.encoded(result), 200)

    async def _on_stream(self, request: Request) -> Response:
        """Answers a request about the single event stream of a client."""
        if request.method == "DELETE":
            return self._reservations.end(request)
        if request.method == "GET" and "query" not in request.query_params:
            return self._reservations.connect(request)
        operation = await operation_of(request)
        if request.method == "GET" and self._execution.kind(operation) is OperationType.MUTATION:
            raise RequestError(405, codes.NOT_ACCEPTED, POST_ONLY)
        return self._reservations.begin(request, operation, self._results(operation, self.context(request)))

    async def _results(self, operation: Operation, context: Context) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._execution.results(operation, context)) as results:
            async for result in results:
                yield self._execution.encoded(result)


def _accept(request: Request) -> str:
    return request.headers.get("accept", "")


def _wants_ide(request: Request) -> bool:
    """Whether a browser shows what comes to its user; it says so, and asks for nothing else."""
    if request.method != "GET" or request.query_params.keys() & {"query", "extensions", "documentId", "doc_id", "id"}:
        return False
    return preferred(_accept(request), (JSON, HTML)) == HTML


def _refusal(request: Request, status: int, errors: list[GraphQLError]) -> Response:
    """The answer where nothing was executed. A status 200 for the sake of old clients is 400 for others."""
    strict = _media_type(request) == GRAPHQL_RESPONSE
    body = {"errors": [error.formatted for error in errors]}
    response = _json(request, orjson.dumps(body), 400 if strict and status == 200 else status)
    if status == 405:
        response.headers["allow"] = ", ".join(METHODS)
    return response


def _json(request: Request, body: bytes, status: int) -> Response:
    media_type = _media_type(request)
    kind = media_type if media_type == JSON else f"{media_type}; charset=utf-8"
    return Response(body, status, {"content-type": kind, "vary": VARY})


def _media_type(request: Request) -> str:
    return preferred(_accept(request), (JSON, GRAPHQL_RESPONSE)) or JSON
