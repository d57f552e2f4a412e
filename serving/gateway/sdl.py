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
    SchemaDefinitionNode,
    build_ast_schema,
    concat_ast,
    parse,
    validate_schema,
)
from graphql.validation.validate import validate_sdl

from serving.gateway.checks.directive_uses import unenforced_directives, wrong_arguments
from serving.gateway.checks.places import File, Places
from serving.gateway.checks.remedies import with_remedies
from serving.gateway.checks.repair import Damage, repaired
from serving.gateway.checks.schema_checks import problems
from serving.gateway.directives.prelude import PRELUDE
from serving.gateway.errors import SchemaError
from serving.gateway.scalars import use_scalars

ROOTS = ("Query", "Mutation", "Subscription")

MOST_LINES = 100
"""Errors that are told at once."""

MOST_REPAIRS = 5
"""Times that what is wrong is taken out, to see what else is."""


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


def contract(
    sdl: str, name: str, services: Collection[str] | None = None, secrets: Collection[str] = ()
) -> GraphQLSchema:
    """The schema that the text of an SDL file describes; `name` is the file's name in messages.

    Args:
        services: the names of the services that there are; without it, they are not checked.
        secrets: the names of the secrets that there are.

    Raises:
        SchemaError: it cannot be served; names all that is wrong.
    """
    try:
        return _checked(_merge_roots(_parse(sdl, name)), name, services, secrets)
    except RecursionError:
        raise SchemaError([f"{name}: types, lists or values are nested too deeply: take levels out"]) from None


def _checked(
    document: DocumentNode, name: str, services: Collection[str] | None, secrets: Collection[str]
) -> GraphQLSchema:
    places = Places(document, name)
    damage = Damage(places)
    document, found = _valid(document, places, damage)
    wrong = with_remedies(wrong_arguments(document))
    damage.note(wrong)
    found += [*wrong, *unenforced_directives(document)]
    schema = build_ast_schema(concat_ast([PRELUDE, document]), assume_valid_sdl=True)
    use_scalars(schema)
    found += [error for error in with_remedies(validate_schema(schema)) if not damage.hides(error)]
    found += [error for error in problems(schema, services, secrets) if not damage.hides(error)]
    if found:
        raise SchemaError(_lines(found, places))
    return schema


def _valid(document: DocumentNode, places: Places, damage: Damage) -> tuple[DocumentNode, list[GraphQLError]]:
    """The document, without what GraphQL itself does not allow, and the errors that say what this is.

    Raises:
        SchemaError: hardly anything is right.
    """
    errors = validate_sdl(concat_ast([PRELUDE, document]))
    first = with_remedies(errors)
    for _ in range(MOST_REPAIRS):
        if not errors:
            return document, first
        document = repaired(document, errors, places, damage)
        errors = validate_sdl(concat_ast([PRELUDE, document]))
    raise SchemaError(_lines(first, places))


def _parse(sdl: str, name: str) -> DocumentNode:
    try:
        return parse(File(sdl, name))
    except GraphQLError as error:
        raise SchemaError(_lines([error], Places(DocumentNode(definitions=()), name))) from error


def _lines(errors: Iterable[GraphQLError], places: Places) -> list[str]:
    """A line for each error, in the order of the file."""
    lines = dict.fromkeys(line for _, line in sorted(places.line(error) for error in errors))
    more = [f"{places.name}: and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return [*[*lines][:MOST_LINES], *more]


def _merge_roots(document: DocumentNode) -> DocumentNode:
    """The document with a root type that is given twice merged: the second one extends the first."""
    schemas = (node for node in document.definitions if isinstance(node, SchemaDefinitionNode))
    named = {operation.type.name.value for node in schemas for operation in node.operation_types}
    return DocumentNode(definitions=tuple(_extensions(document.definitions, {*ROOTS, *named})), loc=document.loc)


def _extensions(definitions: Iterable[DefinitionNode], roots: Collection[str]) -> Iterator[DefinitionNode]:
    seen = set()
    for node in definitions:
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value in roots:
            if node.name.value in seen:
                parts = {key: getattr(node, key) for key in ("name", "interfaces", "directives", "fields", "loc")}
                yield ObjectTypeExtensionNode(**parts)
                continue
            seen.add(node.name.value)
        yield node
