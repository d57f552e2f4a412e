"""Reading an SDL file: parsed, merged with the directives' prelude, and checked."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from graphql import (
    DefinitionNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    Source,
    build_ast_schema,
    concat_ast,
    parse,
    validate_schema,
)
from graphql.validation.validate import validate_sdl

from serving.gateway.checks.schema_checks import problems
from serving.gateway.directives.prelude import PRELUDE
from serving.gateway.errors import SchemaError

ROOTS = ("Query", "Mutation", "Subscription")


def text_of(path: Path) -> str:
    """The text of an SDL file.

    Raises:
        SchemaError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SchemaError([f"schema {path}: {reason}: name a GraphQL SDL file in UTF-8"]) from error


def contract(sdl: str, name: str, services: Collection[str] | None = None) -> GraphQLSchema:
    """The schema that the text of an SDL file describes; `name` is the file's name in messages.

    Args:
        services: the names of the services that there are; without it, they are not checked.

    Raises:
        SchemaError: it cannot be served.
    """
    document = concat_ast([PRELUDE, _merge_roots(_parse(sdl, name))])
    _refuse(name, validate_sdl(document))
    schema = build_ast_schema(document, assume_valid_sdl=True)
    _refuse(name, validate_schema(schema))
    _refuse(name, problems(schema, services))
    return schema


def _parse(sdl: str, name: str) -> DocumentNode:
    try:
        return parse(Source(sdl, name))
    except GraphQLError as error:
        raise SchemaError([_line(name, error)]) from error


def _merge_roots(document: DocumentNode) -> DocumentNode:
    """The document with a root type that is given twice merged: the second one extends the first."""
    return DocumentNode(definitions=tuple(_extensions(document.definitions)), loc=document.loc)


def _extensions(definitions: Iterable[DefinitionNode]) -> Iterator[DefinitionNode]:
    seen = set()
    for node in definitions:
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value in ROOTS:
            if node.name.value in seen:
                parts = {key: getattr(node, key) for key in ("name", "interfaces", "directives", "fields", "loc")}
                yield ObjectTypeExtensionNode(**parts)
                continue
            seen.add(node.name.value)
        yield node


def _refuse(name: str, errors: Iterable[GraphQLError]) -> None:
    lines = [_line(name, error) for error in errors]
    if lines:
        raise SchemaError(lines)


def _line(name: str, error: GraphQLError) -> str:
    """One line for an error: the place in the file, if it has one there, and the message."""
    nodes = [node for node in error.nodes or () if node.loc and node.loc.source.name == name]
    lines = [node.loc.source.get_location(node.loc.start).line for node in nodes if node.loc]
    if not lines and error.source and error.source.name == name and error.locations:
        lines = [error.locations[0].line]
    place = f"{name}:{lines[-1]}" if lines else name
    return f"{place}: {' '.join(error.message.split())}"
