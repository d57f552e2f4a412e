"""A cache of values that hardly ever change, bounded in size and in age."""

import time
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

MISSING: Any = object()
"""What `get` gives for a key that is not in the cache."""


class Cache(Generic[K]):
    """Values by key, in two generations: a new one is begun when it is full or half as old as values may be.

    Args:
        size: of values that are kept at most.
        seconds: that a value is given at most, from when it was put.
    """

    def __init__(self, size: int, seconds: float) -> None:
        self._most = size // 2
        self._seconds = seconds / 2
        self._begin = 0.0
        self._young: dict[K, Any] = {}
        self._old: dict[K, Any] = {}

    def age(self) -> None:
        """Lets go of what is too old; to be called before values are got."""
        now = time.monotonic()
        if now - self._begin >= self._seconds:
            self._old = self._young if now - self._begin < 2 * self._seconds else {}
            self._young, self._begin = {}, now

    def get(self, key: K) -> Any:
        """The value of a key, or MISSING."""
        value = self._young.get(key, MISSING)
        return self._old.get(key, MISSING) if value is MISSING else value

    def put(self, key: K, value: Any) -> None:
        """Keeps the value of a key."""
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def forget(self, key: K) -> None:
        """Lets go of the value of a key."""
        self._young.pop(key, None)
        self._old.pop(key, None)
