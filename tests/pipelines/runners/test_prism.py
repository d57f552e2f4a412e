"""Prism as the streams use it: whatever the load, the state of a key is what the elements before made of it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.coders import VarIntCoder
from apache_beam.transforms.userstate import BagStateSpec

from tests.pipelines.trending.streams import Outputs, run

ELEMENTS = 6
SLOW_SECONDS = 0.3
"""For each element: Prism looks every 0.1 s at least whether a bundle gets on, and is tempted to divide it."""


class SlowCount(beam.DoFn):
    """How many elements of the key came before."""

    SEEN = BagStateSpec("seen", VarIntCoder())

    def process(self, element: tuple[int, int], seen: Any = beam.DoFn.StateParam(SEEN)) -> Iterator[int]:
        yield len([*seen.read()])
        seen.add(element[1])
        time.sleep(SLOW_SECONDS)


def test_a_slow_key_is_worked_on_by_one_bundle_at_a_time(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "counts")

    def build(pipeline: beam.Pipeline) -> None:
        counts = pipeline | beam.Create([(1, i) for i in range(ELEMENTS)]) | beam.ParDo(SlowCount())
        _ = counts | beam.Map(lambda count: outputs.write([count]))

    run(build)
    assert sorted(outputs.read()) == [*range(ELEMENTS)]
