"""What the resolvers of one request share."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from strawberry.fastapi import BaseContext

from serving.gateway import loader
from serving.gateway.directives import RestDirective
from store import Store

RestCaller: TypeAlias = Callable[[RestDirective, Mapping[str, Any]], Awaitable[Any]]
"""From a directive and the arguments in scope to the service's answer: decoded JSON, or None where it has none.

Enum values come as their names. It raises GraphQLError for what the client may know.
"""


class Context(BaseContext):
    """One request's context.

    Attributes:
        values: loads the values of topics, together.
        rest: calls REST services; None if this server calls none.
    """

    def __init__(self, store: Store, rest: RestCaller | None = None) -> None:
        super().__init__()
        self.values = loader.values(store)
        self.rest = rest
