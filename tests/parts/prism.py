"""Pipelines that run on Prism, in this process, until a test has seen enough."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.errors import PipelineError
from pipelines.kafka.readers import READERS
from pipelines.prism import running

SECONDS = 60.0
POLL_SECONDS = 0.02


@contextmanager
def streaming(build: Callable[[beam.Pipeline], Any], *options: str) -> Iterator[Any]:
    """Runs the pipeline that `build` makes until the end of the context, which gets its result."""
    beam_options = PipelineOptions(["--streaming", *options])
    with ExitStack() as stack:
        try:
            runner = stack.enter_context(running(beam_options))
        except PipelineError as error:
            pytest.skip(str(error))
        pipeline = beam.Pipeline(runner=runner, options=beam_options)
        build(pipeline)
        result = pipeline.run()
        try:
            yield result
        finally:
            READERS.stop(SECONDS)
            result.cancel()
            READERS.close()


def wait_until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Waits for a condition; AssertionError if it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not true after {seconds} s: {condition}"
        time.sleep(POLL_SECONDS)
