"""Connections that hold the server up: those whose request does not come, and those whose client takes no answer.

uvicorn has a timeout for the pause between two requests alone: who sends half a header keeps a connection for ever.
"""

import asyncio
import resource
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from uvicorn.protocols.http.auto import AutoHTTPProtocol

OTHER_FILES = 100
"""Descriptors that are kept free of connections: of the store, of services, of Kafka."""

BACKLOG = 128
"""Connections that the event loop accepts before it looks at any of them."""

FULL = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Waiting(NamedTuple):
    """What a connection was found waiting for: the request that is under way, if there is one, and since when."""

    cycle: Any
    since: float


class Connections:
    """Watches the connections of a server.

    Attributes:
        most: that there may be at the same time.
        seconds: that a request may take to come, and a client to go on taking an answer.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self._waiting: dict[Any, Waiting] = {}

    def sweep(self, connections: Iterable[Any]) -> None:
        """Ends those that have waited too long; to be called about once a second."""
        now = time.monotonic()
        found = {one: _since(self._waiting.get(one), one, now) for one in connections if _waits(one)}
        for one, waiting in found.items():
            if now - waiting.since > self.seconds:
                one.transport.abort()
        self._waiting = found

    def admit(self, new: Any) -> None:
        """Makes room for a new connection: the one that has waited longest goes, or else the new one."""
        if len(new.connections) <= self.most:
            return
        others = [one for one in new.connections if one is not new and _is_idle(one) and not one.transport.is_closing()]
        now = time.monotonic()
        oldest = min(others, key=lambda one: self._waiting.get(one, Waiting(None, now)).since, default=new)
        if oldest is new:
            new.transport.write(FULL)
        new.connections.discard(oldest)
        oldest.transport.abort() if oldest is not new else new.transport.close()

    def protocol(self) -> type[asyncio.Protocol]:
        """uvicorn's protocol, for connections that are admitted."""
        admit = self.admit

        class AdmittedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # h11's or httptools', as there is
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                admit(self)

        return AdmittedProtocol


def fitting(most: int) -> int:
    """As many of these connections as the process can have files for; it may have as many from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + OTHER_FILES + BACKLOG
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        return most
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(hard - OTHER_FILES - BACKLOG, 1)


def _since(before: Waiting | None, connection: Any, now: float) -> Waiting:
    return before if before and before.cycle is connection.cycle else Waiting(connection.cycle, now)


def _waits(connection: Any) -> bool:
    """Whether an HTTP connection waits for its client (WebSockets have pings of their own)."""
    if not hasattr(connection, "cycle"):
        return False
    between = connection.timeout_keep_alive_task is not None
    incoming = _is_idle(connection) or connection.cycle.more_body
    return (incoming and not between) or bool(connection.flow.write_paused)


def _is_idle(connection: Any) -> bool:
    """Whether no request is under way on an HTTP connection."""
    return hasattr(connection, "cycle") and (connection.cycle is None or connection.cycle.response_complete)
