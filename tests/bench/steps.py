"""The steps of docs/from-naive-to-fast.md, timed: `python -m tests.bench.steps [--write]`.

All read the same file and compute the same profiles, process start included. Ratios are to the first step in the same
run. The file is as a day of a service: in order of time, of many users who have some forty listens each.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from schemas.events import NAMES
from tests.bench.batch import data_set
from tests.bench.measure import Cost, cost, insert, table
from tests.docs.steps.page import CODE, STEPS, command, shown

HEADER = ("step", "CPU s", "memory MB", "CPU / first")
TABS = csv.ParseOptions(delimiter="\t")
USERS = 128

DOCUMENT = Path(__file__).parents[2] / "docs/from-naive-to-fast.md"


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the tables; `--write` brings them, and the code of the steps, into the document."""
    parser = argparse.ArgumentParser("python -m tests.bench.steps", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--larger", type=int, default=10_000_000, help="events for the last two steps alone")
    parser.add_argument("--write", action="store_true", help=f"write into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    found = {name: shown(name) for name in CODE}
    for name, events, steps in (("steps", options.events, [*STEPS]), ("larger", options.larger, ["shards", "ours"])):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = table(HEADER, measure(day(Path(folder), events), steps))
        print(f"{events:,} events\n{found[name]}")
    for name, text in found.items() if options.write else ():
        insert(DOCUMENT, name, text)


def day(folder: Path, events: int) -> Path:
    """Events in order of time, of the users of a generated data set, each of whom is parted into USERS."""
    made = csv.read_csv(data_set(folder, events, "time"), csv.ReadOptions(column_names=[*NAMES]), TABS)
    users, tracks = (made[name].to_numpy() for name in ("user", "track"))
    parted = made.set_column(0, "user", pa.array(users * USERS + tracks % USERS))
    path = folder / "day.txt"
    csv.write_csv(parted, path, csv.WriteOptions(include_header=False, delimiter="\t"))
    return path


def measure(events: Path, steps: Sequence[str]) -> list[list[str]]:
    """The rows of the table: each step once."""
    costs: dict[str, Cost] = {}
    for name in steps:
        out = events.parent / f"out-{name}"
        costs[name] = cost(command(name, events, out))
        print(f"{name}: {costs[name]}", file=sys.stderr, flush=True)
        (shutil.rmtree if out.is_dir() else Path.unlink)(out)
    first = costs[steps[0]]
    return [
        [
            STEPS[name].title,
            f"{c.cpu:.1f}",
            f"{c.memory / 1e6:,.0f}",
            f"{c.cpu / first.cpu:.2f}",
        ]
        for name, c in costs.items()
    ]


if __name__ == "__main__":
    main()
