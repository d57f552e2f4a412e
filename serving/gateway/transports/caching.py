"""Keeping answers to GET: for how long, and how to ask whether they still hold (RFC 9110, 9111); compressing them."""

import hashlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.gateway.transports.media_types import MULTIPART, parse_accept

VARY = "accept, accept-encoding, authorization, x-api-key"
"""The headers of requests on which answers depend."""

SHORTEST = 1000
"""Bytes of an answer that is worth compressing."""

LEVEL = 3
"""Of 9: most of the gain, for a third of the time."""


class Compressed:
    """An application whose answers are compressed with gzip for those who accept it; streams are not, for they flow."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        excluded = (*DEFAULT_EXCLUDED_CONTENT_TYPES, MULTIPART)
        self._compressed = GZipMiddleware(app, SHORTEST, LEVEL, exclude_content_types=excluded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        wanted = Headers(scope=scope).get("accept-encoding", "")
        ranges = parse_accept(wanted)
        accepts = any(item.name == "gzip" and item.quality > 0 for item in ranges)
        await (self._compressed if accepts else self._app)(scope, receive, send)


def validators(body: bytes, seconds: int, shared: bool) -> Mapping[str, str]:
    """The headers by which an answer can be kept.

    Args:
        seconds: that it may be kept without asking; 0 if it is to be asked for.
        shared: whether it is the same for everybody.
    """
    tag = {"etag": f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'}
    return {**tag, "cache-control": f"{'public' if shared else 'private'}, max-age={seconds}"} if seconds else tag


def is_known(headers: Headers, tag: str) -> bool:
    """Whether a client has the answer with this tag."""
    known = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    return "*" in known or tag.removeprefix("W/") in known
