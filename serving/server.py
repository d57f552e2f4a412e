"""The server's process: from the options of `python -m serving` to a socket that answers."""

import argparse
import logging
import socket
import sys
from contextlib import closing

from fastapi import FastAPI

from console.program import command_line
from schemas.wire.registry import RegistryError
from serving.app import create_app
from serving.arguments import limits_of
from serving.gateway.errors import SchemaError
from serving.gateway.topics.producer import Kafka
from serving.keys import Keys, KeysError, read_keys
from serving.processes import PortError, address, listen, run
from serving.setup import Settings
from store import StoreError, open_store
from store.profiles import definitions

log = logging.getLogger("serving")


def serve(chosen: argparse.Namespace) -> int:
    """Serves until it is told to stop; the exit code."""
    try:
        given = settings(chosen)
        with closing(open_store(chosen.store)) as store, listen(chosen.host, chosen.port) as listening:
            if remark := definitions.remark(store, command_line("pipelines.recompute", "--store", store.url)):
                log.warning("%s", remark)
            _run(create_app(chosen.schema, store, given), store.url, listening, given.limits.body)
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


def _run(app: FastAPI, store: str, listening: socket.socket, message: int) -> None:
    """Serves on a socket until a signal comes; messages over a WebSocket may have `message` bytes."""
    at = address(listening)
    print(f"Serving {store} at {at} - GraphiQL at {at}/graphql - Ctrl-C stops", flush=True)
    run(app, listening, message)
