"""`python -m serving`: GraphQL from an SDL file, against the store."""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from serving.app import create_app
from serving.gateway import SchemaError
from serving.gateway.sdl import DEFAULT_SCHEMA
from store import DEFAULT_STORE, StoreError, open_store
from store.urls import FORMS, VARIABLE

GRACE = 5
"""Seconds that requests have to end when the server is told to stop."""


SERVICE = "where the service is that the schema calls http://NAME; may be given several times"


class PortError(Exception):
    """The server cannot listen where it was told to."""


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser("python -m serving", description=__doc__)
    parser.add_argument("--schema", type=Path, default=DEFAULT_SCHEMA, metavar="FILE", help="GraphQL SDL file")
    parser.add_argument("--store", metavar="URL", help=f"{FORMS}; else ${VARIABLE}, else {DEFAULT_STORE}")
    parser.add_argument("--service", action="append", type=service, default=[], metavar="NAME=URL", help=SERVICE)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s); 0: any free one")
    return parser.parse_args(arguments)


def service(given: str) -> tuple[str, str]:
    """The name and the URL of a service that was given as NAME=URL.

    Raises:
        ArgumentTypeError: it is not of this form.
    """
    name, _, url = given.partition("=")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise argparse.ArgumentTypeError(f"{given!r}: {error}: give NAME=URL") from None
    if not name or parts.scheme not in ("http", "https") or not parts.host or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{given!r} is not NAME=URL with a URL like http://127.0.0.1:8080")
    return name.lower(), url


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the exit code."""
    chosen = options(arguments)
    try:
        with closing(open_store(chosen.store)) as store, listen(chosen.host, chosen.port) as listening:
            serve(create_app(chosen.schema, store, dict(chosen.service)), store.url, listening)
    except (SchemaError, StoreError, PortError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def serve(app: FastAPI, store: str, listening: socket.socket) -> None:
    """Serves on a socket until a signal comes; uvicorn raises it again after the last request has ended."""
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"Serving {store} at {address} - GraphiQL at {address}/graphql - Ctrl-C stops", flush=True)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE
    )
    uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        PortError: the port is taken, or there is no such address here.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise PortError(f"cannot listen on {host} port {port}: {reason}: choose another --port or --host") from error


def prepare() -> None:
    """Sets what belongs to the whole process: its log, and a quiet end by SIGINT and SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))


if __name__ == "__main__":
    prepare()
    sys.exit(main())
