"""Executing operations, whatever way they came: their documents are looked up, and their time is limited."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import orjson
from graphql import GraphQLError, OperationType
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from serving.gateway import codes
from serving.gateway.context import Context
from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import GatewaySchema
from serving.gateway.transports.operations import Operation, RequestError
from serving.gateway.transports.persisted import Persisted


class Execution:
    """Executes operations.

    Attributes:
        schema: that is served; others may take its place at any time.
        persisted: finds the texts of documents.
        seconds: that a query or a mutation may take.
        most: bytes of a result in JSON.
    """

    def __init__(self, schema: GatewaySchema, persisted: Persisted, seconds: float, most: int = Limits().bytes) -> None:
        self.most = most
        self.schema = schema
        self.persisted = persisted
        self.seconds = seconds

    def kind(self, operation: Operation) -> OperationType | None:
        """Of which kind an operation is; None if executing it tells why it is none.

        Raises:
            RequestError: its document is not known, or not answered.
        """
        return self.schema.kind(self.persisted.text(operation), operation.name)

    def lifetime(self, operation: Operation) -> int:
        """For how many seconds the answer to a query may be kept."""
        return self.schema.lifetimes.of(self.persisted.text(operation), operation.name)

    async def result(self, operation: Operation, context: Context) -> ExecutionResult:
        """The result of a query or a mutation."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self.schema.execute(
                    self.persisted.text(operation),
                    dict(operation.variables),
                    context,
                    operation_name=operation.name,
                    operation_extensions=dict(operation.extensions),
                )
        except TimeoutError:
            return self._too_slow()

    async def results(self, operation: Operation, context: Context) -> AsyncGenerator[ExecutionResult, None]:
        """The results of any operation, for a way on which several can be told; each operation has its own context."""
        if self.kind(operation) is not OperationType.SUBSCRIPTION:
            yield await self.result(operation, context.another())
            return
        text, variables = self.persisted.text(operation), dict(operation.variables)
        stream = await self.schema.stream(text, variables, context, operation_name=operation.name)
        async with aclosing(stream) as results:
            async for result in results:
                yield cast("ExecutionResult", result)  # without @defer there are no others

    def encoded(self, result: ExecutionResult) -> bytes:
        """What is told of a result, in JSON; that it is too long, if it is."""
        body = orjson.dumps(body_of(result))
        if len(body) <= self.most:
            return body
        message = f"the answer is too long; {self.most} bytes are allowed"
        return orjson.dumps({"data": None, "errors": [codes.refusal(message, codes.TOO_LARGE).formatted]})

    def _too_slow(self) -> ExecutionResult:
        message = f"the query took too long; {self.seconds:g} s are allowed"
        return PreExecutionError(data=None, errors=[codes.refusal(message, codes.TIMEOUT)])


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """What is told of a result, in every way alike."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def refused(error: RequestError) -> list[GraphQLError]:
    """What is told of a request that cannot be answered."""
    return [codes.refusal(str(error), error.code)]


def is_refused(result: ExecutionResult) -> bool:
    """Whether an operation was not executed: an error of an executed one has a path."""
    return result.data is None and not any(error.path for error in result.errors or ())


def code_of(result: ExecutionResult) -> str:
    """The code of the first error."""
    return str((result.errors[0].extensions or {}).get("code", "")) if result.errors else ""
