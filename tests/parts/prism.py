"""Pipelines that run on Prism, in this process, until a test has seen enough."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.failures import PipelineError
from pipelines.kafka.readers import READERS
from pipelines.runners import prism

SECONDS = 60.0
POLL_SECONDS = 0.05
LONGEST_POLL_SECONDS = 2.0


@contextmanager
def streaming(build: Callable[[beam.Pipeline], Any], *options: str) -> Iterator[Any]:
    """Runs the pipeline that `build` makes until the end of the context, which gets its result."""
    require()
    beam_options = PipelineOptions(["--streaming", *options])
    with prism.running(beam_options) as runner:
        pipeline = beam.Pipeline(runner=runner, options=beam_options)
        build(pipeline)
        result = pipeline.run()
        try:
            yield result
        finally:
            READERS.stop(SECONDS)
            result.cancel()
            READERS.close()


def require() -> None:
    """Has Prism built, which takes minutes the first time, before anything waits for a stream; or else skips."""
    try:
        prism.program()
    except PipelineError as error:
        pytest.skip(str(error))


def wait_until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Waits for a condition; AssertionError if it does not come true.

    It rests three times as long as the last look took, so that looking does not take the processors from what is
    waited for.
    """
    deadline = time.monotonic() + seconds
    while True:
        begun = time.monotonic()
        if condition():
            return
        now = time.monotonic()
        assert now < deadline, f"still not true after {seconds} s: {condition}"
        time.sleep(max(POLL_SECONDS, min(3 * (now - begun), LONGEST_POLL_SECONDS)))
