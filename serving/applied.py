"""The schema that is served: that of an SDL file, or one that was applied in its place while the server ran.

What was applied is a setting of the store, so that it survives a restart, and other processes on the same store take it
over. It stands for the text that the file had: a server which starts with another text serves that.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from fastapi import Request
from fastapi.responses import JSONResponse

from serving.gateway.errors import SchemaError
from serving.gateway.schema import GatewaySchema
from serving.gateway.sdl import text_of
from serving.rights import Access
from store import Store, StoreError

PATH = "/schema"
MEDIA_TYPE = "application/graphql"
"""The one content type that is accepted: pages of other origins cannot send it."""

WATCH_SECONDS = 1.0
"""Until a process takes over what another one has applied."""

NOT_APPLYING = (
    "not permitted: applying a schema needs an API key with the right `schema`, "
    "or a server that was started with --open"
)

log = logging.getLogger("serving")
audit = logging.getLogger("serving.audit")

Build: TypeAlias = Callable[[str, str], GatewaySchema]
"""Makes a schema of a text and its name in messages, or raises SchemaError."""


class Applied:
    """Keeps the schema of a server.

    Attributes:
        schema: the one to serve.
    """

    def __init__(self, path: Path, store: Store, build: Build) -> None:
        """Builds the schema that was applied last in the place of the file's text, or else the file's.

        Raises:
            SchemaError: the file cannot be served.
            StoreError: the store cannot be read.
        """
        self._store = store
        self._build = build
        self._text = text_of(path)
        self._setting = f"schema {hashlib.sha256(self._text.encode()).hexdigest()}"
        self._changing = asyncio.Lock()
        self._use: Callable[[GatewaySchema], object] = lambda schema: None
        self.schema = build(self._text, str(path))
        self._take(store.setting(self._setting))

    def follow(self, use: Callable[[GatewaySchema], object]) -> None:
        """Calls `use` with each schema that is to be served from now on."""
        self._use = use

    @property
    def digest(self) -> str:
        """The SHA-256 of the text that is served."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    async def apply(self, text: str, name: str) -> None:
        """Serves a schema from now on, and keeps it in the store; `name` is its name in messages.

        Raises:
            SchemaError: it cannot be served; nothing changes.
            StoreError: it cannot be kept; nothing changes.
        """
        async with self._changing:
            schema = await asyncio.to_thread(self._build, text, name)
            await asyncio.to_thread(self._store.set_setting, self._setting, text)
            self._serve(text, schema)
        log.info("schema %s is applied", name)

    async def watch(self) -> None:
        """Takes over what other processes apply, for ever."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                async with self._changing:
                    await asyncio.to_thread(lambda: self._take(self._store.setting(self._setting)))
            except StoreError:
                log.exception("cannot see whether a schema was applied")

    def _take(self, text: str | None) -> None:
        """Serves what was applied, unless it is served already."""
        if text is None or text == self._text:
            return
        try:
            self._serve(text, self._build(text, "applied schema"))
            log.info("the schema that was applied is served")
        except SchemaError as error:
            self._text = text
            for problem in error.problems:
                log.error("the schema that was applied cannot be served, so the one before still is: %s", problem)

    def _serve(self, text: str, schema: GatewaySchema) -> None:
        self._text, self.schema = text, schema
        self._use(schema)

    async def handle(self, request: Request) -> JSONResponse:
        """Answers a request to apply the schema in its body."""
        access: Access = request.state.access
        if not access.schema:
            return _answer(403, NOT_APPLYING)
        if request.headers.get("content-type", "").partition(";")[0].strip() != MEDIA_TYPE:
            return _answer(415, f"send the SDL with the content type {MEDIA_TYPE}")
        try:
            await self.apply((await request.body()).decode(), request.query_params.get("name", "schema"))
        except UnicodeError:
            return _answer(400, "the schema is not in UTF-8")
        except SchemaError as error:
            return _answer(400, *error.problems)
        except StoreError:
            log.exception("the schema cannot be kept")
            return _answer(503, "the store is unavailable, so nothing was applied: try again later")
        audit.info("%s at %s applies schema %s: done", access.name, request.client and request.client.host, self.digest)
        return _answer(200)


def _answer(status: int, *messages: str) -> JSONResponse:
    return JSONResponse({"errors": [{"message": message} for message in messages]} if messages else {}, status)
