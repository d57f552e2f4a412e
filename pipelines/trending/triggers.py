"""Which windows of time there are, and when they speak: all of the policy is here. Times are seconds."""

from collections.abc import Mapping

import apache_beam as beam
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, AfterWatermark, Repeatedly
from apache_beam.transforms.window import FixedWindows, GlobalWindows, SlidingWindows, TimestampCombiner

HOUR, DAY = 3600, 86_400

WINDOWS: Mapping[str, FixedWindows | SlidingWindows] = {
    "HOUR": FixedWindows(HOUR),
    "DAY": FixedWindows(DAY),
    "ROLLING": SlidingWindows(DAY, HOUR),
}
"""By their name in the store."""

LONGEST = DAY

LATENESS = 2 * DAY
"""For so much event time a window is still corrected, after the watermark has passed its end."""

AHEAD = DAY
"""Listens so far in the future are left out: their clock is wrong, and they would be the latest for ever."""

PACE = 1
"""How long changes are gathered at each of the three steps from a listen to a chart."""

CHART = 50
"""Length of a chart."""


def end(name: str, start: int) -> int:
    """The end of the window of a name that begins at `start`: the first second after it."""
    return start + int(WINDOWS[name].size.micros // 1_000_000)


def day_after(time: int) -> int:
    """The first begin of a day which is not before a time. What is over is forgotten day by day, in few steps."""
    return -(-time // DAY) * DAY


def gathered() -> beam.WindowInto:
    """Whatever has come, of all times, every PACE seconds: what follows sees few and large elements."""
    return beam.WindowInto(
        GlobalWindows(),
        trigger=Repeatedly(AfterProcessingTime(PACE)),
        accumulation_mode=AccumulationMode.DISCARDING,
        timestamp_combiner=TimestampCombiner.OUTPUT_AT_EARLIEST,
    )


def windowed(name: str, lateness: int) -> beam.WindowInto:
    """Early panes while a window is open, one when the watermark passes its end, late ones for `lateness` seconds.

    A pane holds what has changed since the one before: a portable runner which accumulates itself would keep all inputs
    of all windows, those of 24 hours 24 times. A pane bears the earliest time in it: with that of its window's end it
    would be ahead of the watermark, and Prism would hold it back in the steps that follow until a timer is due.
    """
    return beam.WindowInto(
        WINDOWS[name],
        trigger=AfterWatermark(early=AfterProcessingTime(PACE), late=AfterProcessingTime(PACE)),
        accumulation_mode=AccumulationMode.DISCARDING,
        allowed_lateness=lateness,
        timestamp_combiner=TimestampCombiner.OUTPUT_AT_EARLIEST,
    )
