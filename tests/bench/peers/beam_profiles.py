"""The profiles with Beam as everybody writes it: `python -m tests.bench.peers.beam_profiles EVENTS OUT keep|drop`.

One element per line, a CombinePerKey for each of the six values, on the runner that our pipeline uses too.
"""

import sys
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
from apache_beam.runners.portability.fn_api_runner import FnApiRunner


def parse(line: str) -> tuple[int, ...]:
    """The columns of a line."""
    return tuple(map(int, line.split("\t")))


def top(events: Any, item: int, name: str) -> Any:
    """The chart of one kind of item for each user."""
    return (
        events
        | f"{name}: pairs" >> beam.Map(lambda e: ((e[0], e[item]), 1))
        | f"{name}: plays" >> beam.CombinePerKey(sum)
        | f"{name}: by user" >> beam.MapTuple(lambda pair, plays: (pair[0], (plays, -pair[1])))
        | f"{name}: chart" >> beam.combiners.Top.LargestPerKey(10)
    )


def shown(user: int, values: dict[str, list[Any]]) -> str:
    """The line of a user: id, count, first, last, charts of artists, albums, tracks."""
    charts = [",".join(f"{-item}:{plays}" for plays, item in values[name][0]) for name in "abt"]
    return "\t".join(map(str, [user, values["n"][0], values["f"][0], values["l"][0], *charts]))


def least(items: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """The smallest artist and album."""
    return min(items)


def main(events: str, out: str, repeats: str) -> None:
    """Writes a line for each user."""
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        listens = pipeline | beam.io.ReadFromText(events) | beam.Map(parse)
        if repeats == "drop":
            listens = (
                listens
                | "identity" >> beam.Map(lambda e: ((e[0], e[4], e[3]), (e[1], e[2])))
                | "distinct" >> beam.CombinePerKey(least)
                | "event" >> beam.MapTuple(lambda i, ab: (i[0], *ab, i[2], i[1]))
            )
        times = listens | beam.Map(lambda e: (e[0], e[4]))
        values = {
            "n": listens | "count: ones" >> beam.Map(lambda e: (e[0], 1)) | "count" >> beam.CombinePerKey(sum),
            "f": times | "first" >> beam.CombinePerKey(min),
            "l": times | "last" >> beam.CombinePerKey(max),
            "a": top(listens, 1, "artists"),
            "b": top(listens, 2, "albums"),
            "t": top(listens, 3, "tracks"),
        }
        lines = values | beam.CoGroupByKey() | "line" >> beam.MapTuple(shown)
        _ = lines | beam.io.WriteToText(out, shard_name_template="")


if __name__ == "__main__":
    main(*sys.argv[1:])
