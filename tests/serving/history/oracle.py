"""What the history service must answer, in plain Python: the definition that the columnar code is tested against."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle import Event, chart


def local(time: int, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time)).astimezone(ZoneInfo(zone))


def listening(
    history: Sequence[Event], first: date | None, end: date | None, zone: str, per: str, limit: int
) -> dict[str, Any]:
    """The answer about a user whose listens, ordered by time, are `history`."""
    times = [local(event.time, zone) for event in history]
    chosen = [
        (event, at)
        for event, at in zip(history, times, strict=True)
        if (first is None or first <= at.date()) and (end is None or at.date() < end)
    ]
    earlier = {e.artist for e, at in zip(history, times, strict=True) if first is not None and at.date() < first}
    events = [event for event, _ in chosen]
    new = [event.artist for event in events if event.artist not in earlier]
    return {
        "countPlays": len(events),
        "firstListenEvent": events[0].time if events else None,
        "lastListenEvent": events[-1].time if events else None,
        **{f"count{kind.title()}s": len({getattr(e, kind) for e in events}) for kind in ("artist", "album", "track")},
        "artistCharts": chart((e.artist for e in events), limit),
        "albumCharts": owned(
            chart((e.album for e in events), limit), {e.album: {"artistId": e.artist} for e in events}
        ),
        "trackCharts": owned(
            chart((e.track for e in events), limit),
            {e.track: {"artistId": e.artist, "albumId": e.album} for e in events},
        ),
        "newArtists": {"count": len(set(new)), **chart(new, limit)},
        **days([at.date() for _, at in chosen]),
        "activity": activity((at.date() for _, at in chosen), per),
        "weekHours": week_hours(at for _, at in chosen),
    }


def owned(charts: dict[str, Any], owners: dict[int, dict[str, int]]) -> dict[str, Any]:
    return {"topK": [{**count, **owners[count["id"]]} for count in charts["topK"]]}


def days(found: list[date]) -> dict[str, Any]:
    plays = Counter(found)
    runs: list[list[date]] = []
    for day in sorted(plays):
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    most = min(plays, key=lambda day: (-plays[day], day), default=None)
    return {
        "countDays": len(plays),
        "mostActiveDay": most and {"day": str(most), "countPlays": plays[most]},
        "longestStreak": streak(max(runs, key=len)) if runs else None,
        "latestStreak": streak(runs[-1]) if runs else None,
    }


def streak(run: list[date]) -> dict[str, Any]:
    assert all(b - a == timedelta(days=1) for a, b in pairwise(run))
    return {"firstDay": str(run[0]), "lastDay": str(run[-1]), "countDays": len(run)}


def activity(found: Iterable[date], per: str) -> list[dict[str, Any]]:
    starts = {
        "DAY": lambda day: day,
        "WEEK": lambda day: day - timedelta(days=day.weekday()),
        "MONTH": lambda day: day.replace(day=1),
        "YEAR": lambda day: day.replace(month=1, day=1),
    }
    plays = Counter(map(starts[per], found))
    return [{"firstDay": str(start), "countPlays": plays[start]} for start in sorted(plays)]


def week_hours(times: Iterable[datetime]) -> list[list[int]]:
    hours = Counter((at.weekday(), at.hour) for at in times)
    return [[hours[weekday, hour] for hour in range(24)] for weekday in range(7)]
