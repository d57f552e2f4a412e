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
from serving.gateway.claims import Claims
from serving.gateway.context import Context
from serving.gateway.limits.request_limits import Limits
from serving.gateway.schema import GatewaySchema
from serving.gateway.transports.operations import Operation, RequestError
from serving.gateway.transports.persisted import Persisted
from serving.rights import Access

NOT_READING = "not permitted: reading needs an API key, or a token, with the right `read`"


class Execution:
    """Executes operations.

    Attributes:
        schema: that is served; others may take its place at any time.
        persisted: finds the texts of documents.
        seconds: that a query or a mutation may take.
        most: bytes of a result in JSON.
        claims: the arguments that come from tokens.
    """

    def __init__(
        self,
        schema: GatewaySchema,
        persisted: Persisted,
        seconds: float,
        most: int = Limits().bytes,
        claims: Claims | None = None,
    ) -> None:
        self.most = most
        self.claims = claims or Claims({})
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
                self._check(operation, context.access)
                text = self.persisted.text(operation)
                return await self.schema.execute(
                    text,
                    self.claims.variables(text, operation.variables, context.access),
                    context,
                    operation_name=operation.name,
                    operation_extensions=dict(operation.extensions),
                )
        except TimeoutError:
            return self._too_slow()
        except GraphQLError as error:
            return PreExecutionError(data=None, errors=[error])

    async def results(self, operation: Operation, context: Context) -> AsyncGenerator[ExecutionResult, None]:
        """The results of any operation, for a way on which several can be told; each operation has its own context."""
        if self.kind(operation) is not OperationType.SUBSCRIPTION:
            yield await self.result(operation, context.another())
            return
        text = self.persisted.text(operation)
        try:
            self._check(operation, context.access)
            variables = self.claims.variables(text, operation.variables, context.access)
        except GraphQLError as error:
            yield PreExecutionError(data=None, errors=[error])
            return
        stream = await self.schema.stream(text, variables, context, operation_name=operation.name)
        async with aclosing(stream) as results:
            async for result in results:
                yield cast("ExecutionResult", result)  # without @defer there are no others

    def _check(self, operation: Operation, access: Access) -> None:
        """Raises GraphQLError for what a client may not read; what it may write is checked field by field."""
        if not access.read and self.kind(operation) is not OperationType.MUTATION:
            raise codes.refusal(NOT_READING, codes.FORBIDDEN)

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
