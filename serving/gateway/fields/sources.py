"""Where a name of a directive comes from: an argument, a field of the same object, or a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from serving.gateway.directives.sdl_directives import directives_of
from serving.gateway.fields.field import GROUP, Arguments
from serving.gateway.fields.placeholders import SECRET
from serving.gateway.scalars import to_result

WHOLE = ("Long", "Int")


@dataclass(frozen=True)
class ArgumentSource:
    """An argument in scope."""

    name: str

    def value(self, parent: Any, arguments: Arguments) -> Any:
        """The argument's value."""
        return arguments.get(self.name)


@dataclass(frozen=True)
class MemberSource:
    """A field of the same object, without a directive, whose value is coerced to its type as when it is answered.

    Attributes:
        where: its name in messages, like `Artist.id`.
        leaf: its type, or that of the values in its list.
    """

    where: str
    name: str
    leaf: GraphQLLeafType = field(hash=False, compare=False)

    def value(self, parent: Any, arguments: Arguments) -> Any:
        """The field's value, or the list of its values.

        Raises:
            GraphQLError: it is not of the field's type.
        """
        found = (arguments if parent is GROUP else parent).get(self.name)
        return [self._coerced(one) for one in found] if isinstance(found, list) else self._coerced(found)

    def _coerced(self, found: Any) -> Any:
        whole = self.leaf.name in WHOLE
        if found is None or (whole and type(found) is int):
            return found
        try:
            return to_result(found) if whole else self.leaf.coerce_output_value(found)
        except (GraphQLError, ValueError, TypeError):
            raise GraphQLError(f"{self.where} has a value that is no {self.leaf}") from None


@dataclass(frozen=True)
class SecretSource:
    """A secret, which the server was started with."""

    name: str
    secret: str = field(repr=False)

    def value(self, parent: Any, arguments: Arguments) -> Any:
        """The secret."""
        return self.secret


Source: TypeAlias = ArgumentSource | MemberSource | SecretSource


def source_of(name: str, given: GraphQLField, owner: GraphQLObjectType, secrets: Mapping[str, str]) -> Source:
    """What a name stands for: a secret, an argument of the field itself, a field beside it, an argument from above."""
    if name.startswith(SECRET):
        return SecretSource(name, secrets.get(name.removeprefix(SECRET), ""))
    if name not in given.args and is_member(owner, name):
        return member_of(owner, name)
    return ArgumentSource(name)


def is_member(owner: GraphQLObjectType, name: str) -> bool:
    """Whether a type has a field of this name without a directive, whose value is no object."""
    found = owner.fields.get(name)
    return found is not None and not directives_of(found) and is_leaf_type(get_named_type(found.type))


def member_of(owner: GraphQLObjectType, name: str) -> MemberSource:
    """The field of this name, which is a member."""
    leaf: Any = get_named_type(owner.fields[name].type)
    return MemberSource(f"{owner.name}.{name}", name, leaf)
