"""Count: how many events there are."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from schemas.events import Field
from store.histories.event_set import EventSet
from store.profiles.combiners.combiner import groups_of
from store.profiles.combiners.numbers import NumberCombiner, Numbers
from store.profiles.windows import Windows


@dataclass(frozen=True)
class Count(NumberCombiner):
    """How many events there are; of no field."""

    unite: ClassVar[np.ufunc] = np.add
    of: Field | None = None

    def add(self, events: EventSet, windows: Windows) -> Numbers:
        return Numbers(groups_of(events, windows), np.diff(windows.offsets))
