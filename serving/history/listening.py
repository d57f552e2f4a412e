"""What a history says about a range of local days: totals, charts, activity, hours of the week, streaks.

Everything is computed from one user's events as columns. A day is a local one, as days since 1970-01-01.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.history.zones import DAY, Times, offsets
from store.hashing import number_items, room
from store.histories.months import Events

EPOCH = date(1970, 1, 1).toordinal()
EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
WEEK, HOURS, HOUR = 7, 24, 3600

Counts = dict[str, Any]


class Period(StrEnum):
    """The length of the buckets of the activity; a week begins on Monday."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


@dataclass(frozen=True)
class Question:
    """What is asked about a history.

    Attributes:
        first: the first day; None: no bound.
        end: the day after the last one; None: no bound.
        zone: an IANA time zone, which says what a day is.
        per: the length of the buckets of the activity.
        limit: the length of charts.
    """

    first: date | None
    end: date | None
    zone: str
    per: Period
    limit: int


def listening(history: Events, question: Question) -> dict[str, Any]:
    """The answer to a question about one user's whole history, ordered by time."""
    local = history.timestamps + offsets(history.timestamps, question.zone)
    days = local // DAY
    within = _within(days, question)
    chosen = Events(*(column[within] for column in history))
    return {
        **_totals(chosen.timestamps),
        **_charts(chosen, question.limit),
        "newArtists": _new(chosen.artists, history.artists[_before(days, question)], question.limit),
        **_days(days[within]),
        "activity": _activity(days[within], question.per),
        "weekHours": _week_hours(local[within]),
    }


def _number(day: date) -> int:
    return day.toordinal() - EPOCH


def _before(days: Times, question: Question) -> NDArray[np.bool]:
    return days < _number(question.first) if question.first else np.zeros(len(days), np.bool)


def _within(days: Times, question: Question) -> NDArray[np.bool]:
    before_end = days < _number(question.end) if question.end else np.ones(len(days), np.bool)
    return before_end & ~_before(days, question)


def _totals(times: Times) -> Counts:
    some = len(times) > 0
    return {
        "countPlays": len(times),
        "firstListenEvent": int(times[0]) if some else None,
        "lastListenEvent": int(times[-1]) if some else None,
    }


def _charts(events: Events, limit: int) -> Counts:
    """The most played artists, albums and tracks; of what belongs to others also whose its last play was."""
    artists, albums, tracks = (_tally(column) for column in (events.artists, events.albums, events.tracks))
    top_albums = _with_owners(_top(*albums, limit), events.albums, {"artistId": events.artists})
    owners = {"artistId": events.artists, "albumId": events.albums}
    return {
        "countArtists": len(artists[0]),
        "countAlbums": len(albums[0]),
        "countTracks": len(tracks[0]),
        "artistCharts": {"topK": _top(*artists, limit)},
        "albumCharts": {"topK": top_albums},
        "trackCharts": {"topK": _with_owners(_top(*tracks, limit), events.tracks, owners)},
    }


def _with_owners(chart: list[Counts], items: Times, owners: Mapping[str, Times]) -> list[Counts]:
    last = [np.flatnonzero(items == entry["id"])[-1] for entry in chart]
    return [
        {**entry, **{name: int(column[i]) for name, column in owners.items()}}
        for entry, i in zip(chart, last, strict=True)
    ]


def _tally(items: Times) -> tuple[Times, Times]:
    """The distinct items, and how often each occurs."""
    table, number, distinct = room(len(items))
    found = number_items(items, 0, len(items), number, distinct, table)
    return distinct[:found], np.bincount(number, minlength=found)


def _top(ids: Times, plays: Times, limit: int) -> list[Counts]:
    """The most played items: plays descending, then id ascending."""
    if len(plays) > limit:
        candidates = plays >= np.partition(plays, -limit)[-limit]
        ids, plays = ids[candidates], plays[candidates]
    order = np.lexsort((ids, -plays))[:limit]
    return [{"id": id_, "countPlays": n} for id_, n in zip(ids[order].tolist(), plays[order].tolist(), strict=True)]


def _new(artists: Times, earlier: Times, limit: int) -> Counts:
    """The artists who were not listened to earlier."""
    ids, plays = _tally(artists)
    new = ~np.isin(ids, _tally(earlier)[0])
    return {"count": int(new.sum()), "topK": _top(ids[new], plays[new], limit)}


def _days(days: Times) -> Counts:
    """What follows from the plays per day: the most active day (of several the first), and runs of days with plays."""
    found, plays = np.unique(days, return_counts=True)
    if not len(found):
        return {"countDays": 0, "mostActiveDay": None, "longestStreak": None, "latestStreak": None}
    most = int(np.argmax(plays))
    breaks = np.flatnonzero(np.diff(found) > 1)
    firsts, lasts = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(found) - 1]])
    longest = int(np.argmax(lasts - firsts))
    return {
        "countDays": len(found),
        "mostActiveDay": {"day": _text(found[most]), "countPlays": int(plays[most])},
        "longestStreak": _streak(found, firsts[longest], lasts[longest]),
        "latestStreak": _streak(found, firsts[-1], lasts[-1]),
    }


def _streak(days: Times, first: np.int64, last: np.int64) -> Counts:
    return {"firstDay": _text(days[first]), "lastDay": _text(days[last]), "countDays": int(last - first) + 1}


def _activity(days: Times, per: Period) -> list[Counts]:
    """The plays of each bucket that has any, by its first day."""
    starts, plays = np.unique(_bucket(days, per), return_counts=True)
    texts = np.datetime_as_string(starts.astype("datetime64[D]")).tolist()
    return [{"firstDay": text, "countPlays": n} for text, n in zip(texts, plays.tolist(), strict=True)]


def _bucket(days: Times, per: Period) -> Times:
    """The first day of the bucket of each day."""
    if per is Period.DAY:
        return days
    if per is Period.WEEK:
        return days - _weekday(days)
    unit = "datetime64[M]" if per is Period.MONTH else "datetime64[Y]"
    return days.astype("datetime64[D]").astype(unit).astype("datetime64[D]").astype(np.int64)


def _weekday(days: Times) -> Times:
    return (days + EPOCH_WEEKDAY) % WEEK


def _week_hours(local: Times) -> list[list[int]]:
    """Plays by weekday, Monday first, and hour of the day."""
    hours = _weekday(local // DAY) * HOURS + local % DAY // HOUR
    counted: list[list[int]] = np.bincount(hours, minlength=WEEK * HOURS).reshape(WEEK, HOURS).tolist()
    return counted


def _text(day: np.int64) -> str:
    return str(np.datetime64(int(day), "D"))
