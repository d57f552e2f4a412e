"""Server-sent events of many operations on a single connection.

A client reserves a stream, connects to it, and begins and ends operations by other requests, which bring its token:
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#single-connection-mode
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from serving.gateway import codes
from serving.gateway.transports.framing import HEADERS, EventStream, with_beats
from serving.gateway.transports.media_types import EVENT_STREAM
from serving.gateway.transports.operations import Operation, RequestError

HEADER = "x-graphql-event-stream-token"

MOST = 10_000
"""Streams that are reserved or connected at a time."""

MOST_WAITING = 1000
"""Events that wait for a client to take them; then what makes them waits."""


class Stream:
    """A stream that was reserved.

    Attributes:
        events: that wait to be told.
        operations: those that run, by their names.
        connected: whether the client has connected.
    """

    def __init__(self) -> None:
        self.events: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self.operations: dict[str, asyncio.Task[None]] = {}
        self.connected = False

    def end(self) -> None:
        """Ends all operations."""
        for running in self.operations.values():
            running.cancel()


class Reservations:
    """The streams that were reserved.

    Args:
        seconds: until a client has to connect.
        operations: that may run on a stream at a time.
    """

    def __init__(self, seconds: float, operations: int) -> None:
        self._seconds = seconds
        self._operations = operations
        self._streams: dict[str, Stream] = {}

    def reserve(self) -> Response:
        """Reserves a stream; tells its token."""
        if len(self._streams) >= MOST:
            raise RequestError(503, codes.TOO_MANY, "there are too many event streams: try again later")
        token = secrets.token_urlsafe(24)
        self._streams[token] = Stream()
        asyncio.get_running_loop().call_later(self._seconds, self._expire, token)
        return PlainTextResponse(token, 201)

    def connect(self, request: Request) -> Response:
        """The stream of a token, which tells the events of its operations until the client leaves."""
        token, stream = self._of(request)
        if stream.connected:
            raise RequestError(409, codes.BAD_REQUEST, "this event stream is connected already")
        stream.connected = True
        return StreamingResponse(self._told(token, stream), headers={**HEADERS, "content-type": EVENT_STREAM})

    def begin(self, request: Request, operation: Operation, results: AsyncGenerator[bytes, None]) -> Response:
        """Begins an operation, whose results go to the stream."""
        _, stream = self._of(request)
        name = operation.extensions.get("operationId")
        if not isinstance(name, str):
            raise RequestError(400, codes.BAD_REQUEST, "send the operation's name in `extensions.operationId`")
        if name in stream.operations:
            raise RequestError(409, codes.BAD_REQUEST, f"an operation {name!r} runs on this event stream already")
        if len(stream.operations) >= self._operations:
            raise RequestError(429, codes.TOO_MANY, "this event stream has as many operations as it may: end one")
        stream.operations[name] = asyncio.create_task(_run(stream, name, results))
        return Response(status_code=202)

    def end(self, request: Request) -> Response:
        """Ends an operation."""
        _, stream = self._of(request)
        running = stream.operations.pop(request.query_params.get("operationId", ""), None)
        if running:
            running.cancel()
        return Response(status_code=200)

    def _of(self, request: Request) -> tuple[str, Stream]:
        token = token_of(request) or ""
        if token not in self._streams:
            raise RequestError(404, codes.BAD_REQUEST, "no event stream has this token: reserve one by PUT")
        return token, self._streams[token]

    def _expire(self, token: str) -> None:
        if token in self._streams and not self._streams[token].connected:
            self._streams.pop(token).end()

    async def _told(self, token: str, stream: Stream) -> AsyncGenerator[bytes, None]:
        try:
            yield EventStream.start
            async with aclosing(with_beats(_taken(stream))) as events:
                async for event in events:
                    yield EventStream.beat if event is None else event
        finally:
            stream.end()
            self._streams.pop(token, None)


def token_of(request: Request) -> str | None:
    """The token that a request brings."""
    return request.headers.get(HEADER) or request.query_params.get("token")


async def _taken(stream: Stream) -> AsyncGenerator[bytes, None]:
    while True:
        yield await stream.events.get()


async def _run(stream: Stream, name: str, results: AsyncGenerator[bytes, None]) -> None:
    """Tells the results of an operation, and that it has ended."""
    quoted = orjson.dumps(name)
    async with aclosing(results) as bodies:
        async for body in bodies:
            await stream.events.put(b'event: next\ndata: {"id":%s,"payload":%s}\n\n' % (quoted, body))
    stream.operations.pop(name, None)
    await stream.events.put(b'event: complete\ndata: {"id":%s}\n\n' % quoted)
