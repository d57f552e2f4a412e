"""State as a log: what a key holds is what the log of its changes adds up to.

To append a change to the runner's state is cheap, however much the whole is. The sum is kept in the memory of the
worker. Where it is not there, or is not that of this log — after a restart, a move to another worker, a bundle that
failed — the log is read and added up again: a mark, drawn anew for each change, says which log a sum belongs to.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from apache_beam.coders import BytesCoder
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec

SLACK = 1 << 16
"""Bytes of changes which are appended before the log is replaced by the one change that makes its sum."""

LOG = BagStateSpec("log", BytesCoder())
MARK = ReadModifyWriteStateSpec("mark", BytesCoder())

T = TypeVar("T")


@dataclass
class Sum(Generic[T]):
    """What a log adds up to.

    Attributes:
        mark: of the log.
        logged: bytes of the log, and `least`, those it had when it was last replaced.
    """

    value: T
    mark: bytes | None = None
    logged: int = 0
    least: int = 0


class Sums(Generic[T]):
    """The sums of the logs of a few keys.

    Args:
        add_up: the sum of changes, in the order of the log.
        packed: the one change which makes a sum.
    """

    def __init__(self, add_up: Callable[[Iterable[bytes]], T], packed: Callable[[T], bytes]) -> None:
        self._add_up = add_up
        self._packed = packed
        self._kept: dict[Any, Sum[T]] = {}

    def take(self, key: Any, log: Any, mark: Any) -> Sum[T]:
        """The sum of a key, for the caller to change and then to `put` back, with the state LOG and MARK."""
        found = mark.read()
        kept = self._kept.pop(key, None)  # what fails before it is put back is added up again
        if kept is not None and kept.mark == found:
            return kept
        changes = list(log.read()) if found else []
        size = sum(map(len, changes))
        return Sum(self._add_up(changes), found, size, size)

    def put(self, key: Any, held: Sum[T], change: bytes, log: Any, mark: Any) -> None:
        """Keeps a sum to which a change was added, in the state and in memory."""
        held.logged += len(change)
        if held.logged > 2 * held.least + SLACK:
            self.replace(key, held, log, mark)
            return
        log.add(change)
        self._keep(key, held, mark)

    def replace(self, key: Any, held: Sum[T], log: Any, mark: Any) -> None:
        """Keeps a sum, whatever was done to it."""
        change = self._packed(held.value)
        held.logged = held.least = len(change)
        log.clear()
        log.add(change)
        self._keep(key, held, mark)

    def _keep(self, key: Any, held: Sum[T], mark: Any) -> None:
        held.mark = secrets.token_bytes(8)
        mark.write(held.mark)
        self._kept[key] = held
