"""The definitions that every SDL file starts from: the directives, and the scalar Long."""

from graphql import DocumentNode, Source, parse

from schemas import FOLDER

PATH = FOLDER / "directives.gql"
PRELUDE: DocumentNode = parse(Source(PATH.read_text(encoding="utf-8"), PATH.name))

_TEXTS = {
    node.name.value: node.description.value  # type: ignore[attr-defined]
    for node in PRELUDE.definitions
}


NAMES = frozenset(_TEXTS)
"""What the prelude defines."""


def description(name: str) -> str:
    """The description of something that the prelude defines."""
    return str(_TEXTS[name])
