"""Combiners that keep the plays of each item for each group."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import int64, uint64

from schemas.events import Field
from store.compiled import inlined, jit
from store.hashing import hash_of
from store.histories.event_set import EventSet
from store.profiles.combiners.combiner import Column, Combiner, Groups, empty, groups_of, joined_groups
from store.profiles.windows import Windows

_SMALLEST, _BEGIN = 6, 11
"""Bits of the tables with which a group begins, by the number of its rows."""

_ONES = np.ones(0, np.int64)
"""Stands for as many plays of 1 as there are ids."""


class Tally(NamedTuple):
    """An accumulator: the items of a group are the rows `offsets[group]:offsets[group + 1]`, each once.

    Attributes:
        ids, plays: of the items. Plays may be negative, where a tally is a difference.
    """

    groups: Groups
    offsets: Column
    ids: Column
    plays: Column


class TallyCombiner(Combiner):
    """A combiner whose accumulators are Tallies."""

    of: Field

    def create(self) -> Tally:
        return Tally(Groups(empty(), empty()), np.zeros(1, np.int64), empty(), empty())

    def add(self, events: EventSet, windows: Windows) -> Tally:
        return Tally(groups_of(events, windows), *tally(events.column(self.of), _ONES, windows.offsets))

    def coarsen(self, accumulator: Tally, offsets: Column, groups: Groups) -> Tally:
        """The tally of longer windows, of which those of `accumulator` are parts.

        Args:
            offsets: the first shorter window of each longer one, and the end of the last: int64[groups + 1].
        """
        return Tally(groups, *tally(accumulator.ids, accumulator.plays, accumulator.offsets[offsets]))

    def merge(self, accumulators: Sequence[Tally]) -> Tally:
        groups, order, first = joined_groups([part.groups for part in accumulators])
        sizes = np.concatenate([empty(), *(np.diff(part.offsets) for part in accumulators)])
        before = np.cumsum(sizes) - sizes
        rows = _ranges(before[order], sizes[order])
        ids = np.concatenate([empty(), *(part.ids for part in accumulators)])[rows]
        plays = np.concatenate([empty(), *(part.plays for part in accumulators)])[rows]
        offsets = np.append(np.cumsum(sizes[order]) - sizes[order], len(rows))
        return Tally(groups, *tally(ids, plays, offsets[np.append(first, len(order))]))


def _ranges(starts: Column, sizes: Column) -> Column:
    """The numbers from each start on, as many as its size."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


def tally(ids: Column, plays: Column, offsets: Column) -> tuple[Column, Column, Column]:
    """The distinct items of each group of rows and the sums of their plays: offsets, ids and plays of a Tally.

    Args:
        plays: of the rows; none at all if each counts once.
        offsets: the first row of each group, and the end of the last one: int64[groups + 1].
    """
    first, end = int(offsets[0]), int(offsets[-1])
    most = int(np.diff(offsets).max(initial=0))
    table = np.zeros(2 << max(_BEGIN, most.bit_length() + 1), np.uint32)
    found = np.empty(len(offsets), np.int64), np.empty(end - first, np.int64), np.empty(end - first, np.int64)
    size = _tally(ids, plays, offsets, table, *found)
    return found[0], found[1][:size].copy(), found[2][:size].copy()


@inlined
def _entry(key, table, bits, ids, base):  # type: ignore[no-untyped-def]
    """The entry of a key in the table of 2**bits entries, which begins at 2**bits, or the free one where it belongs.

    An entry is the number of a row after `base`: one that is not above it is from a group before, and free. (Indices
    without a sign spare the look whether they are negative.)
    """
    size = uint64(1) << bits
    entry = size | hash_of(key, bits)
    while table[entry] > base and ids[table[entry] - uint64(1)] != key:
        entry = size | ((entry + uint64(1)) & (size - uint64(1)))
    return entry


@jit
def _tally(ids, plays, offsets, table, out_offsets, out_ids, out_plays):  # type: ignore[no-untyped-def]
    """Fills the columns of a Tally; how many rows it has."""
    n = uint64(0)
    weighted = len(plays) > 0
    for group in range(len(offsets) - 1):
        base = n
        out_offsets[group] = n
        rows = uint64(2 * (offsets[group + 1] - offsets[group]))
        bits = uint64(_SMALLEST)  # small tables stay in the processor's cache: begin with one, and double it
        while uint64(1) << bits < rows and bits < uint64(_BEGIN):
            bits += uint64(1)
        item, row = int64(-1), n
        for i in range(offsets[group], offsets[group + 1]):
            if ids[i] != item or row == n:
                item = ids[i]
                entry = _entry(item, table, bits, out_ids, base)
                row = uint64(table[entry])
                if row > base:
                    row -= uint64(1)
                else:
                    row = n
                    n += uint64(1)
                    out_ids[row], out_plays[row] = item, 0
                    table[entry] = n
                    if (n - base) << uint64(1) > uint64(1) << bits:
                        bits += uint64(1)
                        for known in range(base, n):
                            table[_entry(out_ids[known], table, bits, out_ids, base)] = known + uint64(1)
            out_plays[row] += plays[i] if weighted else int64(1)
    out_offsets[len(offsets) - 1] = n
    return n
