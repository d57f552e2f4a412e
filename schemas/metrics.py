"""The metrics: what is computed from the histories, each declared as *combiner × field × window × whose*.

From this list follow the topics and where they lie in the store, the types of their values, the tables of the
documents, and what tests ask the oracle for. To declare one is all it takes: see docs/adding-a-metric.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from schemas.events import NAMES, Field


class Combine(Enum):
    """How the events of a window become a value: the name of a combiner in `store.profiles.combiners`."""

    COUNT = "count"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    DISTINCT = "distinct"
    TOP_K = "top"


class Window(Enum):
    """Windows of event time, in UTC: those of the calendar for a user's metrics, those of Beam for everybody's.

    Weeks are ISO's, from Monday. ROLLING windows have 24 hours and begin at each hour.
    """

    ALL = "all time"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    HOUR = "hour"
    ROLLING = "24 hours"


class Whose(Enum):
    """Whose events count together."""

    USER = "user"
    EVERYBODY = "everybody"


@dataclass(frozen=True)
class Metric:
    """One declared metric.

    Attributes:
        topic: the name of the topic that its values are.
        combine: how events become a value.
        of: the field that is combined; None where whole events are counted.
        windows: a user's metric has one; one of everybody has a key for each.
        k: the length of charts, where it is not that of the store.
        stored: whether the rows of users hold its values; else they are computed from the histories when they are read.
    """

    topic: str
    combine: Combine
    of: Field | None = None
    windows: tuple[Window, ...] = (Window.ALL,)
    whose: Whose = Whose.USER
    k: int | None = None
    stored: bool = True

    @property
    def window(self) -> Window:
        """The window of a user's metric."""
        (window,) = self.windows
        return window

    @property
    def windowed(self) -> bool:
        """Whether a key has many values, along time."""
        return self.windows != (Window.ALL,)

    @property
    def value(self) -> str:
        """The Avro type of a value; of a windowed metric that of a record with the window's start."""
        return WINDOW_RECORDS[self.combine][0] if self.windowed else VALUES[self.combine]

    @property
    def formula(self) -> str:
        """The declaration in words, which tells it from others: `top artistId by month of a user`."""
        of = "events" if self.of is None else NAMES[self.of]
        return f"{self.combine.value} {of} by {', '.join(w.value for w in self.windows)} of {self.whose.value}"


VALUES: Mapping[Combine, str] = {
    Combine.COUNT: "long",
    Combine.MINIMUM: "long",
    Combine.MAXIMUM: "long",
    Combine.DISTINCT: "long",
    Combine.TOP_K: "Charts",
}
"""The Avro types of what combiners give."""

WINDOW_RECORDS: Mapping[Combine, tuple[str, str]] = {
    Combine.COUNT: ("PlaysWindow", "countPlays"),
    Combine.MINIMUM: ("MinimumWindow", "minimum"),
    Combine.MAXIMUM: ("MaximumWindow", "maximum"),
    Combine.DISTINCT: ("DistinctWindow", "countDistinct"),
    Combine.TOP_K: ("ChartsWindow", "charts"),
}
"""The record for the value of a window, of the window's `start` and the value: its name, and the value's name in it."""

_ARTIST, _ALBUM, _TRACK, _TIME = Field.ARTIST, Field.ALBUM, Field.TRACK, Field.TIME
_TRENDING = {"windows": (Window.HOUR, Window.DAY, Window.ROLLING), "whose": Whose.EVERYBODY, "k": 50}

METRICS: tuple[Metric, ...] = (
    Metric("counts", Combine.COUNT),
    Metric("firstlisten", Combine.MINIMUM, _TIME),
    Metric("lastlisten", Combine.MAXIMUM, _TIME),
    Metric("distinctartists", Combine.DISTINCT, _ARTIST),
    Metric("distinctalbums", Combine.DISTINCT, _ALBUM),
    Metric("distincttracks", Combine.DISTINCT, _TRACK),
    Metric("topartists", Combine.TOP_K, _ARTIST),
    Metric("topalbums", Combine.TOP_K, _ALBUM),
    Metric("toptracks", Combine.TOP_K, _TRACK),
    Metric("playsperday", Combine.COUNT, windows=(Window.DAY,)),
    Metric("topartistspermonth", Combine.TOP_K, _ARTIST, (Window.MONTH,)),
    Metric("topalbumspermonth", Combine.TOP_K, _ALBUM, (Window.MONTH,)),
    Metric("toptrackspermonth", Combine.TOP_K, _TRACK, (Window.MONTH,)),
    Metric("topartistsperyear", Combine.TOP_K, _ARTIST, (Window.YEAR,)),
    Metric("topalbumsperyear", Combine.TOP_K, _ALBUM, (Window.YEAR,)),
    Metric("toptracksperyear", Combine.TOP_K, _TRACK, (Window.YEAR,)),
    # A week lies in two months of a history at most, which are read as fast as its charts would be. In the rows weeks
    # would take an eighth of the store, and each event would have to change them.
    Metric("playsperweek", Combine.COUNT, windows=(Window.WEEK,), stored=False),
    Metric("topartistsperweek", Combine.TOP_K, _ARTIST, (Window.WEEK,), stored=False),
    Metric("topalbumsperweek", Combine.TOP_K, _ALBUM, (Window.WEEK,), stored=False),
    Metric("toptracksperweek", Combine.TOP_K, _TRACK, (Window.WEEK,), stored=False),
    Metric("trendingartists", Combine.TOP_K, _ARTIST, **_TRENDING),  # type: ignore[arg-type]
    Metric("trendingalbums", Combine.TOP_K, _ALBUM, **_TRENDING),  # type: ignore[arg-type]
    Metric("trendingtracks", Combine.TOP_K, _TRACK, **_TRENDING),  # type: ignore[arg-type]
)

USER_METRICS = tuple(metric for metric in METRICS if metric.whose is Whose.USER)
"""The metrics that are functions of a user's history."""

STORED_METRICS = tuple(metric for metric in USER_METRICS if metric.stored)
"""Those of them that the rows of users hold."""
