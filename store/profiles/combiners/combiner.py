"""What all combiners have in common: groups, accumulators, and the form of what they give."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.events import Field
from store.histories.event_set import EventSet
from store.profiles.windows import Windows

Column: TypeAlias = NDArray[np.int64]


class Groups(NamedTuple):
    """What values belong to: ids of users, and first seconds of windows, each pair once and in this order."""

    users: Column
    starts: Column


class Frame(NamedTuple):
    """How the values of groups become cells of the store.

    Attributes:
        cells: the first group of each cell, and the end of the last one: int64[cells + 1].
        starts: the first seconds of the groups' windows.
        windowed: whether a cell is an array of windows; else it is the one value of its group.
    """

    cells: Column
    starts: Column
    windowed: bool


class Combiner(ABC):
    """A combiner of a field's values; a frozen dataclass, so that equal ones share accumulators.

    The accumulators of a combiner are named tuples whose first field is Groups.
    """

    of: Field | None

    @abstractmethod
    def create(self) -> Any:
        """The accumulator of no events."""

    @abstractmethod
    def add(self, events: EventSet, windows: Windows) -> Any:
        """The accumulator of a set of events, with a group for each of its windows."""

    @abstractmethod
    def merge(self, accumulators: Sequence[Any]) -> Any:
        """The accumulator of all events together; no event may be in two of the parts."""

    @abstractmethod
    def values(self, accumulator: Any) -> list[Any]:
        """The value of each group, as `schemas.wire.avro` decodes it."""

    @abstractmethod
    def most_bytes(self, accumulator: Any) -> int:
        """An upper bound of what the values take when they are encoded, without what frames them."""

    @abstractmethod
    def encode(self, accumulator: Any, frame: Frame, out: NDArray[np.uint8], p: int, ends: Column) -> int:
        """Encodes the values, in Avro, from `out[p:]` on, and fills in the end of each cell; the end of the last."""


def empty() -> Column:
    """A column of no values."""
    return np.empty(0, np.int64)


def groups_of(events: EventSet, windows: Windows) -> Groups:
    """A group for each window of a set of events."""
    return Groups(events.users[windows.users], windows.starts)


def joined_groups(parts: Sequence[Groups]) -> tuple[Groups, Column, Column]:
    """The groups of all parts.

    Returns:
        The groups; the order in which the parts' groups, one after the other, belong to them; and where in that order
        each group begins.
    """
    users = np.concatenate([empty(), *(part.users for part in parts)])
    starts = np.concatenate([empty(), *(part.starts for part in parts)])
    order = np.lexsort((starts, users))
    users, starts = users[order], starts[order]
    new = np.ones(len(users), np.bool_)
    new[1:] = (np.diff(users) != 0) | (np.diff(starts) != 0)
    first = np.flatnonzero(new)
    return Groups(users[first], starts[first]), order, first
