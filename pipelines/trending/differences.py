"""What batches of listens change for the plays: repeats change nothing, since the recent listens are remembered."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import TimerSpec, on_timer
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import Timestamp

from pipelines.trending.packing import packed, unpacked
from pipelines.trending.recent_set import Listens
from pipelines.trending.state_log import LOG, MARK, Sums
from pipelines.trending.triggers import HOUR, day_after


class Changes(beam.DoFn):
    """From (shard of users, packed rows) to what they change: packed Plays, at the begin of their hour.

    Listens are remembered until no window that they lie in is open: for `kept` seconds after the end of their hour.
    """

    OVER = TimerSpec("over", TimeDomain.WATERMARK)

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.shared = Shared()

    def setup(self) -> None:
        self.sums: Sums[Listens] = self.shared.acquire(_sums)

    def process(
        self,
        batch: tuple[int, Iterable[bytes]],
        log: Any = beam.DoFn.StateParam(LOG),
        mark: Any = beam.DoFn.StateParam(MARK),
        over: Any = beam.DoFn.TimerParam(OVER),
    ) -> Iterator[TimestampedValue[bytes]]:
        shard, parts = batch
        rows = np.concatenate([unpacked(part) for part in parts], axis=1)
        held = self.sums.take(shard, log, mark)
        for hour, plays in held.value.add(rows):
            yield TimestampedValue(packed(plays), hour)
        self.sums.put(shard, held, packed(rows), log, mark)
        self._await(held.value, over)

    @on_timer(OVER)
    def forget(
        self,
        shard: int = beam.DoFn.KeyParam,
        log: Any = beam.DoFn.StateParam(LOG),
        mark: Any = beam.DoFn.StateParam(MARK),
        over: Any = beam.DoFn.TimerParam(OVER),
    ) -> None:
        """Forgets the hours which are over."""
        held = self.sums.take(shard, log, mark)
        held.value.forget(self._over(held.value) - self.kept)
        self.sums.replace(shard, held, log, mark)
        self._await(held.value, over)

    def _await(self, listens: Listens, over: Any) -> None:
        if listens.oldest() is not None:
            over.set(Timestamp(self._over(listens)))

    def _over(self, listens: Listens) -> int:
        return day_after((listens.oldest() or 0) + HOUR + self.kept)


def _sums() -> Sums[Listens]:
    return Sums(_added_up, lambda listens: packed(listens.rows()))


def _added_up(changes: Iterable[bytes]) -> Listens:
    listens = Listens()
    for change in changes:
        for _ in listens.add(unpacked(change)):
            continue
    return listens
