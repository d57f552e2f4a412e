"""The windows' policy, pane by pane: early, on time, late, and dropped when it is too late."""

from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing import test_stream as clockwork
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.windowed_value import PaneInfoTiming

from pipelines.trending import triggers
from tests.pipelines.trending import oracle
from tests.pipelines.trending.streams import Outputs, run

HOUR, DAY = 3600, 86_400
START = 15_000 * DAY
LATENESS = 2 * HOUR


def _described(
    change: tuple[str, int], window: Any = beam.DoFn.WindowParam, pane: Any = beam.DoFn.PaneInfoParam
) -> tuple[int, int, bool]:
    return int(window.start) - START, change[1], pane.timing == PaneInfoTiming.ON_TIME


def at(time: int, number: int) -> TimestampedValue[tuple[str, int]]:
    return TimestampedValue(("plays", number), START + time)


def panes(name: str, stream: clockwork.TestStream, place: Path) -> list[Any]:
    """The panes of windows of a name: start, what is added up, and whether the runner calls it the pane on time."""
    outputs = Outputs(place / "panes")
    run(
        lambda pipeline: (
            pipeline
            | stream
            | triggers.windowed(name, LATENESS)
            | beam.CombinePerKey(sum)
            | beam.Map(_described).with_output_types(Any)
            | beam.Map(lambda pane: outputs.write([pane]))
        )
    )
    return outputs.read()


def test_the_panes_of_an_hour(tmp_path: Path) -> None:
    stream = (
        clockwork.TestStream()
        .advance_watermark_to(START)
        .add_elements([at(10, 1), at(20, 2)])
        .advance_processing_time(triggers.PACE + 1)  # early
        .add_elements([at(30, 4)])
        .advance_processing_time(triggers.PACE + 1)  # early again: what is new
        .add_elements([at(40, 8), at(HOUR, 16)])
        .advance_watermark_to(START + HOUR)  # on time for the first hour
        .add_elements([at(50, 32)])
        .advance_processing_time(triggers.PACE + 1)  # late for the first hour, early for the second
        .advance_watermark_to(START + HOUR + LATENESS - 1)
        .add_elements([at(60, 64)])
        .advance_processing_time(triggers.PACE + 1)  # late, in the last second
        .advance_watermark_to(START + HOUR + LATENESS + 1)
        .add_elements([at(70, 128)])  # dropped
        .advance_processing_time(triggers.PACE + 1)
        .advance_watermark_to_infinity()
    )
    found = panes("HOUR", stream, tmp_path)
    first = [(number, on_time) for start, number, on_time in found if start == 0]
    assert sorted(number for number, _ in first) == [1 + 2, 4, 8, 32, 64]  # outputs may overtake each other
    assert [number for number, on_time in first if on_time] == [8]
    assert [number for start, number, _ in found if start == HOUR] == [16]
    assert {start for start, _, _ in found} == {0, HOUR}


@pytest.mark.parametrize(("name", "expected"), [("HOUR", []), ("DAY", [[0, 1, True]])])
def test_what_is_too_late_for_an_hour_is_not_for_a_day(name: str, expected: list[Any], tmp_path: Path) -> None:
    stream = clockwork.TestStream().advance_watermark_to(START + HOUR + LATENESS + 1).add_elements([at(10, 1)])
    assert panes(name, stream.advance_watermark_to_infinity(), tmp_path) == expected


def test_a_time_lies_in_24_rolling_windows(tmp_path: Path) -> None:
    stream = (
        clockwork.TestStream()
        .advance_watermark_to(START)
        .add_elements([at(5 * HOUR, 1)])
        .advance_watermark_to_infinity()
    )
    found = panes("ROLLING", stream, tmp_path)
    expected = {start - START for start in oracle.starts("ROLLING", START + 5 * HOUR)}
    assert {start for start, *_ in found} == expected
    assert len(found) == 24
