"""What every request has to pass before the application sees it: the API key, and the length of the body."""

import math
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.clients import Clients
from serving.gateway import codes
from serving.gateway.limits.request_limits import Limits
from serving.hosts import Hosts
from serving.probes import PATHS
from serving.socket_messages import CheckedSocket

GRAPHQL, SCHEMA = "/graphql", "/schema"
"""What checks by itself what a client may do."""

RETRY_SECONDS = 1
"""After which a client may ask again whom the server has no time for."""

DIGITS = 18
"""More digits of a length are as good as these."""

MISDIRECTED = "this server does not answer under this name: start it with --allowed_host NAME, if it is its own"

CODES = {
    401: codes.UNAUTHENTICATED,
    413: codes.TOO_LARGE,
    403: codes.FORBIDDEN,
    421: codes.BAD_REQUEST,
    429: codes.TOO_MANY,
    503: codes.BUSY,
}
"""Of what is refused here, by the status."""

TOO_OFTEN = "more requests than this API key has: try again later"
BUSY = "the server is busy: try again later"
UNKNOWN = "an API key is needed: send it in the header X-API-Key"
NOT_READING = "not permitted: this API key has no right `read`"


class Guard:
    """ASGI middleware that lets requests with an accepted key pass, and notes what it is good for in their state.

    A WebSocket to GraphQL passes without a key too, with the access None: browsers cannot send headers with it, so the
    key comes in its first message. But of those from a browser's page, only the server's own pass, and those of
    `origins`: browsers let every page open a WebSocket to any host, with the credentials that they have for it.
    """

    def __init__(
        self, app: ASGIApp, clients: Clients, limits: Limits, hosts: Hosts | None = None, origins: Sequence[str] = ()
    ) -> None:
        self.origins = frozenset(origins)
        self.app = app
        self.hosts = hosts
        self.clients = clients
        self.body = limits.body
        self.requests = limits.requests
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in PATHS:
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        if self.hosts is not None and headers.get("host", "") not in self.hosts:
            return await self._misdirected(scope, send)
        access = self.clients.access(headers)
        scope.setdefault("state", {})["access"] = access
        if scope["type"] == "websocket":
            passes = (access is not None or scope["path"] == GRAPHQL) and self._may_come(headers)
            checked = CheckedSocket(receive, send, lambda: self.clients.objection(scope["state"]["access"]))
            if passes:
                return await self.app(scope, checked.receive, checked.send)
            return await send({"type": "websocket.close", "code": 1008})
        if access is None:
            return await _refuse(
                send, 401, UNKNOWN, (b"www-authenticate", b'Basic realm="the API key is the password"')
            )
        if not access.read and scope["path"] not in (GRAPHQL, SCHEMA):
            return await _refuse(send, 403, NOT_READING)
        if wait := self.clients.wait(access):
            return await _refuse(send, 429, TOO_OFTEN, (b"retry-after", str(math.ceil(wait)).encode()))
        if _length(headers) > self.body:
            return await _refuse(send, 413, _too_long(self.body))
        if self._inside >= self.requests:
            return await _refuse(send, 503, BUSY, (b"retry-after", str(RETRY_SECONDS).encode()))
        return await self._queued(scope, self._counted(receive), send)

    async def _queued(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, which counts until its answer begins: a stream of events may go on for ever."""
        counts = True
        self._inside += 1

        def leave() -> None:
            nonlocal counts
            self._inside -= counts
            counts = False

        async def leaving(message: Message) -> None:
            leave()
            await send(message)

        try:
            await self.app(scope, receive, leaving)
        finally:
            leave()

    def _may_come(self, headers: Headers) -> bool:
        """Whether a WebSocket is from no page of a browser, from an own one, or from one that was named."""
        return _own(headers) or "*" in self.origins or headers.get("origin") in self.origins

    async def _misdirected(self, scope: Scope, send: Send) -> None:
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        return await _refuse(send, 421, MISDIRECTED)

    def _counted(self, receive: Receive) -> Receive:
        """Receives no more than is allowed, also of a body whose length was not said."""
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.body:
                raise HTTPException(413, _too_long(self.body))
            return message

        return counted


def _own(headers: Headers) -> bool:
    """Whether a request is not from a page of another host."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _length(headers: Headers) -> int:
    said = headers.get("content-length", "")
    return int(said[:DIGITS]) if said.isdecimal() else 0


def _too_long(most: int) -> str:
    return f"the body is too long; {most} bytes are allowed"


async def _refuse(send: Send, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
    body = orjson.dumps({"errors": [codes.refusal(message, CODES[status]).formatted]})
    length = (b"content-length", str(len(body)).encode())
    start = [(b"content-type", b"application/json"), (b"connection", b"close"), length, *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
