"""The batch job against its peers: `python -m tests.bench.batch [--write]`.

All sides read the same file of text and compute count, first, last and the three charts of ten of every user, process
start included; the results are compared. Ratios are taken between runs which alternate.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from schemas.wire import avro
from store import open_store
from store.layout import USERS
from tests.bench.measure import Cost, cost, insert, middle, python, table

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
NAIVE_UP_TO = 1_000_000
ORDERS = {"user": "grouped by user", "time": "in order of time"}
PEERS = {"duckdb": "DuckDB", "chdb": "chDB", "beam": "naive Beam"}


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the tables; `--write` puts them into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.batch", description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000, 50_000_000])
    parser.add_argument("--orders", choices=ORDERS, nargs="+", default=[*ORDERS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="leave out the peers, for sizes which they cannot take")
    parser.add_argument("--folder", type=Path, help="where data sets are, or are made (default: a temporary folder)")
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    rows = []
    with folder(options.folder) as place:
        for events in options.events:
            for order in options.orders:
                peers = [] if options.alone else peers_for(events, order)
                rows += compare(
                    data_set(place, events, order), place, f"{events:,} {ORDERS[order]}", peers, options.rounds
                )
    text = table(["input", "", "wall s", "CPU s", "memory MB", "our wall / its", "our CPU / its"], rows)
    print(text)
    if options.write:
        insert(DOCUMENT, "batch", text)


@contextmanager
def folder(given: Path | None) -> Iterator[Path]:
    """A folder for the data sets."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


def data_set(place: Path, events: int, order: str) -> Path:
    """The events of a generated data set."""
    made = place / f"{order}-{events}"
    if not made.is_dir():
        cost(python("data.generate", "--events", str(events), "--seed", "1", "--order", order, str(made)))
    return made / "LFM-1b_LEs.txt"


def peers_for(events: int, order: str) -> list[str]:
    """The peers, by name of the module; the slow one only where it comes to an end soon."""
    return ["duckdb", "chdb", *(["beam"] if events <= NAIVE_UP_TO and order == "user" else [])]


def compare(events: Path, place: Path, title: str, peers: Sequence[str], rounds: int) -> list[list[str]]:
    """The rows of one data set: ours, and each peer with its ratio to ours."""
    store, out = place / "store", place / "peer.tsv"
    ours = python(
        "pipelines.profile", "--events", str(events), "--store", f"lmdb:{store}", "--rejects", str(place / "rejects")
    )
    sides = {"ours, `--only profiles`": [*ours, "--only", "profiles"], "ours, everything": ours}
    for peer in peers:
        for repeats, described in (("drop", ""), ("keep", ", repeats kept")):
            command = python(f"tests.bench.peers.{peer}_profiles", str(events), str(out), repeats)
            sides[PEERS[peer] + described] = command
    measured: dict[str, list[Cost]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, command in sides.items():
            shutil.rmtree(store, ignore_errors=True)
            measured[name].append(cost(command))
            print(f"{title}: {name}: {measured[name][-1]}", file=sys.stderr, flush=True)
            check(name, store, out, place / "ours.tsv")
    return rows_of({name: middle(costs) for name, costs in measured.items()}, title)


def rows_of(costs: dict[str, Cost], title: str) -> list[list[str]]:
    """The rows of a table; the ratios compare the profiles alone with each peer."""
    best = next(iter(costs.values()))
    return [
        [
            title if name == next(iter(costs)) else "",
            name,
            f"{c.wall:.1f}",
            f"{c.cpu:.1f}",
            f"{c.memory / 1e6:,.0f}",
            "" if name.startswith("ours") else f"{best.wall / c.wall:.2f}",
            "" if name.startswith("ours") else f"{best.cpu / c.cpu:.2f}",
        ]
        for name, c in costs.items()
    ]


def check(name: str, store: Path, out: Path, ours: Path) -> None:
    """Compares a peer's result with ours; raises ValueError where the same work has other results."""
    if name.startswith("ours, `--only"):
        ours.write_text("".join(sorted(line + "\n" for line in lines_of(store))))
    elif not name.startswith("ours") and "kept" not in name and sorted(out.open()) != ours.read_text().splitlines(True):
        raise ValueError(f"{name} has another result: see {out} and {ours}")


def lines_of(store: Path) -> Iterator[str]:
    """The profiles in a store as the peers write them."""
    for key, row in open_store(f"lmdb:{store}").scan(USERS, families=["profile"]):
        cells = {cell.qualifier.decode(): cell.value for cell in row}
        numbers = [avro.decode("long", cells[topic]) for topic in ("counts", "firstlisten", "lastlisten")]
        charts = [
            ",".join(f"{c['id']}:{c['countPlays']}" for c in avro.decode("Charts", cells[topic])["topK"])
            for topic in ("topartists", "topalbums", "toptracks")
        ]
        yield "\t".join([str(int.from_bytes(key, "big")), *map(str, numbers), *charts])


if __name__ == "__main__":
    main()
