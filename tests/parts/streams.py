"""Streams as processes, `python -m pipelines.profile --kafka`, and how far they are."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType

import orjson
from confluent_kafka import Producer

from pipelines.kafka.client import Cluster, bounds_of, patient
from schemas.wire.message_keys import key_of
from store import open_store, settings
from tests.oracle import Event
from tests.parts.prism import require, wait_until
from tests.parts.processes import HOST, free_port
from tests.parts.topics import SECONDS

STOP_SECONDS = 10.0
"""How long a stream may take to leave."""

TOPIC = "listeningevents"


class Stream:
    """A stream that runs in a process."""

    def __init__(self, kafka: str, store: str, log: Path, *options: str, environment: Mapping[str, str]) -> None:
        self.kafka, self.store, self.log = kafka, store, log
        self.metrics_port = free_port()
        command = [sys.executable, "-m", "pipelines.profile", "--kafka", kafka, "--store", store]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--metrics_port", str(self.metrics_port), *options],
                stdout=output,
                stderr=output,
                env=os.environ | environment,
            )

    def figure(self, name: str) -> float:
        """A figure of its Prometheus endpoint, summed over all labels; 0 as long as there is none."""
        return sum(self._figures(name))

    def reads(self) -> bool:
        """Whether it has begun to read."""
        return bool(self._figures("lag_events"))

    def _figures(self, name: str) -> list[float]:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.metrics_port}/metrics", timeout=SECONDS) as answer:
                text = answer.read().decode()
        except OSError:
            return []
        return [float(value) for value in re.findall(rf"^profiles_{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)]

    def said(self, text: str) -> bool:
        """Whether a text is in its log."""
        return text in self.log.read_text()

    def limit_files(self, size: int) -> None:
        """Lets it write no file beyond a size in bytes, as a full disk would."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def unlimit_files(self) -> None:
        """Makes room again."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def kill(self) -> None:
        """Kills it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """Asks it to leave; how long that took, in seconds."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(SECONDS)
        assert status == 0, f"exit status {status}: {self.log.read_text()}"
        return time.monotonic() - begun

    def wait_until_caught_up(self, *topics: str) -> None:
        """Waits until it reads, and everything in the topics, of events if none are named, counts as read."""

        def caught_up() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return self.reads() and behind(self.kafka, self.store, topics or (TOPIC,)) == 0

        wait_until(caught_up, 2 * SECONDS)


@contextmanager
def streaming(
    kafka: str, store: str, log: Path, *options: str, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Stream]:
    """A stream that runs until the end of the context, with some variables in its environment."""
    require()
    stream = Stream(kafka, store, log, *options, environment=environment)
    try:
        yield stream
    except BaseException as error:
        error.add_note(f"the stream said: {log.read_text()}")
        raise
    finally:
        if stream.process.poll() is None:
            stream.kill()


def behind(kafka: str, store: str, topics: Sequence[str]) -> int:
    """How many messages of some topics do not count as read by the stream into a store."""
    opened = open_store(store, create=True)
    cluster = Cluster(kafka, f"profiles-{settings.identity(opened)}")
    consumer = cluster.consumer()
    try:
        partitions = cluster.partitions(topics)
        ends = [patient(partial(bounds_of, consumer, partition), str(cluster)).end for partition in partitions]
        return sum(end - cluster.start(partition) for end, partition in zip(ends, partitions, strict=True))
    finally:
        consumer.close()


def values_of(events: Iterable[Event], *, deleted: bool = False) -> list[tuple[int, bytes | None, int]]:
    """Messages that hold events: key, value, and 0 for the time of sending."""
    return [
        (
            event.user,
            orjson.dumps(
                {
                    "userId": event.user,
                    "artistId": event.artist,
                    "albumId": event.album,
                    "trackId": event.track,
                    "timestamp": event.time,
                }
                | ({"deleted": True} if deleted else {})
            ),
            0,
        )
        for event in events
    ]


def tombstones_of(erased: Iterable[tuple[int, int]]) -> list[tuple[int, bytes | None, int]]:
    """Messages that erase users up to times, in seconds."""
    return [(user, None, 1000 * time + 999) for user, time in erased]


def send(kafka: str, messages: Iterable[tuple[int, bytes | None, int]], topic: str = TOPIC) -> None:
    """Sends messages: key, value, and the time in milliseconds; a value of None is a tombstone."""
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 20, "log_level": 2})
    for key, value, millis in messages:
        producer.produce(topic, value, key_of(key), timestamp=millis)
    assert producer.flush(SECONDS) == 0
