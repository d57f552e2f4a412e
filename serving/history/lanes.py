"""Computing answers in threads: long ones do not hold up short ones, and only so many wait."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

LONG_BYTES = 500_000
"""Packed bytes of a history from which on it has a long answer: those of about fifty thousand listens."""

MOST_WAITING = 64
"""Answers that may wait in a lane."""

RETRY_SECONDS = 1

Answer = TypeVar("Answer")


class BusyError(Exception):
    """As many answers wait as may."""


class Lane:
    """One thread, and those who wait for it; who does not wait any more is not computed."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)
        self._inside = 0

    async def run(self, compute: Callable[[], Answer]) -> Answer:
        """What is computed.

        Raises:
            BusyError: too many wait.
        """
        if self._inside > MOST_WAITING:
            raise BusyError
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, compute)
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Ends the thread; what waits is not computed."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class Lanes:
    """A lane for reading and for short answers, and one for long ones."""

    def __init__(self) -> None:
        self.short = Lane("history")
        self._long = Lane("long histories")

    def of(self, size: int) -> Lane:
        """The lane for a history of so many packed bytes."""
        return self._long if size >= LONG_BYTES else self.short

    def close(self) -> None:
        """Ends the threads."""
        self.short.close()
        self._long.close()
