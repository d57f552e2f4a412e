"""Compiling the plan of a query: closures that copy what is there, and note what has to be read."""

from collections.abc import Mapping, Sequence
from enum import Enum
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
from strawberry.schema.schema_converter import GraphQLCoreConverter

from serving.gateway.directives import RestDirective, TopicDirective, directive_of
from serving.gateway.plan import Arguments, Complete, Data, Plan, Step, Unplanned
from serving.gateway.steps import Scope, argument_step, group_step, member_step, rest_step, topic_step
from serving.gateway.types import SdlField, plain
from serving.gateway.values import leaf, list_of, nullable_of, object_of


class Of(Enum):
    """What the value of an object is."""

    GROUP = "none: it only groups its fields"
    TOPIC = "a topic's, or part of one: the checks of the schema have proved its types"
    SERVICE = "a service's answer, or part of one"


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
    root = compiler.fields(schema.query_type, [operation.selection_set], Of.GROUP)
    return Plan(root, compiler.given)


class _Compiler:
    """Compiles one plan."""

    def __init__(self, fragments: Fragments, variables: Any) -> None:
        self._fragments = fragments
        self._variables = variables
        self._dependent: list[tuple[GraphQLField, FieldNode]] = []

    def given(self, variables: Any) -> Sequence[Arguments]:
        """The arguments of the fields whose arguments depend on variables."""
        return [_arguments(field, node, variables) for field, node in self._dependent]

    def fields(self, owner: GraphQLObjectType, selected: Sequence[SelectionSetNode], of: Of) -> Complete:
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
            elif of is Of.TOPIC and _is_copied(owner.fields[key]):
                copied.append((name, key))
            else:
                steps.append(self._step(owner.fields[key], name, of_name, of))
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

    def _step(self, field: GraphQLField, name: str, nodes: list[FieldNode], of: Of) -> Step:
        given, scope = _given(field), self._scope(field, nodes[0])
        directive = directive_of(given)
        if isinstance(directive, TopicDirective):
            return topic_step(directive, given, name, scope, self._value(field.type, nodes, Of.TOPIC))
        if isinstance(directive, RestDirective):
            return rest_step(directive, given, name, scope, self._value(field.type, nodes, Of.SERVICE))
        key, kind = nodes[0].name.value, get_named_type(field.type)
        if of is Of.GROUP and isinstance(kind, GraphQLObjectType):
            return group_step(given, name, scope, self.fields(kind, _selected(nodes), Of.GROUP))
        complete = self._value(field.type, nodes, of)
        if of is Of.GROUP:
            return argument_step(name, key, scope, complete)
        return member_step(field, name, key, scope, complete)

    def _scope(self, field: GraphQLField, node: FieldNode) -> Scope | None:
        """The arguments in scope below a field; None if it has none, so that they stay."""
        if not field.args:
            return None
        if not _uses_variables(node):
            own = _arguments(field, node, self._variables)
            return lambda arguments, wave: {**arguments, **own}
        number = len(self._dependent)
        self._dependent.append((field, node))
        return lambda arguments, wave: {**arguments, **wave.given[number]}

    def _value(self, kind: GraphQLOutputType, nodes: list[FieldNode], of: Of) -> Complete:
        nullable = not is_non_null_type(kind)
        inner: Any = get_nullable_type(kind)
        if is_list_type(inner):
            return list_of(self._value(inner.of_type, nodes, of), nullable=nullable)
        if isinstance(inner, GraphQLObjectType):
            return nullable_of(self.fields(inner, _selected(nodes), of), nullable=nullable)
        return leaf(inner, nullable=nullable)


def _given(field: GraphQLField) -> GraphQLField:
    """The field of the SDL."""
    definition: SdlField = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    return definition.given


def _selected(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set]


def _arguments(field: GraphQLField, node: FieldNode, variables: Any) -> Arguments:
    unset: Data = dict.fromkeys(field.args)
    return {**unset, **plain(get_argument_values(field, node, variables))}


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
    return not field.args and directive_of(_given(field)) is None and is_leaf_type(get_named_type(field.type))
