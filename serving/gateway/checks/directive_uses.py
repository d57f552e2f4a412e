"""Checks of how an SDL file uses directives: that they do something, and that their arguments are valid."""

from collections.abc import Callable, Iterator
from typing import Any

from graphql import DirectiveDefinitionNode, DirectiveNode, DocumentNode, GraphQLError, IntValueNode, ValueNode
from graphql.utilities import validate_input_literal

from serving.gateway.checks.places import MEMBERS
from serving.gateway.checks.wording import name_list
from serving.gateway.directives.prelude import DEFINITIONS


def unenforced_directives(document: DocumentNode) -> Iterator[GraphQLError]:
    """The directives of a file that nothing enforces."""
    own = {node.name.value for node in document.definitions if isinstance(node, DirectiveDefinitionNode)}
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode):
            known = name_list(name for name in DEFINITIONS if name not in ("skip", "include"))
            message = f"the server does nothing for a directive of one's own: take it out; it knows {known}"
            yield GraphQLError(message, node)
        for use in _uses(node):
            if use.name.value in own:
                yield GraphQLError(f"nothing enforces @{use.name.value}: take it out", use)


def wrong_arguments(document: DocumentNode) -> Iterator[GraphQLError]:
    """The arguments of directives that are not valid."""
    for node in document.definitions:
        for use in _uses(node):
            if use.name.value in DEFINITIONS:
                yield from _wrong_arguments(use)


def _uses(node: Any) -> Iterator[DirectiveNode]:
    yield from getattr(node, "directives", None) or ()
    for attribute in MEMBERS:
        for member in getattr(node, attribute, None) or ():
            yield from _uses(member)


def _negative(given: ValueNode) -> bool:
    return isinstance(given, IntValueNode) and given.value.startswith("-")


def _wrong_arguments(use: DirectiveNode) -> Iterator[GraphQLError]:
    arguments = DEFINITIONS[use.name.value].args
    for given in use.arguments or ():
        name = given.name.value
        if name in arguments:
            errors: list[GraphQLError] = []
            validate_input_literal(given.value, arguments[name].type, _noted(errors))
            for error in errors:
                yield GraphQLError(f"@{use.name.value}({name}:): {error.message}", given)
            if name == "maxAge" and _negative(given.value):
                yield GraphQLError(f"@{use.name.value}({name}:): give seconds, 0 or more", given)


def _noted(errors: list[GraphQLError]) -> Callable[[GraphQLError, object], None]:
    return lambda error, path: errors.append(error)
