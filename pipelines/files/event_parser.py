"""Listening events, and deletions, from files: parsing, selecting, and the columns of the parts of a shard."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.files.blocks import BLOCK, Block, Range
from pipelines.files.erasures import parse_erasures
from pipelines.files.event_lines import COLUMNS, most_rows, parse_events, why_bad
from pipelines.files.parts import Parsed, Part
from pipelines.files.rejected_lines import Notes
from pipelines.files.shards import scatter
from pipelines.files.spill import Shuffle
from schemas.events import TIME, USER
from store.histories.event_set import Columns

EVENTS, DELETED, ERASED = "events", "deleted", "erased"
"""Kinds of files: listens, listens which were taken back, and erasures of users."""

_BAD_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class Selection:
    """Which events are taken: `start <= timestamp < end` in seconds, and only of some users; None takes all."""

    start: int | None = None
    end: int | None = None
    users: frozenset[int] | None = None

    def of(self, columns: Columns) -> Columns:
        """The selected rows."""
        if self == ALL:
            return columns
        wanted = np.ones(columns.shape[1], np.bool_)
        if self.start is not None:
            wanted &= columns[TIME] >= self.start
        if self.end is not None:
            wanted &= columns[TIME] < self.end
        if self.users is not None:
            wanted &= np.isin(columns[USER], np.array(sorted(self.users), np.int64))
        return columns[:, wanted]


ALL = Selection()


@dataclass(frozen=True)
class EventParser:
    """Parses blocks of listening events into parts of `shards` shards of users."""

    shards: int
    selection: Selection = ALL
    longest: int = 255

    def workspace(self) -> Any:
        return np.empty((COLUMNS, most_rows(BLOCK + self.longest)), np.int64), np.empty((_BAD_AT_ONCE, 3), np.int64)

    def parse(self, block: Block, part: Range, workspace: Any) -> Parsed:
        if part.kind == ERASED:
            return parse_erasures(block, self.shards)
        columns, bad = workspace
        notes = Notes(block, COLUMNS, why_bad)
        position, row, line, any_wide = block.start, 0, 1, False
        while position < block.end:
            position, row, line, n_bad, wide = parse_events(block.text, position, block.end, columns, row, bad, line)
            any_wide |= wide
            for number, start, end in bad[:n_bad].tolist():
                notes.reject(number, block.text[start:end].tobytes())
        selected = self.selection.of(columns[:, :row])
        parts = [
            (shard, array.size // COLUMNS, bool(any_wide), array)
            for shard, array in scatter(selected, selected.shape[1], self.shards, any_wide)
        ]
        return Parsed(line - 1, row, notes.rejected, bytes(notes), parts)


def columns_of(parts: Iterable[Part], shuffle: Shuffle) -> Columns:
    """All rows in the parts of a shard: user, artist, album, track, timestamp: int64[5, rows]."""
    ordered = sorted(parts, key=lambda part: part.order)  # events in order of time need not be sorted again
    columns = np.empty((COLUMNS, sum(part.rows for part in ordered)), np.int64)
    row = 0
    for part in ordered:
        data = shuffle.get(part.data).view(np.int64 if part.wide else np.uint32)
        columns[:, row : row + part.rows] = data.reshape(COLUMNS, part.rows)
        row += part.rows
    return columns
