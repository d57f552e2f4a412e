"""The Strawberry schema of an SDL file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from serving.gateway import sdl
from serving.gateway.directives import DIRECTIVES
from serving.gateway.errors import for_client
from serving.gateway.limits import Limits
from serving.gateway.rules import extensions
from serving.gateway.scalars import LONG, SCALARS, Long
from serving.gateway.types import build_types


class GatewaySchema(strawberry.Schema):
    """A schema whose errors are fit for clients; what they may not see is in the log.

    Attributes:
        production: whether messages say no names that the client did not give.
    """

    production: bool

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """The answer to a query."""
        result = await super().execute(*args, **kwargs)
        if result.errors:
            result.errors = for_client(result.errors, self.production)
        return result

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: `execute` logs, and only what is not the client's mistake."""


def load_schema(path: Path, limits: Limits | None = None, production: bool = False) -> GatewaySchema:
    """The schema that an SDL file describes; in production it is kept from clients.

    Raises:
        SchemaError: it cannot be served.
    """
    return build_schema(sdl.text_of(path), str(path), limits, production)


def build_schema(
    text: str, name: str = "schema", limits: Limits | None = None, production: bool = False
) -> GatewaySchema:
    """The schema that the text of an SDL file describes; `name` is the file's name in messages.

    Raises:
        SchemaError: it cannot be served.
    """
    return _strawberry(sdl.contract(text, name), limits or Limits(), production)


def _strawberry(contract: GraphQLSchema, limits: Limits, production: bool) -> GatewaySchema:
    types = build_types(contract)
    query: type = types[contract.query_type.name]  # type: ignore[union-attr]  # a valid schema has one
    own: Sequence[Any] = [kind for name, kind in types.items() if name not in SCALARS]
    made = GatewaySchema(
        query=query,
        types=[*own, Long, *DIRECTIVES.values()],
        extensions=extensions(limits, production),
        config=StrawberryConfig(auto_camel_case=False, scalar_map={Long: LONG}),
    )
    made.production = production
    return made
