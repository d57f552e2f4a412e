"""What comes over a WebSocket, before anything else sees it: messages of graphql-transport-ws, or the connection ends.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
from starlette.types import Message, Receive, Send

log = logging.getLogger("serving")

BAD_REQUEST = 4400
"""The code with which the protocol has invalid messages end the connection."""


class Closing(NamedTuple):
    """Why a connection ends: a code of the protocol, and a reason of at most 123 bytes."""

    code: int
    reason: str


Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


_NOTHING: Mapping[str, Check] = {}
_PAYLOAD = {"payload": _is_object}
_ID = {"id": _is_name}

MESSAGES: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    "connection_init": (_NOTHING, _PAYLOAD),
    "ping": (_NOTHING, {"payload": _or_null(_is_object)}),
    "pong": (_NOTHING, {"payload": _or_null(_is_object)}),
    "subscribe": (_ID | _PAYLOAD, _NOTHING),
    "complete": (_ID, _NOTHING),
}
"""What each type of message must have, and what it may have."""

OPERATION: Mapping[str, Check] = {
    "query": _or_null(_is_text),
    "operationName": _or_null(_is_text),
    "variables": _or_null(_is_object),
    "extensions": _or_null(_is_object),
}
"""What the payload of `subscribe` may have; without a query it names a document that the server has."""


def fault(text: str | None) -> str | None:
    """What is wrong with a message; None if nothing is."""
    if text is None:
        return "a message must be text"
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "a message must be JSON"
    if not isinstance(message, dict):
        return "a message must be an object"
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in MESSAGES:
        return "a message must have a type of graphql-transport-ws"
    wrong = _wrong(message, *MESSAGES[kind])
    if wrong is None and kind == "subscribe":
        wrong = _wrong(message["payload"], _NOTHING, OPERATION)
    return None if wrong is None else f"{wrong} of a message of type {kind} is missing or of another kind"


def _wrong(given: Mapping[str, Any], needed: Mapping[str, Check], possible: Mapping[str, Check]) -> str | None:
    """The first member that is not there, or of a wrong kind."""
    checks = [*needed.items(), *(item for item in possible.items() if item[0] in given)]
    return next((name for name, check in checks if not check(given.get(name))), None)


class CheckedSocket:
    """A WebSocket, as an ASGI application sees it: it has only valid messages, and is closed by the first other one."""

    def __init__(self, receive: Receive, send: Send, objection: Callable[[], Closing | None] = lambda: None) -> None:
        """`objection` says why an operation is not begun, if it is not: it is asked before each."""
        self._objection = objection
        self._receive = receive
        self._send = send
        self._ended = False

    async def receive(self) -> Message:
        """The next message."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        text = message.get("text") or ""
        wrong = fault(message.get("text"))
        if wrong is not None:
            return await self._end(Closing(BAD_REQUEST, wrong))
        objection = self._objection() if orjson.loads(text)["type"] == "subscribe" else None
        return message if objection is None else await self._end(objection)

    async def send(self, message: Message) -> None:
        """Sends a message, unless the connection has ended: the application may not know yet."""
        if not self._ended:
            await self._send(message)

    async def _end(self, closing: Closing) -> Message:
        self._ended = True
        log.warning("a WebSocket is closed: %s", closing.reason)
        await self._send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})
        return {"type": "websocket.disconnect", "code": closing.code}
