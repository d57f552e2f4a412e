"""Strawberry types from a schema: first all types by their names, then the fields that refer to them.

So the order of the SDL does not matter, and types may refer to themselves.
"""

import enum
from collections.abc import Callable, Mapping
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from serving.gateway.check import own_types
from serving.gateway.directives import TopicDirective, directive_of, directives_of
from serving.gateway.resolvers import ROOT, Parent, Resolve, resolver
from serving.gateway.roots import mutation, subscription, writing
from serving.gateway.scalars import SCALARS


class SdlField(StrawberryField):
    """A field of the SDL.

    Attributes:
        given: the field as the SDL has it.
        resolve: gives its value.
        unset: its arguments, all null: what is in scope where a query leaves them out.
        plain: it needs neither arguments nor the request's context.
    """

    given: GraphQLField
    resolve: Resolve
    unset: Mapping[str, None]
    plain: bool

    @property
    def is_basic_field(self) -> bool:
        """Whether Strawberry may leave out the context and the arguments."""
        return self.plain

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The value, or an awaitable of it."""
        parent: Parent = source or ROOT
        arguments = parent.arguments
        if self.unset:
            arguments = {**arguments, **self.unset, **{name: plain(value) for name, value in kwargs.items()}}
        return self.resolve(parent, info and info.context, arguments)


def build_types(schema: GraphQLSchema) -> dict[str, Any]:
    """The Strawberry type of every type of a checked schema, by name."""
    own = own_types(schema)
    types = {**SCALARS, **{kind.name: _empty_type(kind) for kind in own}}
    for kind in own:
        if isinstance(kind, GraphQLObjectType):
            for field in types[kind.name].__strawberry_definition__.fields:
                _complete(field, kind, kind.fields[field.graphql_name], types)
        elif isinstance(kind, GraphQLInputObjectType):
            for field in types[kind.name].__strawberry_definition__.fields:
                _complete_input(field, kind.fields[field.graphql_name], types)
    return types


def _empty_type(kind: GraphQLNamedType) -> Any:
    if isinstance(kind, GraphQLEnumType):
        members = enum.Enum(kind.name, list(map(_enum_value, kind.values.items())))  # type: ignore[misc]
        return strawberry.enum(members, name=kind.name, description=kind.description)
    if isinstance(kind, GraphQLInputObjectType):
        return _empty_input(kind)
    if not isinstance(kind, GraphQLObjectType):
        raise TypeError(f"{kind.name}: {type(kind).__name__} has passed the checks and cannot be served")
    fields = {_attribute(name): _empty_field(name, field) for name, field in kind.fields.items()}
    body = {**fields, "__annotations__": dict.fromkeys(fields, Any)}
    return strawberry.type(type(kind.name, (), body), name=kind.name, description=kind.description)


def _empty_input(kind: GraphQLInputObjectType) -> Any:
    """An input type, whose values are the plain dictionaries that they are in requests."""
    fields = {
        _attribute(name): StrawberryField(
            python_name=_attribute(name),
            graphql_name=name,
            description=given.description,
            deprecation_reason=given.deprecation_reason,
        )
        for name, given in kind.fields.items()
    }
    body = {**fields, "__annotations__": dict.fromkeys(fields, Any)}
    made: Any = strawberry.input(type(kind.name, (), body), name=kind.name, description=kind.description)
    made.__strawberry_definition__.from_input = lambda _, value, context: dict(value)
    return made


def _enum_value(item: tuple[str, GraphQLEnumValue]) -> tuple[str, Any]:
    name, given = item
    return name, strawberry.enum_value(name, description=given.description, deprecation_reason=given.deprecation_reason)


def _attribute(name: str) -> str:
    """A name for Python: the SDL's own may be a keyword."""
    return f"{name}_"


def _empty_field(name: str, field: GraphQLField) -> SdlField:
    return SdlField(
        python_name=_attribute(name),
        graphql_name=name,
        description=field.description,
        deprecation_reason=field.deprecation_reason,
        directives=directives_of(field),
    )


def _complete(field: SdlField, owner: GraphQLObjectType, given: GraphQLField, types: Mapping[str, Any]) -> None:
    name = str(field.graphql_name)
    field.type = _annotation(given.type, types)
    field.arguments = [_argument(argument, value, types) for argument, value in given.args.items()]
    field.given = given
    field.resolve = _resolve(owner, name, given)
    field.is_subscription = owner.name == "Subscription"
    field.unset = dict.fromkeys(given.args)
    field.plain = not given.args and directive_of(given) is None and is_leaf_type(get_named_type(given.type))


def _resolve(owner: GraphQLObjectType, name: str, given: GraphQLField) -> Resolve:
    directive = directive_of(given)
    if isinstance(directive, TopicDirective) and owner.name in ROOTS:
        resolve = ROOTS[owner.name](directive, given)
    else:
        resolve = resolver(f"{owner.name}.{name}", name, given)
    return writing(resolve) if owner.name == "Mutation" else resolve


ROOTS: Mapping[str, Callable[[TopicDirective, GraphQLField], Resolve]] = {
    "Mutation": mutation,
    "Subscription": subscription,
}


def _complete_input(field: StrawberryField, given: GraphQLInputField, types: Mapping[str, Any]) -> None:
    field.type = _annotation(given.type, types)
    field.default = field.default_value = _default(given, types)


def _argument(name: str, given: GraphQLArgument, types: Mapping[str, Any]) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(_annotation(given.type, types)),
        description=given.description,
        deprecation_reason=given.deprecation_reason,
        default=_default(given, types),
    )


def _annotation(kind: GraphQLType, types: Mapping[str, Any]) -> Any:
    """`Long!` is Long, and `[Long]` is list[Long | None] | None."""
    if is_non_null_type(kind):
        return _required(kind.of_type, types)
    return _required(kind, types) | None


def _required(kind: GraphQLType, types: Mapping[str, Any]) -> Any:
    if is_list_type(kind):
        return list[_annotation(kind.of_type, types)]  # type: ignore[misc]
    return types[get_named_type(kind).name]


def _default(given: GraphQLArgument | GraphQLInputField, types: Mapping[str, Any]) -> Any:
    node = given.ast_node.default_value if given.ast_node else None
    if node is None:
        return strawberry.UNSET
    return _member(value_from_ast_untyped(node), types[get_named_type(given.type).name])


def _member(value: Any, kind: Any) -> Any:
    """A value of the SDL, with Python's members in the place of enum names."""
    if isinstance(value, list):
        return [_member(item, kind) for item in value]
    return kind[value] if value is not None and isinstance(kind, enum.EnumMeta) else value


def plain(value: Any) -> Any:
    """An argument's value, with names in the place of enum members."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value.value if isinstance(value, enum.Enum) else value
