"""The profile as a function of a history: the cells of defined metrics, by combiners over windows."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.events import Field
from schemas.metrics import Combine, Window
from store.histories.event_set import EventSet
from store.profiles.combiners import COMBINERS, Combiner, TopK
from store.profiles.combiners.combiner import Frame, groups_of
from store.profiles.combiners.tally import Tally, TallyCombiner
from store.profiles.definitions import Definition
from store.profiles.windows import NESTS_IN, Windows, windows


def combiner_of(definition: Definition) -> Combiner:
    """The combiner that computes a metric."""
    metric = definition.metric
    kind: Any = COMBINERS[metric.combine]
    if metric.combine is Combine.COUNT:
        return kind()  # type: ignore[no-any-return]
    return kind(metric.of, definition.k) if definition.k else kind(metric.of)  # type: ignore[no-any-return]


class Values(NamedTuple):
    """The encoded values of a metric, by cell.

    Attributes:
        users: the number of each cell's user in the set of events.
        buckets: the first second of the month or year of each cell; 0 where the metric has no windows.
        starts, ends: where each cell's value is in the buffer.
    """

    users: NDArray[np.int64]
    buckets: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class Profiles:
    """The metrics of the users of a set of events. Windows and accumulators are made once, whoever needs them."""

    def __init__(self, events: EventSet, definitions: Iterable[Definition], tallied: Iterable[Field] = ()) -> None:
        """Args:
        tallied: fields of which the tallies of years and of all time are asked for too.
        """
        self._events = events
        self._windows: dict[Window, Windows] = {}
        self._tallies: dict[tuple[int, Window], Tally | None] = {
            (field, window): None for field in tallied for window in (Window.YEAR, Window.ALL)
        }
        combiners = [(definition, combiner_of(definition)) for definition in definitions]
        for definition, combiner in combiners:
            if isinstance(combiner, TallyCombiner):
                self._tallies[combiner.of, definition.metric.window] = None
        self._parts = [(d, combiner, self._accumulator(d.metric.window, combiner)) for d, combiner in combiners]

    def windows(self, kind: Window) -> Windows:
        """The windows of a kind that have events."""
        if kind not in self._windows:
            self._windows[kind] = windows(kind, self._events.times, self._events.starts)
        return self._windows[kind]

    def tally(self, field: Field, window: Window) -> Tally:
        """The tally of a field that is asked for."""
        return self._tally(window, TopK(field, 0))

    def most_bytes(self) -> int:
        """An upper bound of what `encode` writes."""
        frames = sum(3 * 10 * len(self.windows(d.metric.window)) for d, _, _ in self._parts)
        return frames + sum(combiner.most_bytes(accumulator) for _, combiner, accumulator in self._parts)

    def encode(self, out: NDArray[np.uint8], p: int) -> tuple[list[Values], int]:
        """Encodes the values of each definition from `out[p:]` on; the end of the last."""
        found = []
        for definition, combiner, accumulator in self._parts:
            cells, frame = self._frame(definition)
            ends = np.empty(len(cells[0]), np.int64)
            start, p = p, combiner.encode(accumulator, frame, out, p, ends)
            found.append(Values(*cells, np.append(start, ends[:-1])[: len(ends)], ends))
        return found, p

    def _frame(self, definition: Definition) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], Frame]:
        """The users and buckets of a metric's cells, and what frames its values."""
        found = self.windows(definition.metric.window)
        if not definition.metric.windowed:
            return (found.users, found.buckets), Frame(np.arange(len(found) + 1), found.starts, windowed=False)
        new = np.ones(len(found), np.bool_)
        new[1:] = (np.diff(found.users) != 0) | (np.diff(found.buckets) != 0)
        first = np.flatnonzero(new)
        return (found.users[first], found.buckets[first]), Frame(
            np.append(first, len(found)), found.starts, windowed=True
        )

    def _accumulator(self, window: Window, combiner: Combiner) -> Any:
        if isinstance(combiner, TallyCombiner):
            return self._tally(window, combiner)
        return combiner.add(self._events, self.windows(window))

    def _tally(self, window: Window, combiner: TallyCombiner) -> Tally:
        """The tally of a field: that of shorter windows added up, if there is one, else that of the events."""
        found = self._tallies[combiner.of, window]
        if found is None:
            shorter = next((w for w in NESTS_IN[window] if (combiner.of, w) in self._tallies), None)
            found = self._coarser(window, shorter, combiner) if shorter else self._of_events(window, combiner)
            self._tallies[combiner.of, window] = found
        return found

    def _of_events(self, window: Window, combiner: TallyCombiner) -> Tally:
        return combiner.add(self._events, self.windows(window))

    def _coarser(self, window: Window, shorter: Window, combiner: TallyCombiner) -> Tally:
        longer = self.windows(window)
        offsets = np.searchsorted(self.windows(shorter).offsets, longer.offsets)
        return combiner.coarsen(self._tally(shorter, combiner), offsets, groups_of(self._events, longer))
