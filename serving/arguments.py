"""The options of `python -m serving`."""

import argparse
import dataclasses
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from console.program import add_version, program
from schemas import DEFAULT_SCHEMA
from schemas.wire.message_keys import KEY_FORMATS
from schemas.wire.messages import FORMATS, REGISTERED
from serving.gateway.limits.request_limits import Limits
from store import DEFAULT_STORE
from store.urls import FORMS, VARIABLE

SERVICE = "where the service is that the schema calls http://NAME; may be given several times"
REST_HOST = "a host, HOST:PORT or network that @rest may call beside the services; may be given several times"
NAMED = "what {secret.NAME} stands for in the schema: the value of the variable ENV; may be given several times"
KEYS = "API keys, as `python -m serving.make_key` writes them; without it, everybody may read, and nobody write"
JWKS = "keys by which tokens are signed (JWT): another way in, by a JSON Web Key Set"
CLAIM = "an argument that comes from a claim of the token, such as userId=sub; may be given several times"
OPEN = "without keys: whoever reaches the server may write, and apply a schema"
HOSTS = "a name by which clients call the server, beside those of where it listens; may be given several times"
KAFKA = "mutations send what they write to the topics of this broker, which a stream brings into the store"
CORS = "an origin like https://example.org whose pages may ask, or `*` for all; may be given several times"
DOCUMENTS = "the only documents that are answered: a JSON object from identifiers to texts, or a manifest of Apollo's"
PRODUCTION = "no introspection, no GraphiQL, and no suggestions of names in messages"


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(program("serving"), description="GraphQL from an SDL file, against the store.")
    add_version(made)
    made.add_argument("--schema", type=Path, default=DEFAULT_SCHEMA, metavar="FILE", help="GraphQL SDL file")
    made.add_argument("--store", metavar="URL", help=f"{FORMS}; else ${VARIABLE}, else {DEFAULT_STORE}")
    made.add_argument("--service", action="append", type=_service, default=[], metavar="NAME=URL", help=SERVICE)
    made.add_argument("--rest_host", action="append", type=_destination, default=[], metavar="HOST", help=REST_HOST)
    made.add_argument("--secret", action="append", type=_secret, default=[], metavar="NAME=ENV", help=NAMED)
    made.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    made.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s); 0: any free one")
    made.add_argument("--keys", type=Path, metavar="FILE", help=KEYS)
    made.add_argument("--jwks", type=Path, metavar="FILE", help=JWKS)
    made.add_argument("--jwt_audience", metavar="NAME", help="what tokens must name as `aud`")
    made.add_argument("--jwt_issuer", metavar="NAME", help="what tokens must name as `iss`")
    made.add_argument("--claim", action="append", type=_claim, default=[], metavar="ARGUMENT=CLAIM", help=CLAIM)
    made.add_argument("--open", action="store_true", help=OPEN)
    made.add_argument("--allowed_host", action="append", default=[], metavar="NAME", help=HOSTS)
    made.add_argument("--kafka", metavar="HOST:PORT", help=f"{KAFKA}; without it, they write to the store")
    made.add_argument("--kafka_config", metavar="FILE", help="properties of Kafka's client, such as those of SASL")
    made.add_argument("--format", choices=FORMATS, default="json", help="of the messages to Kafka (%(default)s)")
    made.add_argument(
        "--key_format", choices=KEY_FORMATS, help="of the keys (confluent where a registry is, else long)"
    )
    made.add_argument("--registry", metavar="URL", help="schema registry, for --format confluent or protobuf")
    made.add_argument("--cors", action="append", type=_origin, default=[], metavar="ORIGIN", help=CORS)
    made.add_argument("--documents", type=Path, metavar="FILE", help=DOCUMENTS)
    made.add_argument("--production", action="store_true", help=PRODUCTION)
    limits = made.add_argument_group("limits", "What there may be at most.")
    for limit in dataclasses.fields(Limits):
        kind = _number(whole=isinstance(limit.default, int))
        what = f"{limit.metadata['what']} (%(default)s)"
        limits.add_argument(f"--max_{limit.name}", type=kind, default=limit.default, metavar="N", help=what)
    return made


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    made = parser()
    chosen = made.parse_args(arguments)
    if not chosen.registry and (chosen.format in REGISTERED or chosen.key_format in REGISTERED):
        made.error(f"--format {chosen.format} needs the schema registry: name it with --registry URL")
    if chosen.open and (chosen.keys or chosen.jwks):
        made.error("--open is for a server without --keys and --jwks: give one of them")
    if (chosen.claim or chosen.jwt_audience or chosen.jwt_issuer) and not chosen.jwks:
        made.error("claims, audience and issuer are those of tokens: give their keys with --jwks FILE")
    return chosen


def limits_of(chosen: argparse.Namespace) -> Limits:
    """The limits among the options."""
    return Limits(**{limit.name: getattr(chosen, f"max_{limit.name}") for limit in dataclasses.fields(Limits)})


def _number(whole: bool) -> Callable[[str], float]:
    def number(given: str) -> float:
        found = int(given) if whole else float(given)
        if not 0 < found < float("inf"):
            raise argparse.ArgumentTypeError(f"{given} is not a number above 0")
        return found

    return number


def _destination(given: str) -> str:
    """A host or a network.

    Raises:
        ArgumentTypeError: it is none.
    """
    from serving.gateway.services.destinations import Destinations

    try:
        Destinations([given])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return given


def _secret(given: str) -> tuple[str, str]:
    """The name and the value of a secret that was given as NAME=ENV.

    Raises:
        ArgumentTypeError: it is not of this form, or there is no such variable.
    """
    name, _, variable = given.partition("=")
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or not variable:
        raise argparse.ArgumentTypeError(f"{given!r} is not NAME=ENV")
    if not os.environ.get(variable):
        raise argparse.ArgumentTypeError(f"{given!r}: the environment variable {variable} is not set")
    return name, os.environ[variable]


def _origin(given: str) -> str:
    """An origin, or `*`.

    Raises:
        ArgumentTypeError: it is neither.
    """
    parts = urlsplit(given)
    if given != "*" and (parts.scheme not in ("http", "https") or given != f"{parts.scheme}://{parts.netloc}"):
        raise argparse.ArgumentTypeError(f"{given!r} is no origin like https://example.org, without a path, nor *")
    return given


def _claim(given: str) -> tuple[str, str]:
    """An argument and a claim.

    Raises:
        ArgumentTypeError: it is not of this form.
    """
    argument, _, claim = given.partition("=")
    if not argument.isidentifier() or not claim:
        raise argparse.ArgumentTypeError(f"{given!r} is not ARGUMENT=CLAIM")
    return argument, claim


def _service(given: str) -> tuple[str, str]:
    """The name and the URL of a service that was given as NAME=URL.

    Raises:
        ArgumentTypeError: it is not of this form.
    """
    import httpx

    name, _, url = given.partition("=")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise argparse.ArgumentTypeError(f"{given!r}: {error}: give NAME=URL") from None
    if not name or parts.scheme not in ("http", "https") or not parts.host or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{given!r} is not NAME=URL with a URL like http://127.0.0.1:8080")
    return name.lower(), url
