"""Distinct: how many different items there are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.events import Field
from store import varint
from store.profiles.combiners.combiner import Column, Frame
from store.profiles.combiners.numbers import encode_numbers
from store.profiles.combiners.tally import Tally, TallyCombiner


@dataclass(frozen=True)
class Distinct(TallyCombiner):
    """How many different items there are."""

    of: Field

    def values(self, accumulator: Tally) -> list[int]:
        found: list[int] = np.diff(accumulator.offsets).tolist()
        return found

    def most_bytes(self, accumulator: Tally) -> int:
        return varint.LONGEST * len(accumulator.offsets)

    def encode(self, accumulator: Tally, frame: Frame, out: NDArray[np.uint8], p: int, ends: Column) -> int:
        return encode_numbers(np.diff(accumulator.offsets), frame, out, p, ends)
