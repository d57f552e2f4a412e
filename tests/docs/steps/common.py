"""What the steps have in common: reading blocks of lines, and the line of a user in their output."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import apache_beam as beam
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

BLOCK = 1 << 20
"""Bytes of text in an element."""

Build = Callable[["beam.PCollection[bytes]"], "beam.PCollection[str]"]
"""From blocks of whole lines to the lines of users."""


def blocks(path: str) -> Iterator[bytes]:
    """A file in blocks of about BLOCK bytes which end at the end of a line."""
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK):
            yield block + file.readline()


def line(user: int, count: int, first: int, last: int, charts: Iterable[Iterable[tuple[int, int]]]) -> str:
    """The line of a user: id, count, first, last, charts of artists, albums, tracks as `id:plays`."""
    shown = (",".join(f"{item}:{plays}" for item, plays in chart) for chart in charts)
    return "\t".join([str(user), str(count), str(first), str(last), *shown])


def run(build: Build) -> None:
    """Runs a step on its command line: EVENTS OUT."""
    events, out = sys.argv[1:]
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        lines = build(pipeline | beam.Create([events]) | beam.FlatMap(blocks))
        _ = lines | beam.io.WriteToText(out, shard_name_template="")
