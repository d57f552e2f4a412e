"""The server against its peers: `python -m tests.bench.serving [--write]`.

All answer the full profile of a user (6 topics, 30 names, 160 fields) from the same store, each by one worker: ours by
GraphQL, an endpoint written by hand with orjson, and the same schema on plain Strawberry with a DataLoader. Their
answers are compared. They are asked in turn, over connections which stay open; the client shares the machine.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import orjson
import psutil

from schemas.topics import CATALOGUE
from store import Store, open_store
from tests.bench.measure import insert, python, table
from tests.parts import bigtable
from tests.parts.processes import HOST, free_port, listening
from tests.serving.listeners import FULL, ITEMS, put

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
USERS = range(1, 65)
CONNECTIONS = (1, 16, 64)
NAMES = ("ours", "by hand, orjson", "plain Strawberry")
HEADER = [
    "store",
    "connections",
    "",
    "requests/s",
    "CPU µs/request",
    "p50 ms",
    "p99 ms",
    "CPU / by hand",
    "rate / plain",
]


@dataclass(frozen=True)
class Load:
    """What came of asking a server for a while: requests per second, its CPU and the latencies in seconds."""

    rate: float
    cpu: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Server:
    """A running server: its process, and its request for the profile of each user."""

    process: psutil.Process
    port: int
    requests: Sequence[bytes]


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the table; `--write` puts it into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.serving", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians are shown (%(default)s)")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--homes", nargs="+", choices=["lmdb", "bigtable"], default=["lmdb", "bigtable"])
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    rows = [row for home in options.homes for row in compare(home, options)]
    text = table(HEADER, rows)
    print(text)
    if options.write:
        insert(DOCUMENT, "serving", text)


def compare(home: str, options: argparse.Namespace) -> Iterator[list[str]]:
    """The rows of the table for a home of the store."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        url = f"lmdb:{folder}/store" if home == "lmdb" else "bigtable://bench/serving"
        if home == "bigtable":
            os.environ["BIGTABLE_EMULATOR_HOST"] = running.enter_context(bigtable.emulator(folder))
        store = open_store(url, create=True)
        fill(store)
        store.close()
        servers = dict(zip(NAMES, (running.enter_context(one) for one in start(url, folder)), strict=True))
        asyncio.run(agree(list(servers.values())))
        for connections in options.connections:
            loads: dict[str, list[Load]] = {name: [] for name in NAMES}
            for _ in range(options.rounds):
                for name, server in servers.items():
                    loads[name].append(asyncio.run(load(server, connections, options.seconds)))
            yield from shown(home, connections, {name: middle(found) for name, found in loads.items()})


def fill(store: Store) -> None:
    """Users with charts of ten, and the names of a thousand items of each kind."""
    for user in USERS:
        charts = {f"top{table}": {"topK": [_count(user, i) for i in range(10)]} for table in ITEMS}
        put(store, user, {"counts": 1000 + user, "firstlisten": 1_100_000_000, "lastlisten": 1_400_000_000, **charts})
    for topic in ITEMS:
        for item in range(1000):
            put(store, item, {CATALOGUE[topic].name: {"id": item, "name": f"The name of number {item} of {topic}"}})


def _count(user: int, place: int) -> dict[str, int]:
    return {"id": user * 37 * (place + 1) % 1000, "countPlays": 500 - place}


def start(url: str, folder: Path) -> Iterator[Any]:
    """The contexts of the servers, in the order of NAMES."""
    body = [orjson.dumps({"query": FULL, "variables": {"userId": user}}) for user in USERS]
    post = [_request("POST", "/graphql", one) for one in body]
    get = [_request("GET", f"/profile/{user}") for user in USERS]
    port = free_port()
    yield serving(python("serving", "--store", url, "--port", str(port)), port, folder / "ours.log", post)
    for name, requests in (("profile_fastapi", get), ("profile_strawberry", post)):
        port = free_port()
        command = python(f"tests.bench.peers.{name}", url, str(port))
        yield serving(command, port, folder / f"{name}.log", requests)


def _request(method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


@contextmanager
def serving(command: Sequence[str], port: int, log: Path, requests: Sequence[bytes]) -> Iterator[Server]:
    """A running server."""
    with listening(command, port, log) as process:
        yield Server(psutil.Process(process.pid), port, requests)


async def agree(servers: Sequence[Server]) -> None:
    """Raises RuntimeError if the servers do not answer the same about each user."""
    for user in range(len(USERS)):
        answers = []
        for server in servers:
            reader, writer = await asyncio.open_connection(HOST, server.port)
            answers.append(orjson.loads(await ask(reader, writer, server.requests[user])))
            writer.close()
        if any(answer != answers[0] for answer in answers):
            raise RuntimeError(f"the servers answer differently about user {USERS[user]}: {answers}")


async def load(server: Server, connections: int, seconds: float) -> Load:
    """Asks a server over some connections at the same time, for some seconds, after a short while to get warm."""
    await asyncio.gather(*(asks(server, one, time.perf_counter() + seconds / 4) for one in range(connections)))
    before, begin = server.process.cpu_times(), time.perf_counter()
    parts = await asyncio.gather(*(asks(server, one, begin + seconds) for one in range(connections)))
    spent, after = time.perf_counter() - begin, server.process.cpu_times()
    times = [one for part in parts for one in part]
    cpu = (after.user + after.system - before.user - before.system) / len(times)
    return Load(len(times) / spent, cpu, median(times), quantiles(times, n=100)[98])


async def asks(server: Server, number: int, until: float) -> list[float]:
    """Asks for profiles one after the other over one connection; the latencies."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    times: list[float] = []
    while (begin := time.perf_counter()) < until:
        user = (number + len(times)) % len(USERS)
        await ask(reader, writer, server.requests[user])
        times.append(time.perf_counter() - begin)
    writer.close()
    return times


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """The body of the answer to a request; RuntimeError if it is none."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 200") or b'"errors"' in body:
        raise RuntimeError(f"{head!r}{body[:500]!r}")
    return body


def middle(loads: Sequence[Load]) -> Load:
    """The medians."""
    return Load(*(median(getattr(one, name) for one in loads) for name in ("rate", "cpu", "p50", "p99")))


def shown(home: str, connections: int, loads: dict[str, Load]) -> Iterator[list[str]]:
    """Rows of the table."""
    hand, plain = loads[NAMES[1]], loads[NAMES[2]]
    for name, one in loads.items():
        figures = [f"{one.rate:,.0f}", f"{one.cpu * 1e6:,.0f}", f"{one.p50 * 1e3:.1f}", f"{one.p99 * 1e3:.1f}"]
        yield [home, str(connections), name, *figures, f"{one.cpu / hand.cpu:.2f}", f"{one.rate / plain.rate:.1f}"]


if __name__ == "__main__":
    main()
