"""Queries that were parsed, validated and compiled, by their text: each is prepared once."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    specified_rules,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.language import Visitor, visit

from serving.gateway.context import Context
from serving.gateway.documents import operation_in, parsed
from serving.gateway.limits.query_rules import limits_rule
from serving.gateway.limits.request_limits import Limits
from serving.gateway.plans.compiler import compile_plan
from serving.gateway.plans.plan import Plan, Unplanned
from store import StoreError

log = logging.getLogger("serving.gateway")

QUERIES = 256
"""Query texts that are kept."""

MOST_PLANS = 16
"""Plans of one text: there is one for each combination of values of the variables of `@skip` and `@include`."""


@dataclass(frozen=True)
class Query:
    """A valid query.

    Attributes:
        switches: the variables of `@skip` and `@include`.
        plans: by the values of those; None where there can be none.
    """

    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    switches: tuple[str, ...]
    plans: dict[tuple[Any, ...], Plan | None] = field(default_factory=dict)


class Prepared:
    """The queries to a schema. What cannot be planned is for the ordinary executor, and so is what is wrong."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._tokens = limits.tokens
        self._rules = [*specified_rules, limits_rule(limits)]
        self._queries: OrderedDict[tuple[str, str | None], Query | None] = OrderedDict()

    async def answer(
        self, text: str, name: str | None, variables: Mapping[str, Any] | None, context: Context
    ) -> dict[str, Any] | None:
        """The data of the answer to a query, if it goes by a plan and all is well; else None.

        The executor meets the same errors, and tells them with their paths, so that clients always see them alike.

        Args:
            name: of the operation in the text.
        """
        query = self._query(text, name)
        if query is None:
            return None
        values = get_variable_values(self._schema, query.operation.variable_definitions or (), dict(variables or {}))
        plan = self._plan(query, values) if isinstance(values, VariableValues) else None
        if plan is None:
            return None
        try:
            return await plan.run(context, values)
        except (Unplanned, GraphQLError, StoreError):
            return None
        except Exception:
            log.exception("a plan failed, the executor answers: %s", text)
            return None

    def _query(self, text: str, name: str | None) -> Query | None:
        key = (text, name)
        if key in self._queries:
            self._queries.move_to_end(key)
            return self._queries[key]
        query = self._queries[key] = self._prepare(text, name)
        if len(self._queries) > QUERIES:
            self._queries.popitem(last=False)
        return query

    def _prepare(self, text: str, name: str | None) -> Query | None:
        document = parsed(text, self._tokens)
        operation = operation_in(document, name)
        if isinstance(document, GraphQLError) or isinstance(operation, GraphQLError):
            return None
        if operation.operation is not OperationType.QUERY or validate(self._schema, document, self._rules):
            return None
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        return Query(operation, fragments, _switches(document))

    def _plan(self, query: Query, values: VariableValues) -> Plan | None:
        key = tuple(values.coerced.get(name) for name in query.switches)
        if key not in query.plans:
            if len(query.plans) >= MOST_PLANS:
                return None
            try:
                query.plans[key] = compile_plan(self._schema, query.operation, query.fragments, values)
            except (Unplanned, GraphQLError):
                query.plans[key] = None
        return query.plans[key]


def _switches(document: DocumentNode) -> tuple[str, ...]:
    """The variables that directives of a document use: those of fields are no others than `@skip` and `@include`."""

    found: set[str] = set()

    class Finder(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            given = (argument.value for argument in node.arguments or ())
            found.update(value.name.value for value in given if isinstance(value, VariableNode))

    visit(document, Finder())
    return tuple(sorted(found))
