"""What the server's processes have in common: a socket that listens, a log, and a quiet end."""

import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI

from serving import logs

GRACE = 5
"""Seconds that requests have to end when the server is told to stop."""

MESSAGE_BYTES = 100_000
"""Of a message over a WebSocket, unless something else is said."""


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


def run(app: FastAPI, listening: socket.socket, message: int = MESSAGE_BYTES) -> None:
    """Serves on a socket until a signal comes; uvicorn raises it again after the last request has ended.

    Args:
        message: bytes that a message over a WebSocket may have.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=message,
    )
    uvicorn.Server(config).run(sockets=[listening])


def prepare() -> None:
    """Sets what belongs to the whole process: its log, and a quiet end by SIGINT and SIGTERM."""
    logs.begin()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
