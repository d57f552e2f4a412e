"""GraphQL over HTTP: `application/graphql-response+json` for clients which accept it, `application/json` for others.

Of the first, the specification of GraphQL over HTTP wants status 400 and no `data` where a query was not executed.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from fastapi import Request, Response
from fastapi.requests import HTTPConnection
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.websockets import WebSocket
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from serving import graphiql
from serving.gateway.context import Context
from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import GatewaySchema

GRAPHQL_RESPONSE = "application/graphql-response+json"

_NO_HEADERS = Response()
_NO_HEADERS.headers.raw.clear()


def _accepts_graphql(request: Request) -> bool:
    return GRAPHQL_RESPONSE in request.headers.get("accept", "")


def _is_refusal(result: ExecutionResult) -> bool:
    """Whether a query was not executed: an error of an executed one has a path."""
    return result.data is None and not any(error.path for error in result.errors or ())


class GatewayRouter(GraphQLRouter[Context, None]):
    """Strawberry's view with the media type of GraphQL responses, faster JSON, and an IDE without foreign hosts.

    The routes that it has as a router are not used: FastAPI finds out for each request anew what to inject into them,
    which takes as long as all the rest of a small query.

    Attributes:
        context: makes the context of a connection.
        seconds: that a request may take, and the first message of a WebSocket.
        admit: is asked when a WebSocket has sent its first message; raises ConnectionRejectionError to refuse it.
    """

    def __init__(
        self,
        schema: GatewaySchema,
        limits: Limits,
        context: Callable[[HTTPConnection], Context],
        admit: Callable[[Context], None],
        **options: Any,
    ) -> None:
        super().__init__(
            schema,
            max_subscriptions_per_connection=limits.subscriptions,
            connection_init_wait_timeout=timedelta(seconds=limits.seconds),
            **options,
        )
        self.seconds = limits.seconds
        self.context = context
        self.admit = admit

    async def answer(self, request: Request) -> Response:
        """Answers a request over HTTP."""
        try:
            response: Response = await self.run(request, self.context(request), None)
            return response
        except HTTPException as error:
            return PlainTextResponse(error.reason, error.status_code)

    async def answer_socket(self, socket: WebSocket) -> None:
        """Answers the operations that come over a WebSocket."""
        await self.run(socket, self.context(socket), None)

    async def get_sub_response(self, request: Request) -> Response:
        """Where resolvers set headers of the answer, which none does; so it has none."""
        return _NO_HEADERS

    def serve(self, schema: GatewaySchema) -> None:
        """Answers from another schema from the next request on; those in flight end on theirs."""
        self.schema = schema

    def encode_json(self, data: object) -> str:
        """JSON; as text, since bytes would become binary WebSocket messages."""
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        """The value of JSON; of a body, an object or a list."""
        value = orjson.loads(data)
        if isinstance(data, bytes) and not isinstance(value, dict | list):
            raise HTTPException(400, "the body must be a JSON object with the member `query`")
        return value

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """GraphiQL."""
        return graphiql.page()

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The body of the answer."""
        body = await super().process_result(request, result)
        if _accepts_graphql(request) and _is_refusal(result):
            request.state.refused = True
            body.pop("data", None)
        return body

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Lets a WebSocket in."""
        self.admit(context)
        return await super().on_ws_connect(context)

    def _too_slow(self) -> Response:
        message = f"the query took too long; {self.seconds:g} s are allowed"
        return JSONResponse({"errors": [{"message": message}]}, 503)

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """The answer."""
        if self.is_websocket_request(request):
            return await super().run(request, context, root_value)
        try:
            async with asyncio.timeout(self.seconds):
                response: Response = await super().run(request, context, root_value)
        except TimeoutError:
            response = self._too_slow()
        if _accepts_graphql(request) and response.headers.get("content-type") == "application/json":
            response.headers["content-type"] = f"{GRAPHQL_RESPONSE}; charset=utf-8"
            response.status_code = 400 if getattr(request.state, "refused", False) else response.status_code
        return response
