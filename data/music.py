"""The items of a generated data set: artists, their albums and their tracks, addressed by their place in the catalogue.

An item's place is its rank: artists are in order of popularity, and the albums and tracks of an artist follow each
other. Ids ascend with the places, with gaps, as ids of a grown service do.
"""

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]

_SAMPLED, _ALL = 51_631, 1_088_161_692
_ITEMS = {"artists": (4_102, 3_190_371), "albums": (8_879, 15_991_038), "tracks": (19_155, 32_291_134)}
"""Distinct items in a sample of LFM-1b of 51,631 events, and in all of it (Schedl 2016)."""

_NAMELESS = {"artists": (701, 11), "albums": (1_009, 13), "tracks": (911, 7)}
"""Every how many places (from which one on) an item has no row in its file of names."""


def items_for(kind: str, events: int) -> int:
    """How many items a data set of `events` events has: a power law through the sizes of LFM-1b and of its sample."""
    sampled, every = _ITEMS[kind]
    exponent = log(every / sampled) / log(_ALL / _SAMPLED)
    return max(3, round(float(sampled * (events / _SAMPLED) ** exponent)))


def _shares(total: int, parts: int) -> NDArray[np.int64]:
    """Splits `total` into `parts` counts of at least 1, more for the first; the counts' running sum, from 0."""
    weights = (np.arange(parts) + 100.0) ** -0.45
    running = np.cumsum(weights)
    ends = np.floor(running / running[-1] * max(0, total - parts)).astype(np.int64) + np.arange(1, parts + 1)
    return np.concatenate([np.zeros(1, np.int64), ends])


@dataclass(frozen=True)
class Catalogue:
    """How many items there are and what belongs to what.

    Attributes:
        albums: int64[artists + 1]: the albums of artist `i` are the places `albums[i]:albums[i + 1]`.
        tracks: int64[artists + 1]: likewise its tracks.
    """

    albums: NDArray[np.int64]
    tracks: NDArray[np.int64]

    @classmethod
    def for_events(cls, events: int) -> "Catalogue":
        artists = items_for("artists", events)
        return cls(_shares(items_for("albums", events), artists), _shares(items_for("tracks", events), artists))

    @property
    def artists(self) -> int:
        return len(self.albums) - 1

    def starts(self, kind: str) -> NDArray[np.int64]:
        """int64[artists + 1]: where the items of each artist start, of `kind` artists, albums or tracks."""
        return {"artists": np.arange(self.artists + 1), "albums": self.albums, "tracks": self.tracks}[kind]

    def size(self, kind: str) -> int:
        return int(self.starts(kind)[-1])

    def artist_of(self, kind: str, places: Places) -> Places:
        return np.searchsorted(self.starts(kind), places, side="right") - 1

    def main_album(self, artists: Places, tracks: Places) -> Places:
        """The album a track appeared on: an artist's tracks are spread over the albums in their order."""
        first, first_track = self.albums[artists], self.tracks[artists]
        albums, many = self.albums[artists + 1] - first, self.tracks[artists + 1] - first_track
        found: Places = first + (tracks - first_track) * albums // many
        return found

    def ids(self, kind: str, places: NDArray[Any]) -> NDArray[np.int64]:
        """Ids, ascending with the places; those of the last two artists' items exceed 31 and 40 bits."""
        wide, wider = self.starts(kind)[-3:-1]
        at = places.astype(np.int64)
        ids = 3 * at + 1 + ((at * 2_654_435_761) >> 20) % 3
        if len(at) and at.max() >= wide:
            ids += ((at >= wide).astype(np.int64) << 31) + ((at >= wider).astype(np.int64) << 40)
        return ids


def has_name(kind: str, places: Places) -> NDArray[np.bool_]:
    """Whether items have a row in their file of names; in an untidy data set a few do not."""
    every, first = _NAMELESS[kind]
    named: NDArray[np.bool_] = places % every != first
    return named
