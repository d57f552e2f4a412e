"""Running streams of given events on Prism, with a clock and a watermark that tests move."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.runners.prism import running


@dataclass(frozen=True)
class Outputs:
    """Values which come out of a pipeline, as JSON in a file."""

    path: Path

    def write(self, values: Iterable[Any]) -> None:
        """Adds values."""
        with self.path.open("a") as file:
            file.writelines(json.dumps(value) + "\n" for value in values)

    def read(self) -> list[Any]:
        """All values."""
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []


def run(build: Callable[[beam.Pipeline], Any]) -> None:
    """Runs the streaming pipeline that `build` makes, to its end."""
    options = PipelineOptions(["--streaming"])
    with running(options) as runner, beam.Pipeline(runner=runner, options=options) as pipeline:
        build(pipeline)
