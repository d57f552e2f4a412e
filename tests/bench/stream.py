"""The stream against Beam as everybody writes it: `python -m tests.bench.stream [--write]`.

A real broker, the store and both sides run on this machine. Catching up: events wait in the broker, and the time is
taken from the first that is in the store to the last, the start of the programs left out on both sides. Freshness:
events arrive at a steady rate, and the server is asked for the profiles that they change.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import orjson
import psutil
from confluent_kafka import Producer

from schemas.messages import key_of
from tests.bench.measure import insert, table
from tests.parts.kafka import Broker
from tests.parts.streams import TOPIC, Stream, streaming
from tests.parts.topics import create, delete_all

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
TRACKS = 50_000
START = 1_700_000_000
POLL_SECONDS = 0.05


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the tables; `--write` puts them into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.stream", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000, help="to catch up with (default: %(default)s)")
    parser.add_argument("--naive", type=int, default=100_000, help="events for Beam as usual (default: %(default)s)")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=2_000, help="events/s of the second part (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=600, help="length of the second part (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary, Broker(_folder(Path(temporary), "kafka")) as broker:
        place = Path(temporary)
        caught = table(
            ["", "events", "s", "events/s", "times as fast"],
            catching_up(broker.address, place, options.events, options.naive, options.users),
        )
        print(caught, flush=True)
        fresh = table(
            ["freshness p50 s", "p99 s", "slowest s", "memory MB after a minute", "at the end"],
            [freshness(broker.address, place, options.rate, options.seconds, options.users)],
        )
        print(fresh)
    if options.write:
        insert(DOCUMENT, "catching up", caught)
        insert(DOCUMENT, "freshness", fresh)


def _folder(place: Path, name: str) -> Path:
    (place / name).mkdir()
    return place / name


def events(count: int, users: int) -> Iterator[tuple[int, bytes]]:
    """Made-up events in order of time: the user and the message."""
    random = np.random.default_rng(1)
    who, what = random.integers(0, users, count).tolist(), (random.zipf(1.3, count) % TRACKS).tolist()
    for i, (user, track) in enumerate(zip(who, what, strict=True)):
        yield user, message(user, track, START + i // 4)


def message(user: int, track: int, at: int) -> bytes:
    """A listening event."""
    ids = {"userId": user, "artistId": track // 10, "albumId": track // 5, "trackId": track, "timestamp": at}
    return orjson.dumps(ids)


def fill(kafka: str, count: int, users: int) -> None:
    """Makes the topic anew, with so many events."""
    delete_all(kafka)
    create(kafka, TOPIC)
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 50, "compression.type": "lz4"})
    for number, (user, value) in enumerate(events(count, users)):
        while True:
            try:
                producer.produce(TOPIC, value, key_of(user))
            except BufferError:
                producer.poll(POLL_SECONDS)
            else:
                break
        if number % 10_000 == 0:
            producer.poll(0)
    producer.flush()


def catching_up(kafka: str, place: Path, count: int, naive: int, users: int) -> list[list[str]]:
    """The rows of the table: ours, and Beam as usual."""
    fill(kafka, count, users)
    store = f"lmdb:{place}/store"
    with streaming(kafka, store, place / "log") as stream:
        ours = seconds_for(stream, count)
        stream.stop()
    print(f"{count:,} events: {ours:.1f} s", file=sys.stderr, flush=True)
    fill(kafka, naive, users)
    command = [sys.executable, "-m", "tests.bench.peers.beam_stream", kafka, TOPIC, str(naive), f"{place}/naive"]
    usual = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
    rates = count / ours, naive / usual
    return [
        ["ours", f"{count:,}", f"{ours:.1f}", f"{rates[0]:,.0f}", f"{rates[0] / rates[1]:.0f}"],
        ["Beam as usual", f"{naive:,}", f"{usual:.1f}", f"{rates[1]:,.0f}", ""],
    ]


def seconds_for(stream: Stream, count: int) -> float:
    """How long it takes from the first message read until all are in the store."""
    while not stream.reads():
        time.sleep(POLL_SECONDS)
    begun = time.perf_counter()
    while stream.figure("events_total") < count:
        if stream.process.poll() is not None:
            raise RuntimeError(stream.log.read_text())
        time.sleep(POLL_SECONDS)
    return time.perf_counter() - begun


def freshness(kafka: str, place: Path, rate: int, seconds: int, users: int) -> list[str]:
    """From an event's being produced to its being counted in the server's answer."""
    delete_all(kafka)
    create(kafka, TOPIC)
    store = f"lmdb:{place}/fresh"
    shutil.rmtree(place / "fresh", ignore_errors=True)
    with streaming(kafka, store, place / "log") as stream:
        while not stream.reads():
            time.sleep(POLL_SECONDS)
        with serving(store) as address:
            waits, memory = _steady(stream, address, rate, seconds, users)
        stream.stop()
    waits.sort()
    return [
        f"{median(waits):.2f}",
        f"{waits[int(0.99 * len(waits))]:.2f}",
        f"{waits[-1]:.2f}",
        f"{memory[min(59, len(memory) - 1)]:,.0f}",
        f"{memory[-1]:,.0f}",
    ]


class serving:  # noqa: N801
    """A server of a store, until the end of the context, which gives its address."""

    def __init__(self, store: str) -> None:
        self.command = [sys.executable, "-m", "serving", "--port", "0", "--store", store]

    def __enter__(self) -> str:
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if not self.process.stdout:
            raise RuntimeError("no output")
        return next(word for word in self.process.stdout.readline().split() if word.startswith("http://"))

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def _steady(stream: Stream, address: str, rate: int, seconds: int, users: int) -> tuple[list[float], list[float]]:
    """Sends events at a steady rate, and asks for one user's count after the other; waits, and memory each second."""
    producer = Producer({"bootstrap.servers": stream.kafka, "linger.ms": 5})
    random, waits, memory = np.random.default_rng(2), list[float](), list[float]()
    process, begun, sent = psutil.Process(stream.process.pid), time.perf_counter(), 0
    probe, probed, number = users + 1, 0.0, 0
    while (passed := time.perf_counter() - begun) < seconds:
        while sent < passed * rate:
            user, track = int(random.integers(0, users)), int(random.integers(0, TRACKS))
            producer.produce(TOPIC, message(user, track, START + sent), key_of(user))
            sent += 1
        producer.poll(0)
        if not probed:
            number += 1
            producer.produce(TOPIC, message(probe, 1, START + number), key_of(probe))
            probed = time.perf_counter()
        elif listens(address, probe) == number:
            waits.append(time.perf_counter() - probed)
            probed = 0.0
        if len(memory) < passed:
            memory.append(sum(p.memory_full_info().pss for p in [process, *process.children()]) / 1e6)
        time.sleep(0.01)
    producer.flush()
    return waits, memory


def listens(address: str, user: int) -> int:
    """The number of a user's listens, as the server answers."""
    body = json.dumps({"query": f"{{ getUserProfile(userId: {user}) {{ totalListenCount }} }}"}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        profile = (json.load(answer)["data"] or {}).get("getUserProfile")
    return profile["totalListenCount"] if profile else 0


if __name__ == "__main__":
    main()
