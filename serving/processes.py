"""What the server's processes have in common: a socket that listens, a log, and a quiet end."""

import faulthandler
import signal
import socket
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from serving import logs
from serving.connections import BACKLOG, Connections, fitting
from serving.gateway.limits.request_limits import Limits

GRACE = 5
"""Seconds that requests have to end when the server is told to stop."""

LAST = 9
"""Seconds after which the process has ended, whatever still runs in it; then it says where, and exits with code 1."""


class Server(uvicorn.Server):
    """uvicorn, which does not wait for ever: neither for connections, nor for its own end."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def on_tick(self, counter: int) -> bool:
        """Is called ten times a second; whether to stop."""
        if counter % 10 == 0:
            self._connections.sweep([*self.server_state.connections])
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins to stop."""
        faulthandler.dump_traceback_later(LAST, exit=True)
        super().handle_exit(sig, frame)


class PortError(Exception):
    """The server cannot listen where it was told to."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        PortError: the port is taken, or there is no such address here.
    """
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise PortError(f"cannot listen on {host} port {port}: {reason}: choose another --port or --host") from error
    # Else the second packet of an answer waits for the client to acknowledge the first, which takes 40 ms: asyncio sets
    # this itself only for sockets that name their protocol. Connections inherit it.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    """The URL of a socket that listens."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(app: FastAPI, listening: socket.socket, limits: Limits | None = None) -> None:
    """Serves on a socket until a signal comes; uvicorn raises it again after the last request has ended."""
    given = limits or Limits()
    connections = Connections(fitting(given.connections), given.request_seconds)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        backlog=BACKLOG,
        http=connections.protocol(),
        ws_max_size=given.body,
    )
    Server(config, connections).run(sockets=[listening])


def prepare() -> None:
    """Sets what belongs to the whole process: its log, and a quiet end by SIGINT and SIGTERM."""
    logs.begin()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
