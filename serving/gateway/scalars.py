"""The scalar types of the SDL, as Strawberry knows them."""

import re
from collections.abc import Mapping
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, GraphQLSchema, IntValueNode, ValueNode, print_ast
from graphql.pyutils import inspect

from serving.gateway.directives.prelude import description
from serving.gateway.times import TIMES, Times

Long = NewType("Long", int)
DateTime = NewType("DateTime", int)
Date = NewType("Date", int)

LARGEST = 2**63 - 1
_WHOLE = re.compile("-?[0-9]+")

DIGITS = len(str(-LARGEST))
"""Characters of the longest literal, its sign included."""


def _refusal(found: str, node: ValueNode | None = None) -> GraphQLError:
    return GraphQLError(f"Long cannot represent {found}: a whole number from -2^63 to 2^63 - 1 is wanted", node)


def to_long(value: Any, node: ValueNode | None = None) -> int:
    """The value, if it is a whole number of 64 bits; `node` is where a query says it.

    Raises:
        GraphQLError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not -LARGEST - 1 <= value <= LARGEST:
        raise _refusal(inspect(value), node)
    return value


def parse_long(node: ValueNode, variables: Mapping[str, Any] | None = None) -> int:
    """The value of a literal in a query.

    Raises:
        GraphQLError: it is not a whole number of 64 bits.
    """
    if not isinstance(node, IntValueNode) or len(node.value) > DIGITS:
        raise _refusal(print_ast(node)[: 2 * DIGITS], node)
    return to_long(int(node.value), node)


def to_result(value: Any) -> int:
    """A value of a service, as far as it is a whole number of 64 bits: `10`, `10.0` and `"10"` are the same one.

    Raises:
        GraphQLError: it is not.
    """
    if isinstance(value, str) and len(value) <= DIGITS and _WHOLE.fullmatch(value):
        return to_long(int(value))
    return to_long(int(value) if isinstance(value, float) and value.is_integer() else value)


LONG = strawberry.scalar(
    name="Long",
    description=description("Long"),
    serialize=to_result,
    parse_value=to_long,
    parse_literal=parse_long,
)


def _scalar(times: Times) -> Any:
    return strawberry.scalar(
        name=times.name,
        description=description(times.name),
        serialize=times.text,
        parse_value=times.parse,
        parse_literal=times.parse_literal,
    )


OWN: Mapping[Any, Any] = {
    Long: LONG,
    DateTime: _scalar(TIMES["DateTime"]),
    Date: _scalar(TIMES["Date"]),
}
"""How Strawberry reads and writes the scalars that are not GraphQL's own."""

SCALARS: Mapping[str, Any] = {
    "Int": int,
    "Float": float,
    "String": str,
    "Boolean": bool,
    "ID": strawberry.ID,
    "Long": Long,
    "DateTime": DateTime,
    "Date": Date,
}
"""The Python type of each scalar that an SDL file may use."""


def use_scalars(schema: GraphQLSchema) -> None:
    """Lets a schema that was made from an SDL file know what its scalars are."""
    for own in OWN.values():
        kind: Any = schema.type_map[own.name]
        kind.coerce_input_value, kind.coerce_input_literal = own.parse_value, own.parse_literal
        kind.coerce_output_value = own.serialize
