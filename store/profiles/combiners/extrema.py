"""Minimum and Maximum: the least and the greatest value of a field."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from schemas.events import Field
from store.histories.event_set import EventSet
from store.profiles.combiners.combiner import groups_of
from store.profiles.combiners.numbers import NumberCombiner, Numbers
from store.profiles.windows import Windows


@dataclass(frozen=True)
class _Extremum(NumberCombiner):
    of: Field

    def add(self, events: EventSet, windows: Windows) -> Numbers:
        values = events.column(self.of)[: windows.offsets[-1]]
        extrema = self.unite.reduceat(values, windows.offsets[:-1]) if len(windows) else values
        return Numbers(groups_of(events, windows), extrema)


@dataclass(frozen=True)
class Minimum(_Extremum):
    """The least value of a field."""

    unite: ClassVar[np.ufunc] = np.minimum


@dataclass(frozen=True)
class Maximum(_Extremum):
    """The greatest value of a field."""

    unite: ClassVar[np.ufunc] = np.maximum
