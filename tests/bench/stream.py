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

from schemas.wire.message_keys import key_of
from store import open_store, settings
from store.histories.event_set import unite
from store.profiles import union
from tests.bench.measure import insert, table
from tests.parts.kafka import Broker
from tests.parts.streams import TOPIC, Stream, behind, streaming
from tests.parts.topics import create, delete_all
from tests.serving.processes import started

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
TRACKS = 12_500
PER_SECOND = 4
"""Events in a second of event time; the last that wait are of now, so that windows of trending are open."""

FEW, MANY = 4, 32
"""Partitions of the topic, of which MANY are measured for a minute."""

POLL_SECONDS = 0.05

USERS_AT_ONCE = 500


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the tables; `--write` puts them into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.stream", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000, help="to catch up with (default: %(default)s)")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument(
        "--listens", type=int, default=0, help="that each user has before; Beam as usual then is not asked (default: 0)"
    )
    parser.add_argument("--rate", type=int, default=2_000, help="events/s of the second part (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=600, help="length of the second part (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary, Broker(_folder(Path(temporary), "kafka")) as broker:
        place = Path(temporary)
        fill_store(place / "before", options.users + 2, options.listens)
        caught = table(
            ["", "events", "s", "events/s", "times as fast"],
            catching_up(broker.address, place, options.events, options.users, usual=not options.listens),
        )
        print(caught, flush=True)
        fresh = table(
            [
                "partitions",
                "seconds",
                "freshness p50 s",
                "p99 s",
                "slowest s",
                "memory MB after a minute",
                "at the end",
            ],
            [
                freshness(broker.address, place, partitions, options.rate, seconds, options.users)
                for partitions, seconds in ((FEW, options.seconds), (MANY, min(options.seconds, 60)))
            ],
        )
        print(fresh)
    if options.write:
        insert(DOCUMENT, "catching up", caught)
        insert(DOCUMENT, "freshness", fresh)


def _folder(place: Path, name: str) -> Path:
    (place / name).mkdir()
    return place / name


def events(count: int, users: int) -> Iterator[tuple[int, bytes]]:
    """Made-up events in order of time, no two of them the same: the user and the message."""
    random, start = np.random.default_rng(1), int(time.time()) - count // PER_SECOND
    who, what = random.integers(0, users, count).tolist(), (random.zipf(1.3, count) % TRACKS).tolist()
    for i, (user, track) in enumerate(zip(who, what, strict=True)):
        seconds, nth = divmod(i, PER_SECOND)
        yield user, message(user, track * PER_SECOND + nth, start + seconds)


def message(user: int, track: int, at: int) -> bytes:
    """A listening event."""
    ids = {"userId": user, "artistId": track // 10, "albumId": track // 5, "trackId": track, "timestamp": at}
    return orjson.dumps(ids)


def fill(kafka: str, count: int, users: int) -> None:
    """Makes the topic anew, with so many events."""
    delete_all(kafka)
    create(kafka, TOPIC, partitions=FEW)
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


def fill_store(folder: Path, users: int, each: int) -> None:
    """Makes a store in which each of the users has so many listens of the five years before."""
    if not each:
        return
    store, random = open_store(f"lmdb:{folder}", create=True), np.random.default_rng(3)
    settings.prepare(store, whole=True)
    for first in range(0, users, USERS_AT_ONCE):
        who = np.repeat(np.arange(first, min(first + USERS_AT_ONCE, users)), each)
        tracks = random.zipf(1.3, len(who)) % TRACKS * PER_SECOND + random.integers(0, PER_SECOND, len(who))
        at = int(time.time()) - 86_400 * 30 - random.integers(0, 5 * 365 * 86_400, len(who))
        union.write(store, unite(np.stack([who, tracks // 10, tracks // 5, tracks, at])), announce=False)
    store.close()


def new_store(place: Path, name: str) -> str:
    """The URL of a store in which the users have what they have before."""
    shutil.rmtree(place / name, ignore_errors=True)
    if (place / "before").exists():
        shutil.copytree(place / "before", place / name)
    return f"lmdb:{place}/{name}"


def catching_up(kafka: str, place: Path, count: int, users: int, *, usual: bool) -> list[list[str]]:
    """The rows of the table: ours, also after a kill, and Beam as usual if that is asked."""
    fill(kafka, count, users)
    with streaming(kafka, new_store(place, "store"), place / "log") as stream:
        ours = seconds_for(stream, count)
        stream.stop()
    print(f"{count:,} events: {ours:.1f} s", file=sys.stderr, flush=True)
    left, again = restarted(kafka, new_store(place, "killed"), place / "log", count)
    print(f"{left:,} events: {again:.1f} s", file=sys.stderr, flush=True)
    took = {"ours": (count, ours), "ours, killed halfway and started again": (left, again)}
    if usual:
        command = [sys.executable, "-m", "tests.bench.peers.beam_stream", kafka, TOPIC, str(count), f"{place}/usual"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        took["Beam as usual"] = count, float(printed.split()[-1])
    slowest = max(seconds / events for events, seconds in took.values()) if usual else 0
    return [
        [name, f"{events:,}", f"{seconds:.1f}", f"{events / seconds:,.0f}", f"{events / seconds * slowest:.1f}"]
        for name, (events, seconds) in took.items()
    ]


def restarted(kafka: str, store: str, log: Path, count: int) -> tuple[int, float]:
    """What is left to read after a kill when half of the events are in the store, and how long that takes."""
    with streaming(kafka, store, log) as stream:
        seconds_for(stream, count // 2)
        stream.kill()
    left = behind(kafka, store, [TOPIC])
    with streaming(kafka, store, log) as stream:
        seconds = seconds_for(stream, left)
        stream.stop()
    return left, seconds


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


def freshness(kafka: str, place: Path, partitions: int, rate: int, seconds: int, users: int) -> list[str]:
    """From an event's being produced to its being counted in the server's answer."""
    delete_all(kafka)
    create(kafka, TOPIC, partitions=partitions)
    store = new_store(place, "fresh")
    with streaming(kafka, store, place / "log") as stream:
        while not stream.reads():
            time.sleep(POLL_SECONDS)
        with started("serving", "--store", store) as (_, address):
            waits, memory = _steady(stream, address, rate, seconds, users)
        stream.stop()
    waits.sort()
    return [
        f"{partitions}",
        f"{seconds}",
        f"{median(waits):.2f}",
        f"{waits[int(0.99 * len(waits))]:.2f}",
        f"{waits[-1]:.2f}",
        f"{memory[min(59, len(memory) - 1)]:,.0f}",
        f"{memory[-1]:,.0f}",
    ]


def _steady(stream: Stream, address: str, rate: int, seconds: int, users: int) -> tuple[list[float], list[float]]:
    """Sends events at a steady rate, and asks for one user's count after the other; waits, and memory each second."""
    producer = Producer({"bootstrap.servers": stream.kafka, "linger.ms": 5})
    random, waits, memory = np.random.default_rng(2), list[float](), list[float]()
    process, begun, sent = psutil.Process(stream.process.pid), time.perf_counter(), 0
    probe, probed = users + 1, 0.0
    number = listens(address, probe)
    while (passed := time.perf_counter() - begun) < seconds:
        while sent < passed * rate:
            user, track = int(random.integers(0, users)), int(random.integers(0, TRACKS))
            producer.produce(TOPIC, message(user, track, int(time.time())), key_of(user))
            sent += 1
        producer.poll(0)
        if not probed:
            number += 1
            producer.produce(TOPIC, message(probe, number, int(time.time())), key_of(probe))
            probed = time.perf_counter()
        elif listens(address, probe) == number:
            waits.append(time.perf_counter() - probed)
            probed = 0.0
        if len(memory) < passed:
            memory.append(sum(p.memory_full_info().uss for p in [process, *process.children()]) / 1e6)
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
