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
    OperationType,
    is_introspection_type,
    is_list_type,
)

from serving.gateway.checks.argument_uses import unused_arguments
from serving.gateway.checks.call_checks import wrong_calls
from serving.gateway.checks.rest_checks import REST_RULES, unknown_service
from serving.gateway.checks.root_checks import MUTATION_RULES, SUBSCRIPTION_RULES, directive_problem, wrong_inputs
from serving.gateway.checks.scope_checks import place_error, wrong_scopes
from serving.gateway.checks.scopes import Scopes
from serving.gateway.checks.topic_checks import TOPIC_RULES, Rule, TopicUse, known_topic
from serving.gateway.checks.value_checks import Values
from serving.gateway.checks.wording import name_list
from serving.gateway.directives.prelude import NAMES
from serving.gateway.directives.sdl_directives import DIRECTIVES, RestDirective, directives_of
from serving.gateway.scalars import SCALARS

UNSUPPORTED: Mapping[type[GraphQLNamedType], str] = {
    GraphQLInterfaceType: "interfaces are not supported: write their fields into the object types",
    GraphQLUnionType: "unions are not supported: use one object type with nullable fields",
    GraphQLScalarType: f"this scalar is not known: use one of {', '.join(SCALARS)}",
}


MOST_LEVELS = 20
"""Lists within lists."""


def problems(
    schema: GraphQLSchema, services: Collection[str] | None, secrets: Collection[str]
) -> Iterator[GraphQLError]:
    """All that is wrong with a schema which is valid GraphQL.

    Args:
        services: the names of the services that there are; None if any may be.
        secrets: the names of those that there are.
    """
    scopes = Scopes(schema)
    yield from _types(schema)
    yield from _levels(schema)
    yield from _Fields(schema, services, secrets).problems()
    yield from wrong_scopes(schema, scopes)
    yield from unused_arguments(schema, scopes)


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """The types of a schema but for the built-in ones and those of the prelude."""
    given = {*SCALARS, *NAMES}
    return [kind for name, kind in schema.type_map.items() if name not in given and not is_introspection_type(kind)]


def _types(schema: GraphQLSchema) -> Iterator[GraphQLError]:
    for kind in own_types(schema):
        if type(kind) in UNSUPPORTED:
            yield GraphQLError(f"{kind.name}: {UNSUPPORTED[type(kind)]}", kind.ast_node)


def _levels(schema: GraphQLSchema) -> Iterator[GraphQLError]:
    for kind in own_types(schema):
        for name, field in getattr(kind, "fields", {}).items():
            for one in (field, *getattr(field, "args", {}).values()):
                if str(one.type).count("[") > MOST_LEVELS:
                    message = f"{kind.name}.{name}: a list in more than {MOST_LEVELS} lists: take levels out"
                    yield GraphQLError(message, one.ast_node)


class _Fields:
    """Checks of each field by itself."""

    def __init__(self, schema: GraphQLSchema, services: Collection[str] | None, secrets: Collection[str]) -> None:
        self._schema = schema
        self._secrets = secrets
        self._services = services
        self._values = Values()
        self._roots = {
            id(schema.mutation_type): OperationType.MUTATION,
            id(schema.subscription_type): OperationType.SUBSCRIPTION,
        }

    def problems(self) -> Iterator[GraphQLError]:
        """What is wrong with the fields of all objects."""
        for owner in own_types(self._schema):
            if isinstance(owner, GraphQLObjectType):
                for name, field in owner.fields.items():
                    yield from self._problems(owner, name, field)

    def _problems(self, owner: GraphQLObjectType, name: str, field: GraphQLField) -> Iterator[GraphQLError]:
        """All problems of a field that its directive has, and those of its values' types."""
        use = TopicUse.of(self._roots.get(id(owner), OperationType.QUERY), owner, name, field)
        messages = [*self._messages(use, owner, field)]
        yield from (place_error(owner, name, field, message) for message in messages)
        if use and not known_topic(use) and not is_list_type(use.element):
            yield from self._values.wrong(use)

    def _messages(self, use: TopicUse | None, owner: GraphQLObjectType, field: GraphQLField) -> Iterator[str]:
        root = self._roots.get(id(owner), OperationType.QUERY)
        directives = directives_of(field)
        if len(directives) > 1:
            yield f"has more than one of {name_list(DIRECTIVES, '@')}: keep one of them"
        elif problem := directive_problem(root, field):
            yield problem
        elif directives and isinstance(directives[0], RestDirective):
            yield from filter(None, (rule(directives[0], field) for rule in REST_RULES))
            yield from unknown_service(directives[0], self._services)
            yield from wrong_calls(directives[0], field, owner, self._secrets)
        elif use:
            yield from _topic_messages(use)


def _topic_messages(use: TopicUse) -> Iterator[str]:
    """All that is wrong with a use of a topic; of an unknown one only that."""
    unknown = known_topic(use)
    rules = TOPIC_RULES if use.root is OperationType.QUERY else ROOT_RULES[use.root]
    if unknown:
        yield unknown
        return
    yield from filter(None, (rule(use) for rule in rules))
    if use.root is OperationType.MUTATION:
        yield from wrong_inputs(use)


ROOT_RULES: Mapping[OperationType, tuple[Rule, ...]] = {
    OperationType.MUTATION: MUTATION_RULES,
    OperationType.SUBSCRIPTION: SUBSCRIPTION_RULES,
}
