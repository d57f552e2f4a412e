"""Items from their names: the rows of the tables `artists`, `albums` and `tracks`.

Of several names for one id the smallest that is not empty stays, so that the order of lines does not matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.files.name_lines import Names, packed, unpacked
from pipelines.files.parts import Part
from pipelines.files.spill import Shuffle
from store import Store, item_names, layout, varint
from store.compiled import jit


def joined(parts: Iterable[Names]) -> Names:
    """The names of several parts, one after the other."""
    all_parts = list(parts)
    before = np.cumsum([0, *(len(part.text) for part in all_parts)])
    return Names(
        np.concatenate([part.ids for part in all_parts]),
        np.concatenate([part.ends + start for part, start in zip(all_parts, before.tolist(), strict=False)]),
        np.concatenate([part.text for part in all_parts]),
    )


def choose(names: Names) -> tuple[NDArray[np.int64], int]:
    """Which name stays for each id: the index of the smallest that is not empty, ids ascending.

    Returns:
        The indices, and how many ids have several different names.
    """
    order = np.argsort(names.ids, kind="stable")
    _, first, counts = np.unique(names.ids[order], return_index=True, return_counts=True)
    chosen = order[first]
    conflicts = 0
    for group in np.flatnonzero(counts > 1).tolist():
        rivals = order[first[group] : first[group] + counts[group]].tolist()
        texts = {_name(names, i): i for i in rivals}
        chosen[group] = texts[min(filter(None, texts), default=b"")]
        conflicts += len(texts) > 1
    return chosen, conflicts


def _name(names: Names, i: int) -> bytes:
    return names.text[names.ends[i - 1] if i else 0 : names.ends[i]].tobytes()


@jit
def _encode(ids, ends, chosen, text, out, out_ends):  # type: ignore[no-untyped-def]
    """Writes chosen names as Items in Avro: an id, the length of the name, the name. Returns the bytes written."""
    p = 0
    for row in range(len(chosen)):
        i = chosen[row]
        start = ends[i - 1] if i else 0
        p = varint.put_long(out, p, ids[i])
        p = varint.put_long(out, p, ends[i] - start)
        for j in range(start, ends[i]):
            out[p] = text[j]
            p += 1
        out_ends[row] = p
    return p


class Items(NamedTuple):
    """A column of a table of items: their ids, ascending, and their values, which end at `ends` in `data`."""

    table: str
    ids: NDArray[np.int64]
    ends: NDArray[np.int64]
    data: NDArray[np.uint8]
    conflicts: int

    def values(self) -> list[bytes]:
        """The values, encoded."""
        data, ends = self.data.tobytes(), self.ends.tolist()
        return [data[start:end] for start, end in pairwise([0, *ends])]

    def keys(self) -> list[bytes]:
        """The row keys."""
        found: list[bytes] = self.ids.astype(">i8").view(f"V{layout.KEY_BYTES}").tolist()
        return found


def items_of(table: str, names: Names) -> Items:
    """The rows of a table of items."""
    chosen, conflicts = choose(names)
    out = np.empty(len(names.text) + 2 * varint.LONGEST * len(chosen), np.uint8)
    ends = np.empty(len(chosen), np.int64)
    size = _encode(names.ids, names.ends, chosen, names.text, out, ends)
    return Items(table, names.ids[chosen], ends, out[:size], conflicts)


@dataclass(frozen=True)
class ItemMerger:
    """Writes the names of a shard of items."""

    shuffle: Shuffle

    def unite(self, parts: list[Part]) -> list[Part]:
        """The parts as one part."""
        names = self._names(parts)
        (handle,) = self.shuffle.put([packed(names)])
        return [Part(parts[0].order, len(names.ids), False, handle, parts[0].kind)]

    def compute(self, parts: list[Part]) -> Items:
        """The items of a shard."""
        return items_of(parts[0].kind, self._names(parts))

    def write(self, store: Store, computed: Items) -> dict[str, int]:
        """Writes the items, whatever names they had from files."""
        item_names.write_from_files(store, computed.table, computed.keys(), computed.values())
        return {computed.table: len(computed.ids), "renamed": computed.conflicts}

    def _names(self, parts: list[Part]) -> Names:
        return joined(unpacked(self.shuffle.get(part.data), part.rows) for part in parts)
