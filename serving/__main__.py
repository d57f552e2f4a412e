"""`python -m serving`: GraphQL from an SDL file, against the store."""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import closing

import uvicorn
from fastapi import FastAPI

from serving.app import create_app
from serving.gateway import SchemaError
from serving.keys import Keys, KeysError, read_keys
from serving.options import limits_of, options
from serving.settings import Settings
from store import StoreError, open_store

GRACE = 5
"""Seconds that requests have to end when the server is told to stop."""

log = logging.getLogger("serving")


class PortError(Exception):
    """The server cannot listen where it was told to."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the exit code."""
    chosen = options(arguments)
    try:
        given = settings(chosen)
        with closing(open_store(chosen.store)) as store, listen(chosen.host, chosen.port) as listening:
            serve(create_app(chosen.schema, store, given), store.url, listening)
    except (SchemaError, StoreError, KeysError, PortError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def settings(chosen: argparse.Namespace) -> Settings:
    """How the options set the server up.

    Raises:
        KeysError: the file of API keys cannot be used.
    """
    keys = read_keys(chosen.keys) if chosen.keys else Keys()
    if not keys:
        log.warning("no API keys: whoever reaches this server may read and write; --keys FILE changes that")
    return Settings(dict(chosen.service), keys, limits_of(chosen), chosen.production)


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
