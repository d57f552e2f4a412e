"""`python -m serving`: GraphQL from an SDL file, against the store."""

import argparse
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import closing

from fastapi import FastAPI

from schemas.wire.registry import RegistryError
from serving.app import create_app
from serving.arguments import limits_of, options
from serving.gateway import Kafka, SchemaError
from serving.keys import Keys, KeysError, read_keys
from serving.processes import PortError, address, listen, prepare, run
from serving.setup import Settings
from store import StoreError, open_store

log = logging.getLogger("serving")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the exit code."""
    chosen = options(arguments)
    try:
        given = settings(chosen)
        with closing(open_store(chosen.store)) as store, listen(chosen.host, chosen.port) as listening:
            serve(create_app(chosen.schema, store, given), store.url, listening, given.limits.body)
    except (SchemaError, StoreError, KeysError, PortError, RegistryError) as error:
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
    kafka = Kafka(chosen.kafka, chosen.format, chosen.registry) if chosen.kafka else None
    return Settings(dict(chosen.service), keys, limits_of(chosen), chosen.production, kafka)


def serve(app: FastAPI, store: str, listening: socket.socket, message: int) -> None:
    """Serves on a socket until a signal comes; messages over a WebSocket may have `message` bytes."""
    at = address(listening)
    print(f"Serving {store} at {at} - GraphiQL at {at}/graphql - Ctrl-C stops", flush=True)
    run(app, listening, message)


if __name__ == "__main__":
    prepare()
    sys.exit(main())
