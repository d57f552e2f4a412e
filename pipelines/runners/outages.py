"""Waiting for what is away: a store or a broker. Nothing is dropped meanwhile, and the log says so."""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

_T = TypeVar("_T")

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two attempts: each pause is twice the one before."""

EVERY = 60.0
"""Seconds between two log lines about one outage."""

_log = logging.getLogger(__name__)


class Outage:
    """Whether something is away, as this process sees it. Threads may share it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._since: float | None = None
        self._told = 0.0

    def failed(self, reason: str) -> None:
        """Notes a failure, and tells of it, but not of each."""
        now = time.monotonic()
        if self._since is None or now - self._told >= EVERY:
            self._since, self._told = self._since or now, now
            _log.warning("%s: %s: waiting, nothing is dropped", self.what, reason)

    def over(self) -> None:
        """Notes a success, and tells of it after a failure."""
        since, self._since = self._since, None
        if since is not None:
            _log.warning("%s: back after %.1f s", self.what, time.monotonic() - since)


class Seldom:
    """Tells when it is time to say again what happens over and over."""

    def __init__(self) -> None:
        self._last: float | None = None

    def due(self) -> bool:
        """Whether nothing was said for a while, so that it is to be said now."""
        now = time.monotonic()
        if self._last is not None and now - self._last < EVERY:
            return False
        self._last = now
        return True


@cache
def outage_of(what: str) -> Outage:
    """The one outage of something, which all threads of the process share."""
    return Outage(what)


def patient(ask: Callable[[], _T], what: str, error: type[Exception]) -> _T:
    """What `ask` gives, as soon as it does not raise `error`: an outage is waited for.

    Args:
        what: is asked, as the log calls it.
    """
    outage, pause = outage_of(what), FIRST_PAUSE
    while True:
        try:
            answer = ask()
        except error as failure:
            outage.failed(str(failure))
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            outage.over()
            return answer
