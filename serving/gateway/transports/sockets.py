"""GraphQL over WebSocket, by the protocol graphql-transport-ws."""

import logging
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import orjson
from fastapi import WebSocket
from graphql import GraphQLError
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.unset import UnsetType

from serving.gateway import codes
from serving.gateway.context import Context
from serving.gateway.errors import for_client
from serving.gateway.limits.request_limits import Limits
from serving.gateway.transports.execution import Execution, is_refused, refused
from serving.gateway.transports.operations import Operation, RequestError, operation_from

log = logging.getLogger("serving.gateway")

LIMIT = "this connection has as many operations as it may: end one, or connect anew"


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """Strawberry's handler, whose operations go the way that those over HTTP go.

    An operation that cannot be executed gets the message `error`, and the connection goes on for the others.
    """

    view: "Sockets"

    async def handle_subscribe(self, message: Any) -> None:
        """Begins an operation, if there are not too many."""
        if self.connection_acknowledged and len(self.operations) >= self.view.most:
            return await self._say_errors(message["id"], [codes.refusal(LIMIT, codes.TOO_MANY)])
        wrapped: Any = {**message, "payload": {"query": message["payload"]}}
        return await super().handle_subscribe(wrapped)

    async def run_operation(self, operation: Any) -> None:
        """Tells the results of an operation, to its end."""
        try:
            await self._tell(operation, operation_from(operation.query))
        except RequestError as error:
            await operation.send_initial_errors(refused(error))
        except Exception as error:
            shown = for_client([GraphQLError(str(error), original_error=error)])
            await operation.send_initial_errors(shown)

    async def _tell(self, operation: Any, wanted: Operation) -> None:
        async with aclosing(self.view.execution.results(wanted, self.context)) as results:
            async for result in results:
                if is_refused(result) and result.errors:
                    await operation.send_initial_errors(result.errors)
                    return
                body = orjson.Fragment(self.view.execution.encoded(result))
                await operation.send_operation_message({"id": operation.id, "type": "next", "payload": body})
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _say_errors(self, name: str, errors: list[GraphQLError]) -> None:
        await self.send_message({"id": name, "type": "error", "payload": [error.formatted for error in errors]})


class Sockets(GraphQLRouter[Context, None]):
    """Strawberry's view of WebSockets; of HTTP it answers nothing.

    Attributes:
        admit: is asked when a WebSocket has sent its first message; raises ConnectionRejectionError to refuse it.
        most: operations of a connection at a time.
    """

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(self, execution: Execution, limits: Limits, admit: Callable[[Context], None]) -> None:
        super().__init__(
            execution.schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=limits.seconds),
            max_subscriptions_per_connection=None,
        )
        self.execution = execution
        self.most = limits.subscriptions
        self.admit = admit

    async def answer(self, socket: WebSocket, context: Context) -> None:
        """Answers the operations that come over a WebSocket."""
        await self.run(socket, context, None)

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Yes: who may come is decided before."""
        return True

    def encode_json(self, data: object) -> str:
        """JSON; as text, since bytes would become binary WebSocket messages."""
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        """The value of JSON."""
        return orjson.loads(data)

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Lets a WebSocket in."""
        self.admit(context)
        return await super().on_ws_connect(context)
