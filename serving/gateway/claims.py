"""Arguments that come from the client's token: `userId` may be what the token's claim `sub` says, and no other.

The query writes the variable of the argument's name, `getUserProfile(userId: $userId)`; its value is the claim's.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLError,
    NamedTypeNode,
    NonNullTypeNode,
    VariableDefinitionNode,
    VariableNode,
    parse,
)
from graphql.language import Visitor, visit

from serving.gateway import codes
from serving.rights import Access

CACHED = 256
"""Texts whose arguments are kept."""

WHOLE = ("Int", "Long")
"""Types of variables whose values are whole numbers; a claim may have them as text."""


class Claims:
    """Which arguments come from which claims, for clients with a token."""

    def __init__(self, claims: Mapping[str, str]) -> None:
        """`claims` are the names of claims by those of arguments."""
        self._claims = dict(claims)
        self._uses = lru_cache(CACHED)(self._read)

    def variables(self, text: str, given: Mapping[str, Any], access: Access) -> dict[str, Any]:
        """The variables of a query, with those of the client's token.

        Raises:
            GraphQLError: the query gives one of these arguments another value, or the token has no such claim.
        """
        if access.until is None or not self._claims:
            return dict(given)
        others, kinds = self._uses(text)
        if others:
            raise codes.refusal(
                f"`{others[0]}` comes from your token: write `{others[0]}: ${others[0]}`", codes.FORBIDDEN
            )
        return {**given, **{name: self._value(name, kind, access) for name, kind in kinds.items()}}

    def _value(self, name: str, kind: str, access: Access) -> Any:
        value = access.claims.get(self._claims[name])
        if isinstance(value, str) and kind in WHOLE and value.isdecimal() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise codes.refusal(
                f"your token has no claim {self._claims[name]!r} that `{name}` could be", codes.FORBIDDEN
            )
        return value

    def _read(self, text: str) -> tuple[list[str], dict[str, str]]:
        """The arguments that are given other values, and the types of the variables of such names."""
        try:
            document = parse(text)
        except GraphQLError:
            return [], {}  # which executing it tells
        reader = _Arguments(self._claims)
        visit(document, reader)
        return reader.others, reader.kinds


class _Arguments(Visitor):
    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self.names = names
        self.others: list[str] = []
        self.kinds: dict[str, str] = {}

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.others += [argument.name.value for argument in node.arguments or () if self._is_other(argument)]

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        kind = node.type.type if isinstance(node.type, NonNullTypeNode) else node.type
        if node.variable.name.value in self.names:
            self.kinds[node.variable.name.value] = kind.name.value if isinstance(kind, NamedTypeNode) else ""

    def _is_other(self, argument: ArgumentNode) -> bool:
        name, value = argument.name.value, argument.value
        return name in self.names and not (isinstance(value, VariableNode) and value.name.value == name)
