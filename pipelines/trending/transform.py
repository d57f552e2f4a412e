"""The plays of all users in windows of event time, from columns of listens to charts, in Beam's windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.transforms.window import GlobalWindows, TimestampedValue

from pipelines.combiners import UnionFn
from pipelines.kafka.figures import FIGURES
from pipelines.trending import triggers
from pipelines.trending.differences import Changes
from pipelines.trending.levels import Rows
from pipelines.trending.packing import packed, unpacked
from pipelines.trending.panes import WritePanes, Writer
from pipelines.trending.plays import added
from pipelines.trending.recent_set import within
from schemas.events import TIME, USER

SHARDS = 4
"""Of users: as many workers tell repeats side by side."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(eq=False)
class Trending(beam.PTransform):
    """Writes the charts of windows of time, from Rows of any users and times.

    Attributes:
        writer: where they go.
        since: the second from which on all listens are given. Windows which begin earlier are left out, since they
            would be incomplete.
        lateness: for so many seconds of event time windows are still corrected.
    """

    writer: Writer
    since: int = 0
    lateness: int = triggers.LATENESS

    def expand(self, rows: beam.PCollection[Rows]) -> beam.PCollection[None]:
        changes = (
            rows
            | "Shards" >> beam.FlatMap(by_shard, self.since).with_output_types(tuple[int, bytes])
            | "Batches" >> triggers.gathered()
            | "Together" >> beam.GroupByKey()
            | "Changes" >> beam.ParDo(Changes(triggers.LONGEST + self.lateness)).with_output_types(bytes)
        )
        return (
            [self._in_windows(changes, name) for name in triggers.WINDOWS]
            | "Windows" >> beam.Flatten()
            | "Updates" >> triggers.gathered()
            | "OfName" >> beam.GroupByKey()
            | "Write" >> beam.ParDo(WritePanes(self.writer, self.lateness))
        )

    def _in_windows(self, changes: beam.PCollection[bytes], name: str) -> beam.PCollection[tuple[str, Any]]:
        """What changes in the windows of a name, (name, (start, packed Plays)), each time that its trigger fires."""
        return (
            changes
            | f"{name} windows" >> triggers.windowed(name, self.lateness)
            | f"{name} starts" >> beam.FlatMap(_at_start, self.since).with_output_types(tuple[int, bytes])
            | f"{name} changes" >> beam.CombinePerKey(PlaysFn())
            | f"{name} named"
            >> beam.Map(lambda change: (name, change)).with_output_types(tuple[str, tuple[int, bytes]])
            | f"{name} together" >> beam.WindowInto(GlobalWindows())
        )


def by_shard(rows: Rows, since: int) -> Iterator[TimestampedValue[tuple[int, bytes]]]:
    """The rows of each shard of users, packed, at the earliest time among them, if they lie in any window."""
    wanted = within(rows, since)
    FIGURES.left_out(rows.shape[1] - wanted.shape[1])
    shards = (wanted[USER].astype(np.uint64) * _GOLDEN >> np.uint64(32)) % np.uint64(SHARDS)
    for shard in np.unique(shards).tolist():
        part = wanted[:, shards == shard]
        yield TimestampedValue((shard, packed(part)), int(part[TIME].min()))


def _at_start(plays: bytes, since: int, window: Any = beam.DoFn.WindowParam) -> Iterator[tuple[int, bytes]]:
    """The plays with the window's begin as key: Prism looks at all windows of a key whenever one of them fires."""
    start = int(window.start)
    if start >= since:
        yield start, plays


class PlaysFn(UnionFn[bytes]):
    """Adds up plays: the accumulators of TopK, packed for their way through the runner."""

    def __init__(self) -> None:
        super().__init__(lambda parts: [packed(added(map(unpacked, parts)))])

    def extract_output(self, accumulator: list[bytes]) -> bytes:
        return packed(added(map(unpacked, accumulator)))
