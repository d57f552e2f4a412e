"""Checks of mutations and subscriptions: what they may write to, and what tells of its changes."""

from collections.abc import Iterator

from graphql import GraphQLField, GraphQLInputObjectType, OperationType, get_nullable_type, is_non_null_type

from schemas.topics import CATALOGUE
from schemas.wire import avro
from serving.gateway.checks.scope_checks import is_key
from serving.gateway.checks.topic_checks import Rule, TopicUse, element_type
from serving.gateway.checks.value_checks import SCALAR_TYPES, fits
from serving.gateway.checks.wording import choose, name_list
from serving.gateway.directives.sdl_directives import RestDirective, TopicDirective, directive_of
from store.layout import USERS

WRITABLE = tuple(name for name, topic in CATALOGUE.items() if topic.given)
FOLLOWED = tuple(
    name
    for name, topic in CATALOGUE.items()
    if topic.place.table == USERS and (topic.place.column is not None or topic.given)
)
"""The topics whose changes are told: those of users with one value for a key, and the events themselves."""


def _plain(use: TopicUse) -> str | None:
    if use.has_range:
        return f"a {use.root.value} has no range: take rangeFrom and rangeTo out"
    if use.directive.key_field:
        return f"a {use.root.value} has no fields beside it: take keyField out"
    return None


def _single(use: TopicUse) -> str | None:
    return f"a {use.root.value} gives one value: make {use.field.type} a single type" if use.many else None


def _writable(use: TopicUse) -> str | None:
    if use.topic.given:
        return None
    return f"topic {use.topic.name!r} is computed and cannot be written: use one of {name_list(WRITABLE)}"


def _two_arguments(use: TopicUse) -> str | None:
    names = list(use.field.args)
    if len(names) != 2:
        return f"a mutation has two arguments, the key and the value, not {len(names)}: declare exactly those"
    argument = use.directive.key_argument
    if argument and argument != names[0]:
        return f"keyArgument {argument!r}: the key is the first argument, {names[0]!r}"
    key = use.field.args[names[0]].type
    if is_non_null_type(key) and is_key(key, use.topic.key):
        return None
    return f"argument {names[0]!r}, the key, is {key}: make it {use.topic.key}!"


def wrong_inputs(use: TopicUse) -> Iterator[str]:
    """Where the value's input type has not a field for each of the topic's values that the key does not give."""
    if not use.topic.given or len(use.field.args) != 2:
        return
    name, given = list(use.field.args.items())[1]
    kind = get_nullable_type(given.type)
    if is_non_null_type(given.type) and isinstance(kind, GraphQLInputObjectType):
        yield from _wrong_fields(use, kind)
    else:
        remedy = f"make it an input type with the fields of {use.topic.value}"
        yield f"argument {name!r}, the value, is {given.type}: {remedy}"


def _wrong_fields(use: TopicUse, kind: GraphQLInputObjectType) -> Iterator[str]:
    fields = {field["name"]: field for field in avro.schema(use.topic.value)["fields"]}
    for name, given in kind.fields.items():
        if name not in fields:
            yield f"{kind.name}.{name} is no field of {use.topic.value}: {choose(name, fields)}"
        elif not fits(given.type, fields[name]["type"]):
            wanted = SCALAR_TYPES[fields[name]["type"]]
            yield f"{kind.name}.{name} is {given.type}: make it {wanted}"
    for name, field in fields.items():
        needed = name != use.topic.identity and "default" not in field
        if needed and not (name in kind.fields and is_non_null_type(kind.fields[name].type)):
            yield f"{kind.name} needs the field {name}: {SCALAR_TYPES[field['type']]}!"


def _followable(use: TopicUse) -> str | None:
    if use.topic.name in FOLLOWED:
        return None
    return f"topic {use.topic.name!r} does not tell of new values: use one of {name_list(FOLLOWED)}"


def _filter(use: TopicUse) -> str | None:
    name = use.directive.key_argument
    if not name:
        return None
    if name not in use.field.args:
        return f"keyArgument {name!r} is no argument of this field: add it"
    given = use.field.args[name].type
    return None if is_key(given, use.topic.key) else f"keyArgument {name!r} is {given}: make it {use.topic.key}"


MUTATION_RULES: tuple[Rule, ...] = (_plain, _single, _writable, _two_arguments)
SUBSCRIPTION_RULES: tuple[Rule, ...] = (_plain, _single, element_type, _followable, _filter)


def directive_problem(root: OperationType, field: GraphQLField) -> str | None:
    """What is wrong with a field of a mutation or a subscription that has no directive that fits."""
    directive, mutation = directive_of(field), root is OperationType.MUTATION
    if root is OperationType.QUERY or isinstance(directive, TopicDirective):
        return None
    if mutation and isinstance(directive, RestDirective):
        return None
    return f"a {root.value} needs {'@topic or @rest' if mutation else '@topic'}: give it one"
