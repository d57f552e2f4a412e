"""Combiners that keep one number for each group: the number is the value, and parts merge by a ufunc."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from store import varint
from store.compiled import jit
from store.profiles.combiners.combiner import Column, Combiner, Frame, Groups, empty, joined_groups


class Numbers(NamedTuple):
    """An accumulator: a number for each group."""

    groups: Groups
    numbers: Column


class NumberCombiner(Combiner):
    """A combiner whose accumulators are Numbers."""

    unite: ClassVar[np.ufunc]

    def create(self) -> Numbers:
        return Numbers(Groups(empty(), empty()), empty())

    def merge(self, accumulators: Sequence[Numbers]) -> Numbers:
        groups, order, first = joined_groups([part.groups for part in accumulators])
        numbers = np.concatenate([empty(), *(part.numbers for part in accumulators)])[order]
        return Numbers(groups, self.unite.reduceat(numbers, first) if len(first) else numbers)

    def values(self, accumulator: Numbers) -> list[int]:
        found: list[int] = accumulator.numbers.tolist()
        return found

    def most_bytes(self, accumulator: Numbers) -> int:
        return varint.LONGEST * len(accumulator.numbers)

    def encode(self, accumulator: Numbers, frame: Frame, out: NDArray[np.uint8], p: int, ends: Column) -> int:
        return encode_numbers(accumulator.numbers, frame, out, p, ends)


def encode_numbers(numbers: Column, frame: Frame, out: NDArray[np.uint8], p: int, ends: Column) -> int:
    """Encodes a number for each group."""
    return int(_encode(numbers, *frame, out, p, ends))


@jit
def _encode(numbers, cells, starts, windowed, out, p, ends):  # type: ignore[no-untyped-def]
    for cell in range(len(cells) - 1):
        if windowed:
            p = varint.put_long(out, p, cells[cell + 1] - cells[cell])
        for group in range(cells[cell], cells[cell + 1]):
            if windowed:
                p = varint.put_long(out, p, starts[group])
            p = varint.put_long(out, p, numbers[group])
        if windowed:
            out[p] = 0
            p += 1
        ends[cell] = p
    return p


@jit
def _decode(data, starts, numbers):  # type: ignore[no-untyped-def]
    for i in range(len(starts)):
        numbers[i] = varint.get_long(data, starts[i])[0]


def decode_numbers(values: Sequence[bytes]) -> Column:
    """The numbers that are encoded without windows."""
    numbers = np.empty(len(values), np.int64)
    _decode(*varint.joined(values), numbers)
    return numbers
