"""One request to a REST service, and what the service answered.

Errors that a service causes do not repeat what it said: that may be nobody's business outside.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from graphql import GraphQLError

from serving.gateway import codes


class Call(NamedTuple):
    """One request to a service; scheme and host of the URL are the schema's.

    Attributes:
        headers: that are sent; they may hold secrets.
        forward: the names of headers of the client's request that are sent on, in lower case.
    """

    method: str
    url: str
    body: bytes | None
    headers: tuple[tuple[str, str], ...] = ()
    forward: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """The host."""
        return urlsplit(self.url).hostname or ""


class Keyed(NamedTuple):
    """What is asked of a service for one key; those of a group are asked for in one call.

    Attributes:
        call: makes the call for keys of the group.
        service: the host.
    """

    group: Hashable
    key: Any
    call: Callable[[Sequence[Any]], Call]
    service: str


@dataclass(frozen=True)
class Answer:
    """What a service answered: the status, and the body.

    Attributes:
        ours: whether the service is part of this server, so that its messages are for clients.
        indexes: of its objects by their keys, by what makes such an index.
    """

    status: int
    body: bytes
    ours: bool = False
    indexes: dict[Hashable, dict[str, list[Any]]] = field(default_factory=dict, repr=False, compare=False)


def service_of(url: str) -> str | None:
    """The name of the service that a URL calls; None if its host is an address, and so is called as it is."""
    parts = urlsplit(url)
    return None if "." in parts.netloc or ":" in parts.netloc else parts.hostname


def failure(service: str, what: str) -> GraphQLError:
    """The error that a service causes."""
    return codes.refusal(f"service {service!r} {what}", codes.DOWNSTREAM)
