"""Taking out of an SDL document what is wrong in it, so that what else is wrong can be said at the same time."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from graphql import DirectiveNode, DocumentNode, GraphQLError, NameNode, Node

from serving.gateway.checks.places import Places

LISTS = ("definitions", "operation_types", "interfaces", "types", "directives", "fields", "values", "arguments")
"""Where nodes are whose members may be taken out."""


class Damage:
    """What is known to be wrong, so that errors which follow from it are not told, too."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._elements: set[str] = set()
        self._lost: dict[str, set[str]] = defaultdict(set)
        self._twice: set[int] = set()
        self._sourceless: set[str] = set()

    def note(self, errors: Iterable[GraphQLError]) -> None:
        """Takes the elements that errors are about for damaged."""
        for error in errors:
            node = self._places.node_of(error)
            if node is not None and node.loc:
                self._elements.add(self._places.coordinate(node))
                if isinstance(node, NameNode):  # which is how errors about names that stand twice point there
                    self._twice.add(node.loc.start)

    def lose(self, node: Any) -> None:
        """Takes an element for lost, unless there is another one of the same name.

        A lost field is missed where its type is spoken of; a lost type or argument anywhere.
        """
        coordinate = self._places.coordinate(node)
        self._elements |= {coordinate, coordinate.partition(".")[0]}
        if isinstance(node, DirectiveNode):
            self._sourceless.add(coordinate.rpartition(".")[2])
        elif hasattr(node, "name") and node.name.loc.start not in self._twice:
            owner, _, name = coordinate.partition(".")
            self._lost[node.name.value].add(owner if name == node.name.value else "")

    def hides(self, error: GraphQLError) -> bool:
        """Whether an error may follow from what is wrong already."""
        node = self._places.node_of(error)
        coordinate = self._places.coordinate(node) if node is not None else ""
        damaged = coordinate in self._elements or (node is None and bool(self._elements))
        way = re.search(r"\((\w+(?:\.[\w…]+)+)\b", error.message)
        beneath = way is not None and not self._sourceless.isdisjoint(way[1].split("."))
        words = {*re.findall(r"\w+", error.message), coordinate.partition(".")[0], ""}
        return damaged or beneath or any(not words.isdisjoint(self._lost.get(word, ())) for word in words)


def repaired(document: DocumentNode, errors: Sequence[GraphQLError], places: Places, damage: Damage) -> DocumentNode:
    """The document without the smallest parts in which the errors are."""
    damage.note(errors)
    offsets = sorted(node.loc.start for error in errors if (node := places.node_of(error)) and node.loc)
    found: DocumentNode = _without(document, offsets, damage) or document
    return found


def _without(node: Any, offsets: list[int], damage: Damage) -> Any:
    """A node without the members at these offsets; None if it is itself at one of them."""
    parts, inside = {}, 0
    for attribute in LISTS:
        found = [(member, _within(member, offsets)) for member in getattr(node, attribute, None) or ()]
        inside += sum(len(some) for _, some in found)
        kept = (member if not some else _without(member, some, damage) for member, some in found)
        if found:
            parts[attribute] = tuple(member for member in kept if member is not None)
    if inside < len(offsets):
        damage.lose(node)
        return None
    return type(node)(**{**{key: getattr(node, key) for key in node.keys}, **parts})


def _within(node: Node, offsets: list[int]) -> list[int]:
    """Of sorted offsets those at which a node stands."""
    return offsets[bisect_left(offsets, node.loc.start) : bisect_left(offsets, node.loc.end)] if node.loc else []
