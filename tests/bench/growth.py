"""What an event costs by the length of its user's history: `python -m tests.bench.growth [--write]`.

The peer is the same store deriving the same rows from all their events. Processor time of the process that writes, with
the commits; the median of some rounds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from store import Store, layout, open_store
from store.histories.event_set import EventSet, unite
from store.profiles import union
from tests.bench.measure import insert, table

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
START, SECONDS_BETWEEN = 1_100_000_000, 17_000
"""The first listen, and how much time is between two on average: a user of LFM-1b has 9,067 in five years."""

LENGTHS = (200, 1_000, 10_000, 100_000, 1_000_000)
USERS, LENGTH = 1_000, 9_000
"""Of the batch with one event of each user."""


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the table; `--write` puts it into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--store", help="a new store to measure on; default is one in a temporary folder")
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(options.store or f"lmdb:{folder}/store", create=True)
        rows = [[name, f"{a:.3f}", f"{b:.3f}", f"{a / b:.3f}"] for name, a, b in measured(store, options.rounds)]
        store.close()
    text = table(["", "added: ms an event", "derived from all: ms an event", "added / derived"], rows)
    print(text)
    if options.write:
        insert(DOCUMENT, "growth", text)


def measured(store: Store, rounds: int) -> Iterator[tuple[str, float, float]]:
    """What was measured, and the milliseconds an event costs: added, and derived."""
    random = np.random.default_rng(1)
    for user, length in enumerate(LENGTHS, 1):
        union.write(store, unite(listens(random, user, length)))
        times = costs(store, [latest(random, [user], length) for _ in range(rounds)])
        yield f"one event, {length:,} listens", *times
    users = [*range(100, 100 + USERS)]
    for user in users:
        union.write(store, unite(listens(random, user, LENGTH)))
    added, derived = costs(store, [latest(random, users, LENGTH) for _ in range(max(rounds // 3, 1))])
    yield f"a batch: one event of each of {USERS:,} users with {LENGTH:,}", added / USERS, derived / USERS


def listens(random: np.random.Generator, user: int, n: int) -> NDArray[np.int64]:
    """Listens of a user: few artists have most of them, each with some albums and many tracks."""
    artists = (random.pareto(1.1, n) * 20).astype(np.int64) % 5000
    albums = artists * 8 + random.integers(0, 8, n)
    tracks = albums * 12 + random.integers(0, 12, n)
    times = START + random.integers(0, n * SECONDS_BETWEEN if n < 200_000 else 200_000 * SECONDS_BETWEEN, n)
    return np.stack([np.full(n, user), artists, albums, tracks, np.sort(times)])


def latest(random: np.random.Generator, users: Sequence[int], length: int) -> EventSet:
    """One event more of each user, after the others."""
    events = np.concatenate([listens(random, user, 1) for user in users], axis=1)
    events[4] = START + min(length, 200_000) * SECONDS_BETWEEN + random.integers(0, 86_400, len(users))
    return unite(events)


def costs(store: Store, additions: Sequence[EventSet]) -> tuple[float, float]:
    """The median milliseconds of adding events, and of deriving the same rows."""
    for events in additions[:2]:  # compiles
        union.write(store, events)
    added = [_milliseconds(lambda events=events: union.write(store, events)) for events in additions[2:]]  # type: ignore[misc]
    keys = layout.row_keys(additions[0].users)
    derived = [_milliseconds(lambda: union.recompute(store, keys)) for _ in range(3)]
    return median(added), median(derived)


def _milliseconds(act: Callable[[], None]) -> float:
    start = time.process_time()
    act()
    return 1000 * (time.process_time() - start)


if __name__ == "__main__":
    main()
