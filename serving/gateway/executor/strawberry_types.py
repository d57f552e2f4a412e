"""Strawberry types from a schema: first all types by their names, then the fields that refer to them.

So the order of the SDL does not matter, and types may refer to themselves.
"""

import enum
from collections.abc import Mapping
from typing import Any, TypeAlias

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

from serving.gateway.checks.schema_checks import own_types
from serving.gateway.directives.sdl_directives import TopicDirective, directive_of, directives_of
from serving.gateway.executor.resolvers import ROOT, Parent, Resolve, resolver, writing
from serving.gateway.fields.field import own_arguments
from serving.gateway.fields.meaning import AnyMeaning, Meanings
from serving.gateway.scalars import SCALARS

Input: TypeAlias = GraphQLArgument | GraphQLInputField


class SdlField(StrawberryField):
    """A field of the SDL.

    Attributes:
        meaning: what it asks for, and what its value is.
        resolve: gives its value.
        names: its arguments.
        plain: it needs neither arguments nor the request's context.
    """

    meaning: AnyMeaning
    resolve: Resolve
    names: tuple[str, ...]
    plain: bool

    @property
    def is_basic_field(self) -> bool:
        """Whether Strawberry may leave out the context and the arguments."""
        return self.plain

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The value, or an awaitable of it."""
        parent: Parent = source or ROOT
        arguments = parent.arguments
        if self.names:
            arguments = {**arguments, **own_arguments(self.names, kwargs)}
        return self.resolve(parent, info and info.context, arguments)


def build_types(schema: GraphQLSchema, secrets: Mapping[str, str]) -> dict[str, Any]:
    """The Strawberry type of every type of a checked schema, by name; `secrets` are those that its calls may hold."""
    own = own_types(schema)
    types = {**SCALARS, **{kind.name: _empty_type(kind) for kind in own}}
    meanings = Meanings(schema, secrets)
    for kind in own:
        if isinstance(kind, GraphQLObjectType):
            for field in types[kind.name].__strawberry_definition__.fields:
                _complete(field, kind, schema, meanings, types)
        elif isinstance(kind, GraphQLInputObjectType):
            for field in types[kind.name].__strawberry_definition__.fields:
                _complete_input(field, kind.fields[field.graphql_name], types)
    return types


def _empty_type(kind: GraphQLNamedType) -> Any:
    if isinstance(kind, GraphQLEnumType):
        members = enum.Enum(kind.name, list(map(_enum_member, kind.values.items())))  # type: ignore[misc]
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
            description=definition.description,
            deprecation_reason=definition.deprecation_reason,
        )
        for name, definition in kind.fields.items()
    }
    body = {**fields, "__annotations__": dict.fromkeys(fields, Any)}
    made: Any = strawberry.input(
        type(kind.name, (), body), name=kind.name, description=kind.description, one_of=kind.is_one_of
    )
    made.__strawberry_definition__.from_input = lambda _, value, context: dict(value)
    return made


def _enum_member(item: tuple[str, GraphQLEnumValue]) -> tuple[str, Any]:
    """A value by a name for Python, which has uses of its own for names like `mro` and `_x_`."""
    name, definition = item
    return f"value_{name}", strawberry.enum_value(
        name, name=name, description=definition.description, deprecation_reason=definition.deprecation_reason
    )


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


def _complete(
    field: SdlField, owner: GraphQLObjectType, schema: GraphQLSchema, meanings: Meanings, types: Mapping[str, Any]
) -> None:
    name = str(field.graphql_name)
    definition = owner.fields[name]
    field.type = _annotation(definition.type, types)
    field.arguments = [_argument(argument, value, types) for argument, value in definition.args.items()]
    field.meaning = meanings.of(owner, name)
    resolve = resolver(field.meaning, definition)
    field.resolve = writing(resolve, _written(definition)) if owner is schema.mutation_type else resolve
    field.is_subscription = owner is schema.subscription_type
    field.names = tuple(definition.args)
    field.plain = (
        not definition.args and directive_of(definition) is None and is_leaf_type(get_named_type(definition.type))
    )


def _written(definition: GraphQLField) -> str | None:
    """The topic that a field of `Mutation` writes, if it does."""
    directive = directive_of(definition)
    return directive.name if isinstance(directive, TopicDirective) else None


def _complete_input(field: StrawberryField, definition: GraphQLInputField, types: Mapping[str, Any]) -> None:
    field.type = _annotation(definition.type, types)
    field.default = field.default_value = _default(definition, types)


def _argument(name: str, definition: GraphQLArgument, types: Mapping[str, Any]) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(_annotation(definition.type, types)),
        description=definition.description,
        deprecation_reason=definition.deprecation_reason,
        default=_default(definition, types),
    )


def _annotation(kind: GraphQLType, types: Mapping[str, Any]) -> Any:
    """`Long!` is Long, and `[Long]` is list[Long | None] | None."""
    if is_non_null_type(kind):
        return _non_null(kind.of_type, types)
    return _non_null(kind, types) | None


def _non_null(kind: GraphQLType, types: Mapping[str, Any]) -> Any:
    if is_list_type(kind):
        return list[_annotation(kind.of_type, types)]  # type: ignore[misc]
    return types[get_named_type(kind).name]


def _default(definition: Input, types: Mapping[str, Any]) -> Any:
    node = definition.ast_node.default_value if definition.ast_node else None
    if node is None:
        return strawberry.UNSET
    return _member(value_from_ast_untyped(node), types[get_named_type(definition.type).name])


def _member(value: Any, kind: Any) -> Any:
    """A value of the SDL, with Python's members in the place of enum names."""
    if isinstance(value, list):
        return [_member(item, kind) for item in value]
    return kind(value) if value is not None and isinstance(kind, enum.EnumMeta) else value


def use_defaults(contract: GraphQLSchema, served: GraphQLSchema) -> None:
    """Gives arguments and input fields the defaults as the SDL says them, to be coerced like any other value."""
    for kind in own_types(contract):
        ours = served.type_map[kind.name]
        if isinstance(kind, GraphQLObjectType) and isinstance(ours, GraphQLObjectType):
            for name, field in kind.fields.items():
                _use_defaults(field.args, ours.fields[name].args)
        elif isinstance(kind, GraphQLInputObjectType) and isinstance(ours, GraphQLInputObjectType):
            _use_defaults(kind.fields, ours.fields)


def _use_defaults(said: Mapping[str, Input], served: Mapping[str, Input]) -> None:
    for name, definition in said.items():
        if definition.default is not None:
            served[name].default = definition.default
