"""Compiling the plan of a query: closures that copy what is there, and note what has to be read."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.language import Visitor, visit
from graphql.type.directives import GraphQLIncludeDirective, GraphQLSkipDirective

from serving.gateway.fields.field import Arguments, Kind, PresentField, own_arguments
from serving.gateway.fields.meaning import meaning_of
from serving.gateway.fields.member_field import MemberField
from serving.gateway.plans.completion import leaf, list_of, nullable_of, object_of
from serving.gateway.plans.plan import Complete, Data, Plan, Step, Unplanned
from serving.gateway.plans.plan_steps import Enter, group_step, load_step, present_step
from serving.gateway.times import TIMES

Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]


def compile_plan(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments, variables: Any
) -> Plan:
    """The plan of a valid query, for the values that the variables of its `@skip` and `@include` have in `variables`.

    Raises:
        Unplanned: there is something in it that no plan can do.
    """
    compiler = _Compiler(fragments, variables)
    if schema.query_type is None:
        raise Unplanned
    root = compiler.fields(schema.query_type, [operation.selection_set], Kind.GROUP)
    return Plan(root, compiler.arguments)


class _Compiler:
    """Compiles one plan."""

    def __init__(self, fragments: Fragments, variables: Any) -> None:
        self._fragments = fragments
        self._variables = variables
        self._dependent: list[tuple[GraphQLField, FieldNode]] = []

    def arguments(self, variables: Any) -> Sequence[Arguments]:
        """The arguments of the fields whose arguments depend on variables."""
        return [_arguments(field, node, variables) for field, node in self._dependent]

    def fields(self, owner: GraphQLObjectType, selected: Sequence[SelectionSetNode], kind: Kind) -> Complete:
        """Completes an object that is there."""
        nodes: dict[str, list[FieldNode]] = {}
        self._collect(selected, nodes)
        template: Data = dict.fromkeys(nodes)
        copied: list[tuple[str, str]] = []
        steps: list[Step] = []
        for name, of_name in nodes.items():
            key = of_name[0].name.value
            if key == "__typename":
                template[name] = owner.name
            elif key.startswith("__"):
                raise Unplanned
            elif kind is Kind.TOPIC and _is_copied(owner.fields[key]):
                copied.append((name, key))
            else:
                steps.append(self._step(owner.fields[key], name, of_name, kind))
        return object_of(template, copied, steps)

    def _collect(self, selected: Sequence[SelectionSetNode], into: dict[str, list[FieldNode]]) -> None:
        """Fields by the names of the answer. Types have no subtypes, so all fragments apply."""
        for node in (node for selection in selected for node in selection.selections):
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                into.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                self._collect([self._fragments[node.name.value].selection_set], into)
            else:
                self._collect([node.selection_set], into)  # type: ignore[attr-defined]  # an inline fragment

    def _is_included(self, node: Any) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and (include is None or bool(include["if"]))

    def _step(self, served: GraphQLField, name: str, nodes: list[FieldNode], kind: Kind) -> Step:
        """The step of a field, of an object whose value is of this kind."""
        meaning, enter = meaning_of(served), self._enter(served, nodes[0])
        field = meaning.in_group if kind is Kind.GROUP else meaning.in_value
        complete = self._value(served.type, nodes, field.kind or kind)
        if isinstance(field, PresentField):
            return present_step(field, name, enter, complete)
        if field.kind is Kind.GROUP:
            return group_step(field, name, enter, complete)
        return load_step(field, name, enter, complete)

    def _enter(self, field: GraphQLField, node: FieldNode) -> Enter | None:
        """Adds the arguments of a field to those in scope; None if it has none."""
        if not field.args:
            return None
        if not _uses_variables(node):
            own = _arguments(field, node, self._variables)
            return lambda arguments, wave: {**arguments, **own}
        number = len(self._dependent)
        self._dependent.append((field, node))
        return lambda arguments, wave: {**arguments, **wave.arguments[number]}

    def _value(self, type_: GraphQLOutputType, nodes: list[FieldNode], kind: Kind) -> Complete:
        nullable = not is_non_null_type(type_)
        inner: Any = get_nullable_type(type_)
        if is_list_type(inner):
            return list_of(self._value(inner.of_type, nodes, kind), nullable=nullable)
        if not isinstance(inner, GraphQLObjectType):
            return leaf(inner, nullable=nullable)
        complete = self.fields(inner, _selections(nodes), kind)
        return complete if kind is Kind.GROUP else nullable_of(complete, nullable=nullable)


def _selections(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set]


def _arguments(field: GraphQLField, node: FieldNode, variables: Any) -> Arguments:
    return own_arguments(field.args, get_argument_values(field, node, variables))


def _uses_variables(node: FieldNode) -> bool:
    found: list[str] = []

    class Finder(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.append(node.name.value)

    for argument in node.arguments or ():
        visit(argument, Finder())
    return bool(found)


def _is_copied(field: GraphQLField) -> bool:
    """Whether a field of a topic's value is in the answer as it is."""
    kind = get_named_type(field.type)
    if field.args or not is_leaf_type(kind) or kind.name in TIMES:
        return False
    return isinstance(meaning_of(field).in_value, MemberField)
