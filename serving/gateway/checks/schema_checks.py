"""Checks of a schema before it is served: every message names the field, what is wrong, and the remedy."""

from collections.abc import Collection, Iterator, Mapping

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
)

from serving.gateway.checks.rest_checks import REST_RULES, unknown_service
from serving.gateway.checks.root_checks import MUTATION_RULES, SUBSCRIPTION_RULES, directive_problem
from serving.gateway.checks.scope_checks import out_of_scope, place_error
from serving.gateway.checks.topic_checks import TOPIC_RULES, Rule, TopicUse, name_list
from serving.gateway.checks.value_checks import wrong_values
from serving.gateway.directives.prelude import NAMES
from serving.gateway.directives.sdl_directives import DIRECTIVES, RestDirective, directive_of, directives_of
from serving.gateway.scalars import SCALARS

UNSUPPORTED: Mapping[type[GraphQLNamedType], str] = {
    GraphQLInterfaceType: "interfaces are not supported: write their fields into the object types",
    GraphQLUnionType: "unions are not supported: use one object type with nullable fields",
    GraphQLScalarType: f"this scalar is not known: use one of {', '.join(SCALARS)}",
}


def problems(schema: GraphQLSchema, services: Collection[str] | None = None) -> list[GraphQLError]:
    """All that is wrong with a schema which is valid GraphQL; what is out of scope only if all else is right."""
    return [*_types(schema), *_fields(schema, services)] or list(out_of_scope(schema))


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """The types of a schema but for the built-in ones and those of the prelude."""
    given = {*SCALARS, *NAMES}
    return [kind for name, kind in schema.type_map.items() if name not in given and not is_introspection_type(kind)]


def _types(schema: GraphQLSchema) -> Iterator[GraphQLError]:
    for kind in own_types(schema):
        if type(kind) in UNSUPPORTED:
            yield GraphQLError(f"{kind.name}: {UNSUPPORTED[type(kind)]}", kind.ast_node)


def _fields(schema: GraphQLSchema, services: Collection[str] | None) -> Iterator[GraphQLError]:
    for owner in own_types(schema):
        if isinstance(owner, GraphQLObjectType):
            for name, field in owner.fields.items():
                yield from _problems(owner, name, field)
                message = services is not None and unknown_service(directive_of(field), services)
                if message:
                    yield place_error(owner, name, field, message)


def _problems(owner: GraphQLObjectType, name: str, field: GraphQLField) -> Iterator[GraphQLError]:
    """The first problem of a field that its directive has; or else all of its values' types."""
    message, use = _problem(owner, name, field)
    if message:
        yield place_error(owner, name, field, message)
    elif use:
        yield from wrong_values(use)


def _problem(owner: GraphQLObjectType, name: str, field: GraphQLField) -> tuple[str | None, TopicUse | None]:
    directives = directives_of(field)
    if len(directives) > 1:
        return f"has more than one of {name_list(DIRECTIVES, '@')}: keep one of them", None
    if owner.name in ROOT_RULES and (message := directive_problem(owner, name)):
        return message, None
    if not directives:
        return None, None
    directive = directives[0]
    if isinstance(directive, RestDirective):
        return next(filter(None, (rule(directive, field) for rule in REST_RULES)), None), None
    use = TopicUse(directive, owner, name, field)
    rules = ROOT_RULES.get(owner.name, TOPIC_RULES)
    return next(filter(None, (rule(use) for rule in rules)), None), use


ROOT_RULES: Mapping[str, tuple[Rule, ...]] = {"Mutation": MUTATION_RULES, "Subscription": SUBSCRIPTION_RULES}
