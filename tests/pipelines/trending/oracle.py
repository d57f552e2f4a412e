"""Trending in plain Python: the definition that the columnar code is tested against."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from tests.oracle import Event, chart, distinct

HOUR, DAY = 3600, 86_400
LENGTH = {"HOUR": HOUR, "DAY": DAY, "ROLLING": DAY}
STEP = {"HOUR": HOUR, "DAY": DAY, "ROLLING": HOUR}
FIELDS = {"artists": "artist", "albums": "album", "tracks": "track"}

Identity = tuple[int, int, int]


def counting(events: Iterable[Event], taken: Collection[Identity], erased: Mapping[int, int]) -> list[Event]:
    """The events which count: distinct, not taken back by (user, time, track), and after their user's erasure."""
    return [
        event
        for event in distinct(events)
        if (event.user, event.time, event.track) not in taken and event.time > erased.get(event.user, -1)
    ]


def starts(name: str, time: int) -> Iterator[int]:
    """The first seconds of the windows of a name that a time lies in."""
    last = time // STEP[name] * STEP[name]
    return (last - back for back in range(0, LENGTH[name], STEP[name]))


def windows(events: Iterable[Event], since: int = 0, k: int = 50) -> dict[tuple[str, int], dict[str, Any]]:
    """The charts of all windows from `since` on, by name and start, of events which count."""
    within: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        for name in LENGTH:
            for start in starts(name, event.time):
                if start >= since:
                    within.setdefault((name, start), []).append(event)
    return {
        window: {kind: chart((getattr(e, field) for e in inside), k)["topK"] for kind, field in FIELDS.items()}
        for window, inside in within.items()
    }


def plays(events: Iterable[Event]) -> Counter[tuple[int, str, int]]:
    """The plays by hour, kind and id."""
    return Counter((e.time // HOUR * HOUR, kind, getattr(e, field)) for e in events for kind, field in FIELDS.items())
