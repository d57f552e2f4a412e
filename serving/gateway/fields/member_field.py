"""Fields without a directive that are no groups: part of their parent's value, or an argument."""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from serving.gateway.fields.field import Arguments, PresentField


@dataclass(frozen=True)
class MemberField(PresentField):
    """Part of its parent's value, which a service may leave out where it can be null.

    Attributes:
        where: the field's name in messages, like `UserProfile.artistCharts`.
        required: whether the field has to have a value.
    """

    where: str
    name: str
    required: bool

    def value(self, parent: Any, arguments: Arguments) -> Any:
        """What the parent's value has by this name."""
        try:
            return parent[self.name] if self.required else parent.get(self.name)
        except (KeyError, TypeError, AttributeError):
            message = f"{self.where} has no directive, and the value that it is part of has no {self.name!r}"
            raise GraphQLError(message) from None


@dataclass(frozen=True)
class ArgumentField(PresentField):
    """A field of a group that tells the argument of its own name."""

    name: str

    def value(self, parent: Any, arguments: Arguments) -> Any:
        """The argument in scope."""
        return arguments.get(self.name)
