"""Who listens to what and when: the events of generated users, drawn a batch of users at a time.

What is drawn for a batch depends on the seed and the number of the batch only, so batches can be drawn in any order.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.music import Catalogue

Columns = NDArray[np.int32]
"""int32[5, events]: place of the user, artist, album and track, and timestamp (seconds since the epoch)."""

USER, ARTIST, ALBUM, TRACK, TIME = range(5)

BATCH = 500_000
"""Events after which a batch of users ends."""

_PLAYS_PER_USER = 9_044  # LFM-1b: 1,088,161,692 events of 120,322 users
_WEEK = 7 * 24
_FIRST_MONDAY = 1_104_710_400  # 2005-01-03 00:00 UTC
_WEEKS = 520  # to 2014-12-22
_HOURS = [4, 3, 2, 2, 1, 1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9, 10, 11, 11, 10, 9, 7, 5]
_DAYS = [9, 9, 9, 9, 11, 12, 11]
_HOUR_OF_WEEK = np.cumsum(np.outer(_DAYS, _HOURS).ravel()) / (sum(_DAYS) * sum(_HOURS))

_NEW_SESSION, _NEW_ARTIST, _OTHER_ALBUM = 1 / 14, 0.4, 0.08
_REPEATED, _REPEATED_ON_OTHER_ALBUM = 0.002, 0.0003
_CUT, _FIRST_CUT = 100, 10


@dataclass(frozen=True)
class Users:
    """The users in the order of the file.

    Attributes:
        ids: int64[users].
        starts: int64[users + 1]: the events of user `i` are the rows `starts[i]:starts[i + 1]`.
        wide: the two users who played least: their ids exceed 31 and 40 bits, and only they play the last two artists.
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    wide: tuple[int, int]

    @classmethod
    def for_events(cls, events: int, seed: int) -> "Users":
        """Users with `events` events between them, each with at least one: lognormal, heavy-tailed."""
        rng = np.random.default_rng([seed, 0])
        count = max(1, round(events / min(_PLAYS_PER_USER, 5 * events**0.5)))
        running = np.cumsum(rng.lognormal(0, 1.2, count))
        ends = np.floor(running / running[-1] * (events - count)).astype(np.int64) + np.arange(1, count + 1)
        starts = np.concatenate([np.zeros(1, np.int64), ends])
        ids = rng.choice(50_000_000, count, replace=False) + 384
        least = np.argsort(np.diff(starts), kind="stable")
        wide, wider = int(least[min(1, count - 1)]), int(least[0])
        if count > 2:
            ids[wide] += 1 << 31
            ids[wider] += 1 << 40
        return cls(ids, starts, (wide, wider))

    def batches(self) -> list[tuple[int, int]]:
        """Ranges of users which together have about `BATCH` events or, if one user has more, are that user."""
        marks = np.append(np.arange(0, self.starts[-1], BATCH), self.starts[-1])
        return list(pairwise(np.unique(np.searchsorted(self.starts, marks)).tolist()))


def listens(users: Users, catalogue: Catalogue, seed: int, first: int, last: int) -> Columns:
    """The events of the users `first:last`, grouped by user, newest first."""
    rng = np.random.default_rng([seed, 1, first])
    starts = users.starts[first:last] - users.starts[first]
    plays = np.diff(users.starts[first : last + 1])
    user = np.repeat(np.arange(last - first), plays)
    session_starts, time = _times(rng, starts, user, last - first)
    artist, track = _songs(rng, users, catalogue, (first, plays), user, session_starts)
    album = catalogue.main_album(artist, track)
    other = np.flatnonzero(rng.random(len(user)) < _OTHER_ALBUM)
    album[other] = _any_album(rng, catalogue, artist[other])
    _repeat(rng, catalogue, starts[user], artist, album, track, time)
    order = np.argsort((user << 32) - time, kind="stable")
    return np.stack([column[order].astype(np.int32) for column in (user + first, artist, album, track, time)])


def _times(
    rng: np.random.Generator, starts: NDArray[np.int64], user: NDArray[np.int64], users: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which events start a session, and the times (seconds since the epoch) of all."""
    starting = rng.random(len(user)) < _NEW_SESSION
    starting[starts] = True
    session = np.cumsum(starting) - 1
    whose = user[starting]
    joined = np.floor(0.9 * _WEEKS * rng.random(users) ** 0.7)
    left = _WEEKS - np.floor(0.3 * (_WEEKS - joined) * rng.random(users))
    week = np.floor(joined[whose] + (left - joined)[whose] * rng.random(len(whose))).astype(np.int64)
    hour = week * _WEEK + np.searchsorted(_HOUR_OF_WEEK, rng.random(len(whose)))
    start = _FIRST_MONDAY + hour * 3600 + rng.integers(0, 3600, len(whose))
    start = np.sort((whose << 32) + start) - (whose << 32)
    gap = rng.integers(130, 390, len(user))
    gap[starting] = 0
    elapsed = np.cumsum(gap)
    return starting, (start - elapsed[starting])[session] + elapsed


def _songs(
    rng: np.random.Generator,
    users: Users,
    catalogue: Catalogue,
    batch: tuple[int, NDArray[np.int64]],
    user: NDArray[np.int64],
    session_starts: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Artist and track of each event.

    A user has a repertoire: artists, the favourites first, and of each artist some tracks in a row, that is, album by
    album. What is heard goes in runs: a few tracks in a row of one artist.
    """
    first, plays = batch
    repertoire = 1 + np.floor(1.25 * plays**0.70).astype(np.int64)
    entries = np.concatenate([np.zeros(1, np.int64), np.cumsum(repertoire)])
    rank = np.arange(entries[-1]) - np.repeat(entries[:-1], repertoire)
    artists = _popular(rng, catalogue.artists - 2, int(entries[-1]))
    for artist, wide in zip((catalogue.artists - 2, catalogue.artists - 1), users.wide, strict=True):
        if first <= wide < first + len(plays):
            artists[entries[wide - first]] = artist
    available = np.diff(catalogue.tracks)[artists]
    liking = ((rank + 1) / np.repeat(repertoire, repertoire)) ** -0.45
    known = 1 + np.floor((1.1 + 3.8 * rng.random(len(rank))) * liking).astype(np.int64)
    known = np.minimum(known, available)
    entry_point = np.floor(available * rng.random(len(rank)) ** 2).astype(np.int64)

    starting = session_starts | (rng.random(len(user)) < _NEW_ARTIST)
    run_starts = np.flatnonzero(starting)
    run = np.cumsum(starting) - 1
    whose = user[run_starts]
    entry = entries[whose] + np.floor(repertoire[whose] * rng.random(len(whose)) ** 2.2).astype(np.int64)
    song = np.floor(known[entry] * rng.random(len(whose)) ** 2).astype(np.int64) - run_starts
    entry = entry[run]
    place = (entry_point[entry] + (song[run] + np.arange(len(user))) % known[entry]) % available[entry]
    artist = artists[entry]
    return artist, catalogue.tracks[artist] + place


def _popular(rng: np.random.Generator, artists: int, count: int) -> NDArray[np.int64]:
    """Draws artists by popularity: Zipf-Mandelbrot with exponent 1 and offset 30, by its inverse integral."""
    offset = 30.0
    drawn = offset * np.exp(rng.random(count) * np.log1p(artists / offset)) - offset
    rank: NDArray[np.int64] = np.floor(drawn).astype(np.int64)
    return rank.clip(0, artists - 1)


def _any_album(rng: np.random.Generator, catalogue: Catalogue, artist: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each artist any of the albums."""
    return rng.integers(catalogue.albums[artist], catalogue.albums[artist + 1])


def _repeat(
    rng: np.random.Generator,
    catalogue: Catalogue,
    start: NDArray[np.int64],
    artist: NDArray[np.int64],
    album: NDArray[np.int64],
    track: NDArray[np.int64],
    time: NDArray[np.int64],
) -> None:
    """Makes a few events copies of an earlier row of the user, some of them with the artist's next album."""
    chance = rng.random(len(start))
    to = np.flatnonzero(chance < _REPEATED + _REPEATED_ON_OTHER_ALBUM)
    to = to[to > start[to]]
    source = start[to] + np.floor((to - start[to]) * rng.random(len(to))).astype(np.int64)
    for column in (artist, album, track, time):
        column[to] = column[source]
    to = to[chance[to] < _REPEATED_ON_OTHER_ALBUM]
    first = catalogue.albums[artist[to]]
    album[to] = first + (album[to] - first + 1) % (catalogue.albums[artist[to] + 1] - first)


def cut_off(users: Users, columns: Columns) -> NDArray[np.bool_]:
    """Which events stand at the end of the file, not with their user's: the older halves of those of 1 % of the users.

    The events of LFM-1b are grouped by user only approximately.
    """
    cut = np.flatnonzero(columns[USER] % _CUT == _FIRST_CUT)
    off = np.zeros(columns.shape[1], np.bool_)
    user = columns[USER, cut].astype(np.int64)
    first_row = users.starts[columns[USER, 0]] if columns.shape[1] else 0
    off[cut] = cut + first_row >= (users.starts[user] + users.starts[user + 1]) // 2
    return off
