"""The server's process: from the options of `python -m serving` to a socket that answers."""

import argparse
import logging
import signal
import socket
import sys
from contextlib import closing

from fastapi import FastAPI

from console.program import command_line
from schemas.wire.kafka_properties import PropertiesError
from schemas.wire.registry import RegistryError
from serving.app import create_app
from serving.arguments import limits_of
from serving.gateway.errors import SchemaError
from serving.gateway.limits.request_limits import Limits
from serving.gateway.services.destinations import Destinations
from serving.gateway.topics.producer import Kafka
from serving.gateway.transports.persisted import DocumentsError, read_documents
from serving.hosts import hosts_of, is_loopback
from serving.keys import OPEN, Keys, KeysError, read_keys
from serving.processes import PortError, address, listen, run
from serving.setup import Settings
from serving.tokens import Tokens, TokensError
from store import StoreError, open_store
from store.profiles import definitions

log = logging.getLogger("serving")

_MISREAD = (DocumentsError, PropertiesError, RegistryError)

REMEDY = "give them with --keys FILE, or let whoever reaches the server read and write with --open"


class OpenError(Exception):
    """A server would be open to others than its own machine without being told so."""


def serve(chosen: argparse.Namespace) -> int:
    """Serves until it is told to stop; the exit code."""
    try:
        with closing(open_store(chosen.store)) as store, listen(chosen.host, chosen.port) as listening:
            if remark := definitions.remark(store, command_line("pipelines.recompute", "--store", store.url)):
                log.warning("%s", remark)
            given = settings(chosen, listening.getsockname()[0])
            _reload_on_signal(given)
            _run(create_app(chosen.schema, store, given), store.url, listening, given.limits)
    except (SchemaError, StoreError, KeysError, TokensError, PortError, OpenError, *_MISREAD) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def settings(chosen: argparse.Namespace, listening: str) -> Settings:
    """How the options set up a server which listens at an address.

    Raises:
        KeysError: the file of API keys cannot be used.
        DocumentsError: the file of trusted documents cannot be used.
        TokensError: the JWKS file cannot be used.
        OpenError: others than this machine would reach it without a key.
    """
    keys = read_keys(chosen.keys) if chosen.keys else OPEN if chosen.open else Keys()
    tokens = Tokens(chosen.jwks, chosen.jwt_audience, chosen.jwt_issuer) if chosen.jwks else None
    if not (keys or tokens or chosen.open or is_loopback(listening)):
        raise OpenError(f"others reach {listening}, and there are no API keys: {REMEDY}")
    if chosen.open:
        log.warning("no API keys: whoever reaches this server may read and write; --keys FILE changes that")
    hosts = hosts_of(listening, chosen.allowed_host)
    kafka = kafka_of(chosen) if chosen.kafka else None
    return Settings(
        dict(chosen.service),
        keys,
        hosts,
        limits_of(chosen),
        chosen.production,
        kafka,
        Destinations(chosen.rest_host),
        read_documents(chosen.documents) if chosen.documents else None,
        dict(chosen.secret),
        tuple(chosen.cors),
        tokens,
        dict(chosen.claim),
    )


def kafka_of(chosen: argparse.Namespace) -> Kafka:
    """Where mutations send what they write, and how."""
    return Kafka(chosen.kafka, chosen.format, chosen.registry, chosen.key_format, chosen.kafka_config)


def _reload_on_signal(given: Settings) -> None:
    """Has SIGHUP read the files of keys again; requests and connections go on."""

    def reload(*_: object) -> None:
        given.keys.reload()
        try:
            if given.tokens:
                given.tokens.reload()
        except TokensError as error:
            log.error("the keys of tokens stay as they are: %s", error)

    if given.keys or given.tokens:
        signal.signal(signal.SIGHUP, reload)


def _run(app: FastAPI, store: str, listening: socket.socket, limits: Limits) -> None:
    """Serves on a socket until a signal comes."""
    at = address(listening)
    print(f"Serving {store} at {at} - GraphiQL at {at}/graphql - Ctrl-C stops", flush=True)
    run(app, listening, limits)
