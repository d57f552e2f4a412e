"""The one form of a listening event: its fields, their order and types, and what tells it from others.

Many events are columns, `int64[5, events]`, one for each field in order. In files the fields of a line have this order,
in messages and stored values the names.
"""

from collections.abc import Mapping
from enum import IntEnum

USER, ARTIST, ALBUM, TRACK, TIME = range(5)
"""The columns by number, for compiled code."""


class Field(IntEnum):
    """The fields of an event, by the number of their column. Times are whole seconds since the epoch."""

    USER = USER
    ARTIST = ARTIST
    ALBUM = ALBUM
    TRACK = TRACK
    TIME = TIME


NAMES = ("userId", "artistId", "albumId", "trackId", "timestamp")
"""The names of the fields, in order."""

IDENTITY = (USER, TIME, TRACK)
"""What tells an event from others: nobody plays one track twice in a second.

Of events with one identity the one with the smallest (artistId, albumId) stays.
"""

ITEMS: Mapping[Field, str] = {Field.ARTIST: "artists", Field.ALBUM: "albums", Field.TRACK: "tracks"}
"""The topic with the names of the items in a field."""
