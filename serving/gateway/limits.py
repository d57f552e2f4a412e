"""Limits of what a query may ask for, so that no query can hold up the server.

Depth and aliases are counted here rather than by Strawberry's limiters: these visit a fragment once for each of its
uses, so nested fragments cost them exponential time within a few hundred tokens; and they make new rules for each
request, which the cache of validations never finds again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from graphql import (
    ASTValidationRule,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache

CACHED = 256
"""Query texts whose documents and validation are kept."""


@dataclass(frozen=True)
class Limits:
    """What a query may have at most.

    Attributes:
        depth: levels of fields; what is below introspection fields does not count.
        aliases: aliases, those in a fragment as often as it is used.
        tokens: tokens of the document.
    """

    depth: int = 12
    aliases: int = 30
    tokens: int = 1000


class Size(NamedTuple):
    """Of a selection: its levels of fields, and its aliases."""

    depth: int = 0
    aliases: int = 0


Fragments: TypeAlias = dict[str, FragmentDefinitionNode]


def extensions(limits: Limits) -> list[Callable[[], SchemaExtension]]:
    """Strawberry extensions which keep the limits, and which parse and validate each text once."""
    rules: list[type[ASTValidationRule]] = [_rule(limits)]
    return [
        lambda: MaxTokensLimiter(max_token_count=limits.tokens),
        lambda: AddValidationRules(rules),
        lambda: ParserCache(maxsize=CACHED),
        lambda: ValidationCache(maxsize=CACHED),
    ]


def _rule(limits: Limits) -> type[ValidationRule]:
    class LimitsRule(ValidationRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            definitions = context.document.definitions
            self.sizes = _Sizes({d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)})

        def enter_operation_definition(self, node: OperationDefinitionNode, *_args: object) -> None:
            size = self.sizes.of(node.selection_set)
            for name, found, allowed in (
                ("levels", size.depth, limits.depth),
                ("aliases", size.aliases, limits.aliases),
            ):
                if found > allowed:
                    self.report_error(GraphQLError(f"the query has {found} {name}; {allowed} are allowed", node))

    return LimitsRule


class _Sizes:
    """Sizes of selections; each fragment is measured once. Unknown and circular ones are other rules' business."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._known: dict[str, Size] = {}

    def of(self, selected: SelectionSetNode | None) -> Size:
        sizes = [self._selection(node) for node in selected.selections] if selected else []
        return Size(max((size.depth for size in sizes), default=0), sum(size.aliases for size in sizes))

    def _selection(self, node: object) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        if isinstance(node, FieldNode):
            inner = Size() if node.name.value.startswith("__") else self.of(node.selection_set)
            return Size(inner.depth + 1, inner.aliases + bool(node.alias))
        return self.of(getattr(node, "selection_set", None))

    def _fragment(self, name: str) -> Size:
        if name not in self._known and name in self._fragments:
            self._known[name] = Size()
            self._known[name] = self.of(self._fragments[name].selection_set)
        return self._known.get(name, Size())
