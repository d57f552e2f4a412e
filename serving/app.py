"""The server as an ASGI application."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse, RedirectResponse

from serving import graphiql
from serving.gateway import Context, GatewayRouter, Service, Services, load_schema
from serving.history import app as history
from store import Store, StoreError

log = logging.getLogger("serving")


def create_app(schema_path: Path, store: Store, services: Mapping[str, Service] | None = None) -> FastAPI:
    """The application which serves an SDL file from a store and from REST services.

    Args:
        services: where the services are, by the host that the SDL names; some are part of this server unless they
            are given here.

    Raises:
        SchemaError: the SDL file cannot be served.
    """
    called = Services({"history": history.create_app(store), **(services or {})})

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with aclosing(called):
            yield

    async def context() -> Context:
        return Context(store, called)

    async def home() -> RedirectResponse:
        return RedirectResponse("/graphql")

    async def health() -> JSONResponse:
        try:
            await asyncio.to_thread(store.setting, "layout")
        except StoreError:
            log.exception("the store cannot be read")
            return JSONResponse({"status": "the store is unavailable"}, 503)
        return JSONResponse({"status": "ok"})

    app = FastAPI(title="Listening profiles", openapi_url=None, lifespan=lifespan)
    app.include_router(
        GatewayRouter(load_schema(schema_path), path="/graphql", context_getter=context, subscription_protocols=())
    )
    app.add_api_route("/", home)
    app.add_api_route("/health", health)
    app.mount(graphiql.PATH, graphiql.scripts())
    return app
