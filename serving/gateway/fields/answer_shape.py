"""What the answers of services mean: the part that is selected, in the shape of a field."""

from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from serving.gateway import codes
from serving.gateway.services.rest_call import Answer, failure

EMPTY = (204, 205)
ABSENT = 404
REFUSED = 300
"""The first status which is no answer; redirections are none, since they may lead anywhere."""

FAULT = 500
"""The first status which is no fault of the client's."""


@dataclass(frozen=True)
class Shape:
    """What an answer has to be.

    Attributes:
        select: the names on the way to the part that is meant; a number is a place in a list.
        by: the field of each object of an answer to many keys that holds its key.
        levels: of lists.
        leaf: whether scalars are wanted, rather than objects.
        required: whether the field has to have a value.
    """

    select: tuple[str, ...]
    by: str | None
    levels: int
    leaf: bool
    required: bool

    def value(self, service: str, answer: Answer, key: Any) -> Any:
        """What an answer says, of `key` if it was asked for many.

        Raises:
            GraphQLError: it is no such thing.
        """
        if answer.status in EMPTY or (answer.status == ABSENT and not self.required):
            return None
        if answer.status >= REFUSED:
            raise _refusal(service, answer)
        found = self._keyed(service, answer, key) if self.by else self._selected(service, answer)
        if found is not None and not self._fits(found, self.levels):
            raise failure(service, f"did not answer with {self._wanted()}")
        return found

    def _selected(self, service: str, answer: Answer) -> Any:
        try:
            found = orjson.loads(answer.body)
        except ValueError:
            raise failure(service, "did not answer with JSON") from None
        for name in self.select:
            if isinstance(found, dict):
                found = found.get(name)
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return None
        return found

    def _keyed(self, service: str, answer: Answer, key: Any) -> Any:
        """The object of a key, or all of them for a list; the answer is looked through once for all keys."""
        index = answer.indexes.get(self)
        if index is None:
            index = answer.indexes[self] = self._index(service, answer)
        found = index.get(str(key), [])
        return found if self.levels else next(iter(found), None)

    def _index(self, service: str, answer: Answer) -> dict[str, list[Any]]:
        found = self._selected(service, answer)
        if found is not None and not (isinstance(found, list) and all(isinstance(one, dict | None) for one in found)):
            raise failure(service, "did not answer with a list of objects")
        index: dict[str, list[Any]] = {}
        for one in found or ():
            if one is not None:
                index.setdefault(_key(one.get(self.by)), []).append(one)
        return index

    def _fits(self, found: Any, levels: int) -> bool:
        if levels:
            return isinstance(found, list) and all(one is None or self._fits(one, levels - 1) for one in found)
        return not isinstance(found, dict | list) if self.leaf else isinstance(found, dict)

    def _wanted(self) -> str:
        one, many = ("a single value", "single values") if self.leaf else ("an object", "objects")
        return f"{'a list of ' + 'lists of ' * (self.levels - 1) + many}" if self.levels else one


def _refusal(service: str, answer: Answer) -> GraphQLError:
    """The error that a service answered; what it says is for clients only if the service is part of this server."""
    try:
        said = orjson.loads(answer.body)["detail"] if answer.ours else None
    except (ValueError, TypeError, KeyError):
        said = None
    if not isinstance(said, str):
        return failure(service, f"answered with status {answer.status}")
    return codes.refusal(said, codes.BAD_USER_INPUT if answer.status < FAULT else codes.UNAVAILABLE)


def _key(found: Any) -> str:
    return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)


def shape_of(given: GraphQLField, select: str, by: str | None) -> Shape:
    """What the answer for a field has to be, in the part that `select` names, as `data.items`."""
    return Shape(
        select=tuple(name for name in select.split(".") if name),
        by=by,
        levels=_levels(given.type),
        leaf=is_leaf_type(get_named_type(given.type)),
        required=is_non_null_type(given.type),
    )


def _levels(kind: GraphQLType) -> int:
    inner: Any = get_nullable_type(kind)  # type: ignore[call-overload]
    return 1 + _levels(inner.of_type) if is_list_type(inner) else 0
