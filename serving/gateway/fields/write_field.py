"""Mutations with `@topic`: they write their second argument to the topic, their first one is the key."""

from dataclasses import dataclass
from typing import Any, ClassVar

from graphql import GraphQLField

from schemas.topics import CATALOGUE, Topic
from serving.gateway.directives.sdl_directives import TopicDirective
from serving.gateway.fields.field import Arguments, Kind, LoadedField
from serving.gateway.topics.topic_writer import Write


@dataclass(frozen=True)
class WriteField(LoadedField[Write]):
    """What a mutation writes.

    Attributes:
        key, argument: the names of the arguments that are the key and the value.
    """

    kind: ClassVar[Kind] = Kind.TOPIC
    topic: Topic
    key: str
    argument: str

    def request(self, parent: Any, arguments: Arguments) -> Write:
        """What is to be written."""
        return Write(self.topic, arguments[self.key], arguments[self.argument])

    def value(self, request: Write, loaded: Any) -> Any:
        """The value as it was written."""
        return loaded


def write_field(directive: TopicDirective, field: GraphQLField) -> WriteField:
    """What a field of `Mutation` means."""
    key, argument = field.args
    return WriteField(CATALOGUE[directive.name], key, argument)
