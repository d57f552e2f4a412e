"""Where things stand in an SDL file: line, column, and the name of the element, like `Query.artist`."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLError,
    Node,
    SchemaDefinitionNode,
    Source,
    SourceLocation,
)

MEMBERS = ("fields", "values", "arguments")
"""What an element may consist of."""


class File(Source):
    """The text of a file, which knows its lines: errors ask for their places so often that counting would be slow."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, name)
        self._lines = [0, *(found.end() for found in re.finditer(r"\r\n|[\n\r]", text))]

    def get_location(self, position: int) -> SourceLocation:
        """The line and the column of a position in the text."""
        line = bisect_right(self._lines, position)
        return SourceLocation(line, position - self._lines[line - 1] + 1)


class Element(NamedTuple):
    """A definition, a field, an argument or a value of an enum, from `start` until before `end` in the text.

    Attributes:
        coordinate: its name, of an argument that of its field.
        above: the number of what it belongs to.
    """

    start: int
    end: int
    coordinate: str
    above: int | None


class Places:
    """The elements of a file.

    Attributes:
        name: of the file, in messages.
    """

    def __init__(self, document: DocumentNode, name: str) -> None:
        self.name = name
        self._elements: list[Element] = []
        for node in document.definitions:
            self._add(node, _name_of(node), None)
        self._starts = [element.start for element in self._elements]

    def coordinate(self, node: Node) -> str:
        """The name of the element in which a node of the file stands."""
        return self._coordinate(node.loc.start) if node.loc else ""

    def node_of(self, error: GraphQLError) -> Node | None:
        """The node of the file that an error is about; of several the last one."""
        ours = [node for node in error.nodes or () if node.loc and node.loc.source.name == self.name]
        return ours[-1] if ours else None

    def line(self, error: GraphQLError) -> tuple[tuple[int, int], str]:
        """The place of an error in the file, for sorting, and a line of text for it: place, element and message."""
        message, node = " ".join(error.message.split()), self.node_of(error)
        if node is not None:
            named: Any = getattr(node, "name", node)  # rather than the description, with which a definition begins
            line, column = named.loc.source.get_location(named.loc.start)
            coordinate = self.coordinate(named)
            message = message if not coordinate or message.startswith(coordinate) else f"{coordinate}: {message}"
        elif error.source and error.source.name == self.name and error.locations:
            line, column = error.locations[0]
        else:
            return (0, 0), f"{self.name}: {message}"
        return (line, column), f"{self.name}:{line}:{column}: {message}"

    def _add(self, node: Any, coordinate: str, above: int | None) -> None:
        number = len(self._elements)
        self._elements.append(Element(node.loc.start, node.loc.end, coordinate, above))
        for member in _members(node):
            inner = (
                coordinate if coordinate.startswith("@") or "." in coordinate else f"{coordinate}.{_name_of(member)}"
            )
            self._add(member, inner, number)

    def _coordinate(self, offset: int) -> str:
        number: int | None = bisect_right(self._starts, offset) - 1
        while number is not None and number >= 0:
            element = self._elements[number]
            if offset < element.end:
                return element.coordinate
            number = element.above
        return ""


def _members(node: Any) -> Iterator[Any]:
    for attribute in MEMBERS:
        yield from getattr(node, attribute, None) or ()


def _name_of(node: Any) -> str:
    if isinstance(node, SchemaDefinitionNode):
        return "schema"
    name = getattr(node, "name", None)
    return ("@" if isinstance(node, DirectiveDefinitionNode) else "") + (name.value if name else "schema")
