"""Sends a data set to Kafka in order of time: `python -m data.replay DIR --kafka HOST:PORT --speed 100`."""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from numpy.typing import NDArray

from console.program import add_version, program
from data.format import KINDS
from data.in_memory import events_of, names_of
from schemas.events import NAMES
from schemas.wire.kafka_properties import PropertiesError, read
from schemas.wire.message_keys import KEY_FORMATS, USUAL, KeyCodec, key_codec
from schemas.wire.messages import FORMATS, REGISTERED, TOPICS, Codec, codec
from schemas.wire.registry import RegistryError, registry

EVENTS_TOPIC = "listeningevents"
PARTITIONS = 4
"""Of a topic that is made: as many workers can read it side by side."""

SECONDS = 30.0
"""How long the broker may be away before what it has not taken counts as failed."""

_AT_ONCE = 10_000
_TICK = 0.05
_ATTEMPT = 5.0
_UNREADY = (KafkaError.INVALID_REPLICATION_FACTOR, KafkaError._TIMED_OUT, KafkaError._TRANSPORT)
"""Errors of a cluster whose brokers start, or stood still, and hold no partitions yet."""

_CONFIG = {"enable.idempotence": True, "linger.ms": 5, "compression.type": "lz4"}


class ReplayError(Exception):
    """The data set cannot be sent; says why."""


class Sender:
    """Sends values to topics of one broker.

    Raises:
        ReplayError: the broker does not answer.
    """

    def __init__(
        self,
        kafka: str,
        kind: str,
        registry_url: str | None,
        key: str | None = None,
        properties: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.kafka = kafka
        self._client = {**properties, "bootstrap.servers": kafka, "log_level": 2}
        found = registry(registry_url) if registry_url else None
        self._codecs: dict[str, Codec] = {topic: codec(kind, topic, name, found) for topic, name in TOPICS.items()}
        self._keys: dict[str, KeyCodec] = {topic: key_codec(key or USUAL[kind], topic, found) for topic in TOPICS}
        self._producer = Producer({**self._client, "delivery.timeout.ms": int(SECONDS * 1000), **_CONFIG})
        self._failed: list[str] = []

    def create_topics(self, partitions: int) -> None:
        """Makes the topics which the broker lacks; those of items keep the latest value of each."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return _create_lacking(self._client, partitions)
            except KafkaException as error:
                if error.args[0].code() not in _UNREADY or time.monotonic() > deadline:
                    raise ReplayError(f"Kafka at {self.kafka}: {error}") from error
            time.sleep(_TICK)

    def send(self, topic: str, key: int, value: Mapping[str, Any]) -> None:
        """Sends a value, some time soon."""
        data, encoded = self._codecs[topic].encode(value), self._keys[topic].encode(key)
        while True:
            try:
                self._producer.produce(topic, data, encoded, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(_TICK)
            else:
                return

    def poll(self) -> None:
        """Looks what became of what was sent; ReplayError if the broker did not take it."""
        self._producer.poll(0)
        if self._failed:
            raise ReplayError(f"Kafka at {self.kafka}: {len(self._failed):,} messages not sent: {self._failed[0]}")

    def finish(self) -> None:
        """Waits until all is sent. Raises as `poll` does."""
        self._producer.flush()
        self.poll()

    def _delivered(self, error: Any, _: Any) -> None:
        if error is not None:
            self._failed.append(str(error))


def _create_lacking(client: Mapping[str, Any], partitions: int) -> None:
    admin = AdminClient(client)  # a new one, for it looks for a controller once
    existing = admin.list_topics(timeout=_ATTEMPT).topics
    wanted = [
        NewTopic(topic, partitions, config={} if topic == EVENTS_TOPIC else {"cleanup.policy": "compact"})
        for topic in TOPICS
        if topic not in existing
    ]
    for made in admin.create_topics(wanted, request_timeout=_ATTEMPT).values() if wanted else ():
        made.result()


def replay(folder: Path, sender: Sender, speed: float, *, loop: bool, now: bool) -> str:
    """Sends the names of a data set, and then its events.

    Args:
        speed: how many seconds of the data set pass in one second; infinite for as fast as possible.
        loop: begin again at the end, with the times moved on by the length of the data set.
        now: give each event the time at which it is sent.

    Returns:
        What was sent, in words.
    """
    begun = time.monotonic()
    named = [(kind, names_of(folder, kind)) for kind in KINDS]
    for kind, names in named:
        for item, name in names.items():
            sender.send(kind, item, {"id": item, "name": name})
        sender.poll()
    events, bad = events_of(folder)
    for batch in _paced(events, speed, loop=loop):
        _send(sender, batch, now=now)
    sender.finish()
    kinds = ", ".join(f"{len(names):,} {kind}" for kind, names in named)
    seconds = time.monotonic() - begun
    return f"{len(events):,} events and names of {kinds} in {seconds:.1f} s; {bad:,} lines were no events"


def _paced(events: NDArray[np.int64], speed: float, *, loop: bool) -> Iterator[NDArray[np.int64]]:
    """The events in batches, each when it is time for it."""
    if not len(events):
        return
    length = events[-1, -1] - events[0, -1] + 1
    for turn in count() if loop else range(1):
        times = events[:, -1] + turn * length
        begun, sent = time.monotonic(), 0
        while sent < len(events):
            reached = times[0] + (time.monotonic() - begun) * speed
            upto = min(int(np.searchsorted(times, reached, side="right")), sent + _AT_ONCE)
            if upto == sent:
                time.sleep(_TICK)
                continue
            yield np.column_stack([events[sent:upto, :-1], times[sent:upto]])
            sent = upto


def _send(sender: Sender, batch: NDArray[np.int64], *, now: bool) -> None:
    moment = int(time.time()) if now else None
    for user, artist, album, track, at in batch.tolist():
        value = dict(zip(NAMES, (user, artist, album, track, moment or at), strict=True))
        sender.send(EVENTS_TOPIC, user, value)
    sender.poll()


def _speed(text: str) -> float:
    try:
        speed = float("inf") if text == "max" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor max") from None
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return speed


def parser() -> argparse.ArgumentParser:
    """The options of this command."""
    options = argparse.ArgumentParser(
        prog=program("data.replay"),
        description="Sends a data set to Kafka: its names to the topics artists, albums and tracks, then its events to "
        f"{EVENTS_TOPIC}, in order of time. Topics which do not exist are made.",
    )
    add_version(options)
    options.add_argument("folder", type=Path, metavar="DIR", help="the folder of the data set")
    options.add_argument("--kafka", required=True, metavar="HOST:PORT", help="the broker")
    options.add_argument("--kafka_config", metavar="FILE", help="properties of Kafka's client, such as those of SASL")
    options.add_argument(
        "--speed", type=_speed, default=1.0, metavar="NUMBER", help="times as fast as it happened, or max (default: 1)"
    )
    options.add_argument("--loop", action="store_true", help="begin again at the end, later by the data set's length")
    options.add_argument("--now", action="store_true", help="give each event the time at which it is sent")
    options.add_argument("--format", choices=FORMATS, default="json", help="of the values (default: %(default)s)")
    options.add_argument("--key_format", choices=KEY_FORMATS, help="of the keys (confluent with a registry, else long)")
    options.add_argument("--registry", metavar="URL", help="schema registry, for --format confluent or protobuf")
    options.add_argument(
        "--partitions", type=int, default=PARTITIONS, metavar="NUMBER", help="of topics made (default: %(default)s)"
    )
    return options


def main(argv: list[str] | None = None) -> int:
    """Runs the command; the exit status."""
    arguments = parser()
    options = arguments.parse_args(argv)
    if not options.registry and (options.format in REGISTERED or options.key_format in REGISTERED):
        arguments.error(f"--format {options.format} needs --registry URL")
    try:
        sender = Sender(options.kafka, options.format, options.registry, options.key_format, read(options.kafka_config))
        sender.create_topics(options.partitions)
        print(replay(options.folder, sender, options.speed, loop=options.loop, now=options.now))
    except KeyboardInterrupt:
        return 0
    except (KafkaException, OSError, PropertiesError, ReplayError, RegistryError) as error:
        print(f"{program('data.replay')}: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
