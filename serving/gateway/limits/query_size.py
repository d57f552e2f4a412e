"""How large a query is, as its text says: its levels, aliases and fields, and the keys that it could read.

Each fragment is measured once, however often it is used. (Strawberry's limiters visit it for each of its uses, so
nested fragments cost them exponential time within a few hundred tokens.)
"""

from collections.abc import Mapping
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from serving.gateway.directives.sdl_directives import TopicDirective

DIGITS = 18
"""More digits of a number are as good as these; a long literal takes long to convert."""

LENGTH = 10
"""Items that a list is taken to have if the query does not say how many: those of a chart."""


class Size(NamedTuple):
    """Of a selection.

    Attributes:
        depth: its levels of fields.
        aliases: its aliases.
        fields: its fields.
        cost: the keys to be read and the services to be called for it.
    """

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    cost: int = 0


class Sizes:
    """Measures the selections of a document. Unknown fields, and unknown and circular fragments, count as nothing."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, Size] = {}

    def of(self, selected: SelectionSetNode | None, owner: object) -> Size:
        """The size of a selection of fields of the type `owner`."""
        sizes = [self._selection(node, owner) for node in selected.selections] if selected else []
        return Size(
            depth=max((size.depth for size in sizes), default=0),
            aliases=sum(size.aliases for size in sizes),
            fields=sum(size.fields for size in sizes),
            cost=sum(size.cost for size in sizes),
        )

    def _selection(self, node: SelectionNode, owner: object) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        if isinstance(node, FieldNode):
            return self._field(node, owner)
        if isinstance(node, InlineFragmentNode) and node.type_condition:
            owner = self._schema.type_map.get(node.type_condition.name.value)
        return self.of(getattr(node, "selection_set", None), owner)

    def _fragment(self, name: str) -> Size:
        if name not in self._known and name in self._fragments:
            fragment = self._fragments[name]
            self._known[name] = Size()
            self._known[name] = self.of(
                fragment.selection_set, self._schema.type_map.get(fragment.type_condition.name.value)
            )
        return self._known.get(name, Size())

    def _field(self, node: FieldNode, owner: object) -> Size:
        field = owner.fields.get(node.name.value) if isinstance(owner, GraphQLObjectType) else None
        inner = Size() if node.name.value.startswith("__") else self.of(node.selection_set, _type_of(field))
        own, length = _cost(node, field) if field else (0, 1)
        return Size(inner.depth + 1, inner.aliases + bool(node.alias), inner.fields + 1, own + length * inner.cost)


def _type_of(field: GraphQLField | None) -> GraphQLNamedType | None:
    return get_named_type(field.type) if field else None


def _cost(node: FieldNode, field: GraphQLField) -> tuple[int, int]:
    """What a field itself costs, and the number of its values, for each of which what is selected below costs again."""
    directives = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].directives
    length = 1
    if is_list_type(get_nullable_type(field.type)):
        said = (_length(given) for given in node.arguments or ())
        length = max((number for number in said if number is not None), default=LENGTH)
    read = sum(length if isinstance(directive, TopicDirective) else 1 for directive in directives)
    return read, length


def _length(given: ArgumentNode) -> int | None:
    """The number of values that an argument asks for: keys in a list, or a limit."""
    if isinstance(given.value, ListValueNode):
        return len(given.value.values)
    if given.name.value == "limit" and isinstance(given.value, IntValueNode):
        return max(0, int(given.value.value[:DIGITS]))
    return None
