"""What the store must hold, in plain Python: the definition that the columnar code is tested against."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple


class Event(NamedTuple):
    """A listening event; the order is that of the columns of the file."""

    user: int
    artist: int
    album: int
    track: int
    time: int


def distinct(events: Iterable[Event]) -> list[Event]:
    """The events with distinct (user, time, track), by user, time and track: the smallest (artist, album) stays."""
    best: dict[tuple[int, int, int], Event] = {}
    for event in events:
        identity = (event.user, event.time, event.track)
        best[identity] = min(best.get(identity, event), event, key=lambda e: (e.artist, e.album))
    return [best[identity] for identity in sorted(best)]


def standing(events: Iterable[Event], taken_back: Iterable[Event], erased: Iterable[tuple[int, int]]) -> list[Event]:
    """The distinct events that were not taken back by an event of their identity, nor erased with all up to a time."""
    gone = {(event.user, event.time, event.track) for event in taken_back}
    marks: dict[int, int] = {}
    for user, time in erased:
        marks[user] = max(time, marks.get(user, time))
    return [
        e for e in distinct(events) if (e.user, e.time, e.track) not in gone and e.time > marks.get(e.user, e.time - 1)
    ]


def chart(items: Iterable[int], k: int = 10) -> dict[str, Any]:
    """Charts: plays descending, id ascending."""
    ranked = sorted(Counter(items).items(), key=lambda item: (-item[1], item[0]))
    return {"topK": [{"id": item, "countPlays": plays} for item, plays in ranked[:k]]}


def day_of(time: int) -> date:
    return date(1970, 1, 1) + timedelta(seconds=time)


def start_of(day: date) -> int:
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400


def profiles(events: Iterable[Event], k: int = 10) -> dict[int, dict[str, Any]]:
    """The value of every topic for every user; a windowed topic's value is the list of its windows."""
    by_user: dict[int, list[Event]] = {}
    for event in distinct(events):
        by_user.setdefault(event.user, []).append(event)
    return {user: profile(history, k) for user, history in by_user.items()}


def week_of(time: int) -> int:
    """The first second of the ISO week of a time: its Monday."""
    day = day_of(time)
    return start_of(date.fromordinal(day.toordinal() - day.weekday()))


def month_of(time: int) -> int:
    return start_of(day_of(time).replace(day=1))


def year_of(time: int) -> int:
    return start_of(day_of(time).replace(month=1, day=1))


def windows(
    history: list[Event], window_of: Callable[[int], int], field: str, value: Callable[[list[Event]], Any]
) -> Any:
    """The value of the events of each window that has any, in order of time."""
    found: dict[int, list[Event]] = {}
    for event in history:
        found.setdefault(window_of(event.time), []).append(event)
    return [{"start": start, field: value(found[start])} for start in sorted(found)]


def profile(history: list[Event], k: int) -> dict[str, Any]:
    """The topics of one user."""

    def top(item: str) -> Callable[[list[Event]], Any]:
        return lambda events: chart((getattr(e, item) for e in events), k)

    return {
        "listeningevents": [
            {"userId": e.user, "artistId": e.artist, "albumId": e.album, "trackId": e.track, "timestamp": e.time}
            for e in history
        ],
        "counts": len(history),
        "firstlisten": history[0].time,
        "lastlisten": history[-1].time,
        "distinctartists": len({e.artist for e in history}),
        "distinctalbums": len({e.album for e in history}),
        "distincttracks": len({e.track for e in history}),
        "topartists": top("artist")(history),
        "topalbums": top("album")(history),
        "toptracks": top("track")(history),
        "playsperday": windows(history, lambda time: start_of(day_of(time)), "countPlays", len),
        "playsperweek": windows(history, week_of, "countPlays", len),
        "topartistspermonth": windows(history, month_of, "charts", top("artist")),
        "topalbumspermonth": windows(history, month_of, "charts", top("album")),
        "toptrackspermonth": windows(history, month_of, "charts", top("track")),
        "topartistsperyear": windows(history, year_of, "charts", top("artist")),
        "topalbumsperyear": windows(history, year_of, "charts", top("album")),
        "toptracksperyear": windows(history, year_of, "charts", top("track")),
        "topartistsperweek": windows(history, week_of, "charts", top("artist")),
        "topalbumsperweek": windows(history, week_of, "charts", top("album")),
        "toptracksperweek": windows(history, week_of, "charts", top("track")),
    }


def is_valid(line: bytes) -> bool:
    """Whether a line is five numbers, of digits alone and below 2**63, between tabs."""
    fields = line.removesuffix(b"\r").split(b"\t")
    return len(fields) == 5 and all(f.isdigit() and len(f) < 20 and int(f) < 2**63 for f in fields)


def parse(lines: Iterable[str | bytes]) -> list[Event]:
    """The events of valid lines."""
    return [Event(*map(int, line.split("\t" if isinstance(line, str) else b"\t"))) for line in lines]  # type: ignore[arg-type]


def names(path: Path) -> dict[int, str]:
    """The names in a file, as Python's CSV reader sees them: of several for one id the smallest that is not empty."""
    found: dict[int, str] = {}
    with path.open(newline="") as file:
        for item, name, *_ in csv.reader(file, delimiter="\t"):
            found[int(item)] = min(filter(None, (found.get(int(item)), name)), default="")
    return found
