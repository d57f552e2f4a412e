"""The history service against plain Python: `python -m tests.bench.history [--write]`.

Both sides answer the same question about one user, from the row in an embedded store to the decoded answer, in turn in
one process; the answers are compared. It is processor time, all threads together.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np

from serving.history.app import create_app
from store import Store, open_store
from store.histories.event_set import unite
from store.histories.months import unpack
from store.layout import USERS, row_key
from store.profiles import union
from tests.bench.measure import insert, table
from tests.oracle import Event
from tests.serving.history import oracle

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
ZONE = "Europe/Berlin"
QUESTIONS = {
    "all time, by month": (None, None, "MONTH"),
    "all time, by day": (None, None, "DAY"),
    "a year, by week": (date(2012, 1, 1), date(2013, 1, 1), "WEEK"),
    "a month, by day": (date(2012, 3, 1), date(2012, 4, 1), "DAY"),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the table; `--write` puts it into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.history", description=__doc__)
    parser.add_argument("--listens", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"lmdb:{folder}", create=True)
        union.write(store, unite(listens(options.listens)))
        rows = [row_of(store, name, *question, options.rounds) for name, question in QUESTIONS.items()]
        store.close()
    text = table(["question", "ours, with HTTP: CPU ms", "plain Python: CPU ms", "ours / plain Python"], rows)
    print(text)
    if options.write:
        insert(DOCUMENT, "history", text)


def listens(n: int) -> Any:
    """The columns of one user's events over nine years: heavy tails of artists, albums and tracks."""
    random = np.random.default_rng(1)
    times = np.sort(random.choice(9 * 365 * 86_400, n, replace=False)) + 1_104_537_600
    tails = [random.zipf(1.3, n) % most for most in (1_500, 3_000, 6_000)]
    return np.stack([np.full(n, 7), *tails, times]).astype(np.int64)


def row_of(store: Store, name: str, first: date | None, end: date | None, per: str, rounds: int) -> list[str]:
    """The row of one question. Raises ValueError if the answers differ."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        answer, took = asyncio.run(ask(store, first, end, per, 5))
        ours.append(took)
        expected, took = timed(lambda: plain(store, first, end, per))
        theirs.append(took)
        answer.pop("asOf")
        if answer != expected:
            raise ValueError(f"{name}: the answers differ")
    a, b = median(ours) * 1e3, median(theirs) * 1e3
    return [name, f"{a:.1f}", f"{b:.0f}", f"{a / b:.3f}"]


async def ask(store: Store, first: date | None, end: date | None, per: str, times: int) -> tuple[Any, float]:
    """The answer of the service to a question, and what one took in seconds of some times after the first."""
    given = {"from": first, "to": end, "timeZone": ZONE, "per": per}
    parameters = {name: str(value) for name, value in given.items() if value}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(store)), base_url="http://history") as client:
        response = await client.get("/listening/7", params=parameters)
        begin = time.process_time()
        for _ in range(times):
            await client.get("/listening/7", params=parameters)
        return response.json(), (time.process_time() - begin) / times


def plain(store: Store, first: date | None, end: date | None, per: str) -> Any:
    """The answer of plain Python, from the same row; unpacking it is not what is compared."""
    events = unpack([cell.value for cell in store.rows(USERS, [row_key(7)], ["history"])[row_key(7)]])
    columns = zip(*(column.tolist() for column in events), strict=True)
    history = [Event(7, artist, album, track, at) for at, track, artist, album in columns]
    return oracle.listening(history, first, end, ZONE, per, 10)


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """What a function returns, and the processor time it took in seconds."""
    begin = time.process_time()
    found = run()
    return found, time.process_time() - begin


if __name__ == "__main__":
    main()
