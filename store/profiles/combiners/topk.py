"""TopK: the most played items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import int64
from numpy.typing import NDArray

from schemas.events import Field
from schemas.wire import avro
from store import varint
from store.compiled import jit
from store.profiles.combiners.combiner import Column, Frame
from store.profiles.combiners.tally import Tally, TallyCombiner


@dataclass(frozen=True)
class TopK(TallyCombiner):
    """The k most played items: plays descending, then id ascending. Items without plays are in no chart."""

    of: Field
    k: int

    def values(self, accumulator: Tally) -> list[Any]:
        groups = len(accumulator.offsets) - 1
        frame = Frame(np.arange(groups + 1), np.zeros(groups, np.int64), windowed=False)
        out, ends = np.empty(self.most_bytes(accumulator), np.uint8), np.empty(groups, np.int64)
        data = out[: self.encode(accumulator, frame, out, 0, ends)].tobytes()
        return [avro.decode("Charts", data[lo:hi]) for lo, hi in zip([0, *ends.tolist()], ends.tolist(), strict=False)]

    def most_bytes(self, accumulator: Tally) -> int:
        groups = len(accumulator.offsets)
        return 2 * varint.LONGEST * (min(len(accumulator.ids), self.k * groups) + groups)

    def encode(self, accumulator: Tally, frame: Frame, out: NDArray[np.uint8], p: int, ends: Column) -> int:
        size = min(self.k, int(np.diff(accumulator.offsets).max(initial=0)))
        best = np.empty((2, max(size, 1)), np.int64)
        return int(_encode(accumulator.offsets, accumulator.ids, accumulator.plays, best, *frame, out, p, ends))


@jit
def _choose(offsets, ids, plays, group, best):  # type: ignore[no-untyped-def]
    """Fills `best` (int64[2, k]: ids and plays) with the most played items of a group; how many they are."""
    k = best.shape[1]
    size = int64(0)
    for row in range(offsets[group], offsets[group + 1]):
        item, count = ids[row], plays[row]
        if count <= 0:
            continue
        if size == k:
            if count < best[1, k - 1] or (count == best[1, k - 1] and item > best[0, k - 1]):
                continue
        else:
            size += 1
        q = size - 1
        while q > 0 and (best[1, q - 1] < count or (best[1, q - 1] == count and best[0, q - 1] > item)):
            best[1, q], best[0, q] = best[1, q - 1], best[0, q - 1]
            q -= 1
        best[1, q], best[0, q] = count, item
    return size


@jit
def _encode(offsets, ids, plays, best, cells, starts, windowed, out, p, ends):  # type: ignore[no-untyped-def]
    for cell in range(len(cells) - 1):
        if windowed:
            p = varint.put_long(out, p, cells[cell + 1] - cells[cell])
        for group in range(cells[cell], cells[cell + 1]):
            if windowed:
                p = varint.put_long(out, p, starts[group])
            size = _choose(offsets, ids, plays, group, best)
            if size > 0:
                p = varint.put_long(out, p, size)
            for q in range(size):
                p = varint.put_long(out, p, best[0, q])
                p = varint.put_long(out, p, best[1, q])
            out[p] = 0
            p += 1
        if windowed:
            out[p] = 0
            p += 1
        ends[cell] = p
    return p


@jit
def _add_to_charts(data, starts, windowed, first, items, plays, offsets, out_items, out_plays):  # type: ignore[no-untyped-def]
    n = int64(0)
    for chart in range(len(starts)):
        offsets[chart] = n
        lo, hi = first[chart], first[chart + 1]
        for i in range(lo, hi):
            out_items[n], out_plays[n] = items[i], plays[i]
            n += 1
        p = starts[chart]
        if windowed:
            _, p = varint.get_long(data, p)
            _, p = varint.get_long(data, p)
        size, p = varint.get_long(data, p)
        for _ in range(size):
            item, p = varint.get_long(data, p)
            count, p = varint.get_long(data, p)
            added = False
            for i in range(lo, hi):
                added = added or items[i] == item
            if not added:
                out_items[n], out_plays[n] = item, count
                n += 1
    offsets[len(starts)] = n
    return n


EMPTY_CHART = b"\2\0\0\0"
"""The array of one window whose chart has no items."""


def add_to_charts(
    values: Sequence[bytes], first: Column, items: Column, plays: Column, *, windowed: bool
) -> tuple[Column, Column, Column]:
    """The items that can be in charts after plays were added: the offsets, ids and plays of a Tally.

    Args:
        values: the encoded charts before, each with as many items as there are, or k.
        first: the first of the items with plays more of each chart, and the end: int64[charts + 1].
        items, plays: of these items, each once for a chart, and their plays after the addition.
        windowed: whether each value is the array of one window.
    """
    most = len(items) + sum(map(len, values)) // 2
    offsets, found = np.empty(len(values) + 1, np.int64), np.empty((2, most), np.int64)
    n = int(_add_to_charts(*varint.joined(values), windowed, first, items, plays, offsets, *found))
    return offsets, found[0, :n], found[1, :n]
