"""What whoever runs a server asks it: whether it is alive, and whether it is ready. Neither waits behind queries."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from store import Store, StoreError, changes

log = logging.getLogger("serving")

HEALTH, READY = "/health", "/ready"
PATHS = frozenset({HEALTH, READY})
"""The paths that need no key, and that are answered under any name."""

SECONDS = 2.0
"""Within which the store has to answer."""

FRESH = 1.0
"""Seconds for which what the store said is good enough: asking often costs nothing."""

UNAVAILABLE = "the store is unavailable"


class Readiness:
    """What is served: of which store and schema, and how old. It has a thread of its own."""

    def __init__(self, store: Store, schema: Callable[[], str]) -> None:
        """`schema` gives what tells the served schema from others."""
        self._store = store
        self._schema = schema
        self._thread = ThreadPoolExecutor(1, "readiness")
        self._asked: asyncio.Future[dict[str, Any]] | None = None
        self._good_until = 0.0

    async def get(self) -> dict[str, Any]:
        """What the store says of itself.

        Raises:
            StoreError: nothing.
            TimeoutError: it does not answer.
        """
        now = time.monotonic()
        if self._asked is None or (self._asked.done() and now >= self._good_until):
            self._asked = asyncio.get_running_loop().run_in_executor(self._thread, self._read)
            self._good_until = now + FRESH
        return await asyncio.wait_for(asyncio.shield(self._asked), SECONDS)

    def _read(self) -> dict[str, Any]:
        changed = changes.newest(self._store)
        return {
            "store": self._store.setting("layout"),
            "changed": changed,
            "secondsSinceChange": None if changed is None else max(0, int(time.time()) - changed),
            "schema": self._schema(),
        }

    async def answer(self) -> JSONResponse:
        """The response."""
        try:
            return JSONResponse({"status": "ready", **await self.get()})
        except (StoreError, TimeoutError):
            log.exception("the store cannot be read")
            return JSONResponse({"status": UNAVAILABLE}, 503)

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


async def health() -> JSONResponse:
    """That the process is alive, and its event loop turns."""
    return JSONResponse({"status": "ok"})


def add_to(app: FastAPI, readiness: Readiness) -> None:
    """Adds the paths to an application."""
    app.add_api_route(HEALTH, health)
    app.add_api_route(READY, readiness.answer)
