"""The Strawberry schema of an SDL file."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema, OperationType
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType as AllowedType

from serving.gateway import sdl
from serving.gateway.context import Context
from serving.gateway.directives.sdl_directives import DIRECTIVES, CacheControlDirective
from serving.gateway.documents import operation_in, parsed
from serving.gateway.errors import for_client
from serving.gateway.executor.strawberry_types import build_types, use_defaults
from serving.gateway.explain import explanation, is_wanted
from serving.gateway.lifetimes import Lifetimes
from serving.gateway.limits.query_rules import extensions
from serving.gateway.limits.request_limits import Limits
from serving.gateway.plans.prepared import Prepared
from serving.gateway.scalars import OWN, SCALARS


class GatewaySchema(strawberry.Schema):
    """A schema whose errors are fit for clients; what they may not see is in the log.

    Attributes:
        production: whether messages say no names that the client did not give.
        prepared: the queries that were asked.
        tokens: that a document may have.
        lifetimes: of answers.
    """

    production: bool
    prepared: Prepared
    tokens: int
    lifetimes: Lifetimes

    def kind(self, query: str, operation_name: str | None) -> OperationType | None:
        """Of which kind the operation is that is meant; None where `execute` and `stream` say what is wrong with it."""
        found = operation_in(parsed(query, self.tokens), operation_name)
        return None if isinstance(found, GraphQLError) else found.operation

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Context | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[AllowedType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """The answer to a query: by its plan if there is one, else by the ordinary executor."""
        if wrong := self._wrong(query, operation_name):
            return wrong
        begin, explained = time.perf_counter(), not self.production and is_wanted(operation_extensions, context_value)
        data = None
        if query and context_value and isinstance(operation_name, str | None):
            context_value.values.trace.explained = explained
            data = await self.prepared.answer(query, operation_name, variable_values, context_value)
            context_value.values.trace.start_over()  # what the plan has read the executor may read again
        if data is not None:
            result = ExecutionResult(data=data, errors=None)
        else:
            result = await super().execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
        if explained and context_value:
            seconds = time.perf_counter() - begin
            result.extensions = explanation(
                context_value.values.trace, context_value.rest.records, planned=data is not None, seconds=seconds
            )
        self._mask(result)
        return result

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Context | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[AllowedType] | None = None,
    ) -> StreamResult:
        """The answers to an operation, which for a subscription are many; the operation gets a context of its own."""
        context = context_value and context_value.another()
        if wrong := self._wrong(query, operation_name):
            return _only(wrong)
        return self._mask_all(
            await super().stream(
                query,
                variable_values,
                context,
                root_value,
                operation_name,
                operation_extensions,
                allowed_operation_types,
            )
        )

    def _wrong(self, query: str | None, operation_name: str | None) -> PreExecutionError | None:
        """What there is to say where a text has no such operation; Strawberry would execute another one."""
        found = operation_in(parsed(query or "", self.tokens), operation_name)
        if isinstance(found, GraphQLError):
            return PreExecutionError(data=None, errors=for_client([found], self.production))
        return None

    def _mask(self, result: Any) -> None:
        if result.errors:
            result.errors = for_client(result.errors, self.production)

    async def _mask_all(self, results: StreamResult) -> StreamResult:
        async with aclosing(results):
            async for result in results:
                self._mask(result)
                yield result

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: `execute` logs, and only what is not the client's mistake."""


async def _only(result: ExecutionResult) -> StreamResult:
    yield result


def load_schema(path: Path, limits: Limits | None = None, production: bool = False) -> GatewaySchema:
    """The schema that an SDL file describes; in production it is kept from clients.

    Raises:
        SchemaError: it cannot be served.
    """
    return build_schema(sdl.text_of(path), str(path), limits, production)


def build_schema(
    text: str,
    name: str = "schema",
    limits: Limits | None = None,
    production: bool = False,
    services: Collection[str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> GatewaySchema:
    """The schema that the text of an SDL file describes; `name` is the file's name in messages.

    Args:
        services: the names of the services that there are; without it, they are not checked.
        secrets: what `{secret.NAME}` stands for, by name.

    Raises:
        SchemaError: it cannot be served.
    """
    known = secrets or {}
    return _strawberry(sdl.contract(text, name, services, known), limits or Limits(), production, known)


def _strawberry(contract: GraphQLSchema, limits: Limits, production: bool, secrets: Mapping[str, str]) -> GatewaySchema:
    types = build_types(contract, secrets)
    own: Sequence[Any] = [kind for name, kind in types.items() if name not in SCALARS]
    roots: Sequence[Any] = (contract.query_type, contract.mutation_type, contract.subscription_type)
    query, mutation, subscription = (root and types[root.name] for root in roots)
    made = GatewaySchema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=[*own, *OWN, *DIRECTIVES.values(), CacheControlDirective],
        extensions=extensions(limits, production),
        config=StrawberryConfig(auto_camel_case=False, scalar_map=OWN),
    )
    use_defaults(contract, made._schema)
    made.production = production
    made.tokens = limits.tokens
    made.lifetimes = Lifetimes(contract, limits.tokens)
    made.prepared = Prepared(made._schema, limits)
    return made
