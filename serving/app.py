"""The server as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import cast

from fastapi import FastAPI, Request, WebSocket
from fastapi.requests import HTTPConnection
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute

from serving import graphiql, probes
from serving.applied import PATH as APPLY
from serving.applied import Applied
from serving.clients import Clients
from serving.gateway.claims import Claims
from serving.gateway.context import Context
from serving.gateway.router import GatewayRouter
from serving.gateway.schema import build_schema
from serving.gateway.services.transport import Services
from serving.gateway.topics.producer import Producer
from serving.gateway.topics.server_topics import Topics
from serving.gateway.transports.caching import Compressed
from serving.gateway.transports.persisted import RememberedDocuments
from serving.gateway.transports.reservations import HEADER
from serving.guard import GRAPHQL, Guard
from serving.history import app as history
from serving.recommender import app as recommender
from serving.rights import Access
from serving.setup import Settings
from serving.website import pages
from store import Store

ALLOWED = ("authorization", "content-type", "x-api-key", "x-explain", HEADER)
"""Headers that pages of other origins may send."""

NOBODY = Access("nobody")
"""Who has not said yet who it is, over a WebSocket."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""What comes to GraphQL's address, which refuses some of it in its own way."""


def create_app(schema_path: Path, store: Store, settings: Settings | None = None) -> FastAPI:
    """The application which serves an SDL file from a store and from REST services.

    Raises:
        SchemaError: the SDL file cannot be served.
        RegistryError: the URL of the schema registry is of no known form.
    """
    given = settings or Settings()
    own = {"history": history.create_app, "recommender": recommender.create_app}
    included = {name: create(store) for name, create in own.items() if name not in given.services}
    services = {**included, **given.services}
    called = Services(services, given.limits, given.destinations)
    clients = Clients(given.keys, given.tokens)
    topics = Topics(store, Producer(given.kafka) if given.kafka else None, given.limits)
    build = partial(
        build_schema, limits=given.limits, production=given.production, services=services, secrets=given.secrets
    )
    applied = Applied(schema_path, store, build)
    readiness = probes.Readiness(store, lambda: applied.digest)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for service in included.values():
                await stack.enter_async_context(service.router.lifespan_context(service))
            await stack.enter_async_context(aclosing(called))
            watching = asyncio.create_task(applied.watch())
            yield
            watching.cancel()
        topics.close()
        readiness.close()

    def context(connection: HTTPConnection) -> Context:
        made = Context(topics, called, connection.state.access or NOBODY)
        made.request = cast("Request | WebSocket", connection)
        return made

    app = FastAPI(title="Listening profiles", openapi_url=None, lifespan=lifespan)
    router = GatewayRouter(
        applied.schema,
        given.limits,
        context,
        clients.admit,
        given.documents or RememberedDocuments(),
        None if given.production else graphiql.page,
        shared=not (given.keys or given.tokens),
        claims=Claims(given.claims),
    )
    applied.follow(router.serve)
    app.router.routes.append(Route(GRAPHQL, router.answer, methods=[*METHODS], middleware=[Middleware(Compressed)]))
    app.router.routes.append(WebSocketRoute(GRAPHQL, router.answer_socket))
    app.add_api_route(APPLY, applied.handle, methods=["POST"])
    probes.add_to(app, readiness)
    if not given.production:
        app.mount(graphiql.PATH, graphiql.scripts())
    pages.add_to(app, graphiql=not given.production)
    app.add_middleware(Guard, clients=clients, limits=given.limits, hosts=given.hosts, origins=given.origins)
    if given.origins:
        app.add_middleware(CORSMiddleware, allow_origins=given.origins, allow_methods=METHODS, allow_headers=ALLOWED)
    return app
