"""Completing values of a plan: what is there is checked and copied; what the executor would convert is left to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLEnumType

from serving.gateway.fields.field import Arguments
from serving.gateway.plans.plan import Complete, Data, Step, Unplanned, Wave
from serving.gateway.times import TIMES, Times

PYTHON: Mapping[str, type] = {"Long": int, "Int": int, "Float": float, "String": str, "Boolean": bool, "ID": str}
BOUNDS: Mapping[str, int] = {"Long": 1 << 63, "Int": 1 << 31}
"""What numbers of a type are below, and not less than its negative."""


def object_of(template: Data, copied: Sequence[tuple[str, str]], steps: Sequence[Step]) -> Complete:
    """Completes an object that is there: a copy of a template, with values copied as they are, and steps."""

    def complete(value: Any, arguments: Arguments, wave: Wave) -> Any:
        data = template.copy()
        for name, key in copied:
            data[name] = value[key]
        for step in steps:
            step(value, arguments, data, wave)
        return data

    return complete


def nullable_of(inner: Complete, *, nullable: bool) -> Complete:
    """Completes an object that may not be there."""

    def complete(value: Any, arguments: Arguments, wave: Wave) -> Any:
        if value is None:
            return null(nullable=nullable)
        if not isinstance(value, Mapping):
            raise Unplanned
        return inner(value, arguments, wave)

    return complete


def null(*, nullable: bool) -> None:
    """Completes what is not there; raises Unplanned where it must be."""
    if not nullable:
        raise Unplanned


def list_of(inner: Complete, *, nullable: bool) -> Complete:
    """Completes a list."""

    def complete(value: Any, arguments: Arguments, wave: Wave) -> Any:
        if value is None:
            return null(nullable=nullable)
        if not isinstance(value, list):
            raise Unplanned
        return [inner(one, arguments, wave) for one in value]

    return complete


def leaf(kind: Any, *, nullable: bool) -> Complete:
    """Completes a scalar or a name of an enum; anything that the executor would convert is its business."""
    if kind.name in TIMES:
        return _time(TIMES[kind.name], nullable=nullable)
    names = frozenset(kind.values) if isinstance(kind, GraphQLEnumType) else None
    wanted = str if names is not None else PYTHON.get(kind.name)
    bound = BOUNDS.get(kind.name)
    if wanted is None:
        raise Unplanned

    def complete(value: Any, arguments: Arguments, wave: Wave) -> Any:
        if value is None:
            return null(nullable=nullable)
        if type(value) is not wanted or (names is not None and value not in names):
            raise Unplanned
        if bound is not None and not -bound <= value < bound:  # type: ignore[operator]  # it is an int then
            raise Unplanned
        return value

    return complete


def _time(times: Times, *, nullable: bool) -> Complete:
    """Completes a point in time or a day."""

    def complete(value: Any, arguments: Arguments, wave: Wave) -> Any:
        return null(nullable=nullable) if value is None else times.text(value)

    return complete
