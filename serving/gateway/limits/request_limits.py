"""Limits of what may be asked for, so that no query can hold up the server."""

from dataclasses import dataclass, field
from typing import TypeVar

Number = TypeVar("Number", int, float)


def _limit(default: Number, what: str) -> Number:
    return field(default=default, metadata={"what": what})


@dataclass(frozen=True)
class Limits:
    """What there may be at most; of what, says the metadata `what` of each field."""

    depth: int = _limit(12, "levels of fields in a query; those below introspection fields do not count")
    aliases: int = _limit(30, "aliases in a query, those of a fragment as often as it is used")
    fields: int = _limit(400, "fields in a query, those of a fragment as often as it is used")
    directives: int = _limit(4, "directives on one field, fragment or operation of a query")
    tokens: int = _limit(1000, "tokens of a query")
    cost: int = _limit(10_000, "keys that a query reads, and services that it calls")
    values: int = _limit(20_000, "values that a query reads, those of ranges and pages each for itself")
    bytes: int = _limit(5_000_000, "bytes of an answer, and of what services answer for it")
    requests: int = _limit(500, "requests at the same time, those that wait included")
    seconds: float = _limit(10.0, "seconds that a query takes")
    body: int = _limit(100_000, "bytes of a request's body, and of a message over a WebSocket")
    connections: int = _limit(4000, "connections at the same time, or as many as the system allows")
    request_seconds: float = _limit(10.0, "seconds until a whole request is there, and until a client reads on")
    subscriptions: int = _limit(100, "subscriptions of one connection at the same time")
    service_seconds: float = _limit(5.0, "seconds until the whole answer of a service is there")
    service_bytes: int = _limit(1_000_000, "bytes of the answer of a service")
    service_cache: int = _limit(10_000_000, "bytes of answers of services that are kept, where they allow it")
