"""Documents of GraphQL, parsed once each, and which of their operations is meant."""

from functools import lru_cache

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse

from serving.gateway import codes

CACHED = 256
"""Texts whose documents are kept."""


@lru_cache(CACHED)
def parsed(text: str, tokens: int) -> DocumentNode | GraphQLError:
    """The document of a text of no more than so many tokens; or what is wrong with it."""
    try:
        return parse(text, max_tokens=tokens)
    except GraphQLError as error:
        return error


def operation_in(document: DocumentNode | GraphQLError, name: str | None) -> OperationDefinitionNode | GraphQLError:
    """The operation of this name; without a name, the only one, as the specification says (6.1). Else what is wrong."""
    if isinstance(document, GraphQLError):
        return document
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        found = [node for node in operations if node.name and node.name.value == name]
        return found[0] if found else codes.refusal(f"Unknown operation named '{name}'.", codes.NO_OPERATION)
    if len(operations) == 1:
        return operations[0]
    return codes.refusal(_ANY if operations else "Must provide an operation.", codes.NO_OPERATION)


_ANY = "Must provide operation name if query contains multiple operations."
