"""The definitions that every SDL file starts from: the directives, and scalars."""

from collections.abc import Mapping

from graphql import DocumentNode, GraphQLDirective, Source, build_ast_schema, parse, specified_directives

from schemas import FOLDER

PATH = FOLDER / "directives.gql"
PRELUDE: DocumentNode = parse(Source(PATH.read_text(encoding="utf-8"), PATH.name))

DEFINITIONS: Mapping[str, GraphQLDirective] = {
    directive.name: directive
    for directive in (*build_ast_schema(PRELUDE, assume_valid=True).directives, *specified_directives)
}
"""The directives that a schema may use, by their names: ours, and those of GraphQL itself."""

_TEXTS = {
    node.name.value: node.description.value  # type: ignore[attr-defined]
    for node in PRELUDE.definitions
}


NAMES = frozenset(_TEXTS)
"""What the prelude defines."""


def description(name: str) -> str:
    """The description of something that the prelude defines."""
    return str(_TEXTS[name])
