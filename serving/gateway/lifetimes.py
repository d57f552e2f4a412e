"""How long an answer may be kept: `@cacheControl(maxAge)` of the fields that it is made of."""

from collections.abc import Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_directive_values,
    get_named_type,
)

from serving.gateway.directives.prelude import DEFINITIONS
from serving.gateway.documents import operation_in, parsed

NAME = "cacheControl"
KEPT = 256
"""Operations whose lifetimes are remembered."""


class Lifetimes:
    """The lifetimes of the answers to queries, in seconds.

    A field's is its own, or else that of the field above it, and none at the top; an answer's is the shortest.
    """

    def __init__(self, schema: GraphQLSchema, tokens: int) -> None:
        """Reads those of the fields of a checked schema, for documents of no more than so many tokens."""
        self._schema = schema
        self._tokens = tokens
        self._of_fields = dict(_ages(schema))
        self._known: dict[tuple[str, str | None], int] = {}

    def of(self, query: str, operation_name: str | None) -> int:
        """The lifetime of the answer to a valid query; 0 if it may not be kept."""
        if not self._of_fields:
            return 0
        key = (query, operation_name)
        if key not in self._known:
            while len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[key] = self._measured(query, operation_name)
        return self._known[key]

    def _measured(self, query: str, operation_name: str | None) -> int:
        document = parsed(query, self._tokens)
        operation = operation_in(document, operation_name)
        if isinstance(document, GraphQLError) or not isinstance(operation, OperationDefinitionNode):
            return 0
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        walk = _Walk(self._schema, self._of_fields, fragments)
        walk.visit(operation.selection_set, self._schema.query_type, 0)
        return min(walk.ages, default=0)


class _Walk:
    """Collects the lifetimes of all fields of a query; a fragment is visited once for each lifetime above it."""

    def __init__(
        self,
        schema: GraphQLSchema,
        of_fields: Mapping[tuple[str, str], int],
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self.ages: set[int] = set()
        self._types = schema.type_map
        self._of_fields = of_fields
        self._fragments = fragments
        self._seen: set[tuple[str, int]] = set()

    def visit(self, selected: SelectionSetNode, owner: object, above: int) -> None:
        """Visits a selection of fields of a type, beneath a field with this lifetime."""
        for node in selected.selections:
            if isinstance(node, FieldNode):
                self._field(node, owner, above)
            elif isinstance(node, FragmentSpreadNode):
                self._spread(node.name.value, above)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                self.visit(node.selection_set, self._types.get(condition.name.value) if condition else owner, above)

    def _spread(self, name: str, above: int) -> None:
        if (name, above) not in self._seen:
            self._seen.add((name, above))
            fragment = self._fragments[name]
            self.visit(fragment.selection_set, self._types.get(fragment.type_condition.name.value), above)

    def _field(self, node: FieldNode, owner: object, above: int) -> None:
        field = (
            owner.fields.get(node.name.value) if isinstance(owner, GraphQLObjectType | GraphQLInterfaceType) else None
        )
        if field is None:
            return  # __typename, which never changes, or introspection
        age = self._of_fields.get((str(owner), node.name.value), above)
        self.ages.add(age)
        if node.selection_set:
            self.visit(node.selection_set, get_named_type(field.type), age)


def _ages(schema: GraphQLSchema) -> list[tuple[tuple[str, str], int]]:
    kinds = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    given = [
        ((kind.name, name), get_directive_values(DEFINITIONS[NAME], field.ast_node))
        for kind in kinds
        for name, field in kind.fields.items()
        if field.ast_node
    ]
    return [(key, int(values["maxAge"])) for key, values in given if values]
