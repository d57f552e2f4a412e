"""What a query must keep to before it runs: the limits, as rules of its validation.

Texts are parsed and validated once. (Strawberry's limiters make new rules for each request, which the cache of
validations never finds again.)
"""

from collections.abc import Callable, Collection

from graphql import (
    ASTValidationRule,
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    ValidationContext,
    ValidationRule,
)
from strawberry.extensions import (
    AddValidationRules,
    DisableIntrospection,
    MaxTokensLimiter,
    ParserCache,
    SchemaExtension,
    ValidationCache,
)

from serving.gateway.limits.query_size import Sizes
from serving.gateway.limits.request_limits import Limits

CACHED = 256
"""Query texts whose documents and validation are kept."""


def extensions(limits: Limits, production: bool) -> list[Callable[[], SchemaExtension]]:
    """Strawberry extensions which keep the limits, and which parse and validate each text once."""
    rules: list[type[ASTValidationRule]] = [limits_rule(limits)]
    hidden: list[Callable[[], SchemaExtension]] = [DisableIntrospection] if production else []
    return [
        *hidden,
        lambda: MaxTokensLimiter(max_token_count=limits.tokens),
        lambda: AddValidationRules(rules),
        lambda: ParserCache(maxsize=CACHED),
        lambda: ValidationCache(maxsize=CACHED),
    ]


def limits_rule(limits: Limits) -> type[ValidationRule]:
    """The rule that a query keeps to the limits."""

    class LimitsRule(ValidationRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            fragments = [node for node in context.document.definitions if isinstance(node, FragmentDefinitionNode)]
            self.sizes = Sizes(context.schema, {node.name.value: node for node in fragments})

        def enter_operation_definition(self, node: OperationDefinitionNode, *_args: object) -> None:
            size = self.sizes.of(node.selection_set, self.context.schema.get_root_type(node.operation))
            self.refuse(node, "levels", size.depth, limits.depth)
            self.refuse(node, "aliases", size.aliases, limits.aliases)
            self.refuse(node, "fields", size.fields, limits.fields)
            if size.cost > limits.cost:
                message = f"the query could read {size.cost} keys or more; {limits.cost} are allowed"
                self.report_error(GraphQLError(message, node))

        def enter_directive(self, node: DirectiveNode, key: int, parent: Collection[Node], *_args: object) -> None:
            if key == limits.directives:
                self.refuse(node, "directives in one place", len(parent), limits.directives)

        def refuse(self, node: Node, name: str, found: int, allowed: int) -> None:
            if found > allowed:
                self.report_error(GraphQLError(f"the query has {found} {name}; {allowed} are allowed", node))

    return LimitsRule
