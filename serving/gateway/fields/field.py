"""What a field of the SDL means, whoever answers the query.

A value is handed down together with the scope, the arguments of all fields on the way to it: so a key may come from any
of them. A field's value is there already, as part of its parent's value or as an argument, or it has to be loaded.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

Arguments: TypeAlias = Mapping[str, Any]
"""The arguments in scope by name, a field's own included."""

GROUP: Any = object()
"""The value of an object that has none of its own, but groups fields of which each says where its value comes from."""


class Kind(Enum):
    """What the value of an object is."""

    GROUP = "none: it only groups its fields"
    TOPIC = "a topic's, or part of one: the checks of the schema have proved its types"
    SERVICE = "a service's answer, or part of one"


class PresentField(ABC):
    """A field whose value is there.

    Attributes:
        kind: what its value is; None if that is what its parent's is.
    """

    kind: ClassVar[Kind | None] = None

    @abstractmethod
    def value(self, parent: Any, arguments: Arguments) -> Any:
        """The value.

        Args:
            parent: the value of the object that the field belongs to.

        Raises:
            GraphQLError: it is not there after all.
        """


RequestT = TypeVar("RequestT")


class LoadedField(ABC, Generic[RequestT]):
    """A field whose value has to be loaded.

    Attributes:
        kind: what its value is.
    """

    kind: ClassVar[Kind]

    @abstractmethod
    def request(self, parent: Any, arguments: Arguments) -> RequestT | None:
        """What has to be loaded; None if that is nothing, and the value null.

        Args:
            parent: the value of the object that the field belongs to.

        Raises:
            GraphQLError: the arguments ask for what cannot be.
        """

    @abstractmethod
    def value(self, request: RequestT, loaded: Any) -> Any:
        """The value, from what was requested, and what was loaded for it.

        Raises:
            GraphQLError: there is none.
        """


Field: TypeAlias = PresentField | LoadedField[Any]


def own_arguments(names: Iterable[str], query: Mapping[str, Any]) -> Arguments:
    """What a field adds to the scope: the arguments that a query gives it; those which it leaves out are null."""
    return {**dict.fromkeys(names), **{name: _plain(value) for name, value in query.items()}}


def _plain(value: Any) -> Any:
    """An argument's value, with names in the place of enum members."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.value if isinstance(value, Enum) else value
