"""One request to a REST service, and what the service answered.

Errors that a service causes do not repeat what it said: that may be nobody's business outside.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from graphql import GraphQLError

from serving.gateway import codes


class Call(NamedTuple):
    """One request to a service; scheme and host of the URL are the schema's."""

    method: str
    url: str
    body: bytes | None

    @property
    def service(self) -> str:
        """The host."""
        return urlsplit(self.url).hostname or ""


class Answer(NamedTuple):
    """What a service answered: the status, and the body."""

    status: int
    body: bytes


def service_of(url: str) -> str | None:
    """The name of the service that a URL calls; None if its host is an address, and so is called as it is."""
    parts = urlsplit(url)
    return None if "." in parts.netloc or ":" in parts.netloc else parts.hostname


def failure(call: Call, what: str) -> GraphQLError:
    """The error that a service causes."""
    return codes.refusal(f"service {call.service!r} {what}", codes.DOWNSTREAM)
