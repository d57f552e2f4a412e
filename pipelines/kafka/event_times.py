"""Times that cannot be, of events and of tombstones: whatever comes from outside is looked at first.

An event of an impossible time counts for its user like any other, since a history is what was sent; it is counted, and
by option it is rejected. A tombstone erases for ever up to its time, so one of an impossible time is always rejected.
"""

import time
from typing import Protocol

import numpy as np

from schemas.wire.record_fields import MessageError
from store.histories.event_set import Columns

AHEAD = 86_400
"""Seconds by which a clock may be wrong."""

NOW = "now"
"""The latest time of an event: AHEAD of the clock."""

_LEAST_MILLIS = 10**11
"""More than so many seconds are the year 5138: it is a time in milliseconds."""


class Timed(Protocol):
    """What is used of confluent_kafka's messages."""

    def timestamp(self) -> tuple[int, int]: ...


def latest_of(asked: int | str | None) -> int | None:
    """The last second which is asked for, as of now."""
    return int(time.time()) + AHEAD if asked == NOW else None if asked is None else int(asked)


def ahead(columns: Columns) -> int:
    """How many events lie so far in the future that their time must be wrong."""
    return int(np.count_nonzero(columns[-1] > time.time() + AHEAD))


def impossible(seconds: int) -> str:
    """Why an event of a time is rejected."""
    unit = ": it looks like milliseconds, wanted seconds" if seconds >= _LEAST_MILLIS else ""
    return f"timestamp is {seconds}, which is after the latest time that is taken{unit}"


def tombstone_seconds(message: Timed) -> int:
    """The time of a tombstone, in seconds since the epoch; MessageError if it cannot be."""
    _, millis = message.timestamp()
    if millis < 0:
        raise MessageError(f"the tombstone's time is {millis} ms, wanted one since 1970, up to which to erase")
    if millis / 1000 > time.time() + AHEAD:
        raise MessageError(f"the tombstone's time is {millis} ms, more than a day ahead of the clock")
    return millis // 1000
