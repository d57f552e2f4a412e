"""Proves that batch = stream = replay, byte for byte: `python -m tests.prove [DIR] [--kills NUMBER]`.

The data set in DIR goes into three stores: from its files; through a real Kafka broker by a stream which is killed at
random moments; and so again, when everything lies in the topics twice. The digests of the stores must be equal.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from data import replay
from data.format import EVENTS, SAMPLE, SUFFIX
from pipelines.failures import PipelineError
from pipelines.runners import prism
from pipelines.runners.golang import NotBuiltError
from schemas.wire.messages import TOPICS
from store import open_store
from store.digest import digest
from tests.parts.kafka import Broker
from tests.parts.streams import streaming

LONGEST_LIFE = 8.0
"""Seconds after which a stream is killed at the latest."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the digests; the exit status tells whether they are equal."""
    parser = argparse.ArgumentParser("python -m tests.prove", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", default=Path(SAMPLE).parent)
    parser.add_argument("--kills", type=int, default=5, metavar="NUMBER", help="of each stream (default: %(default)s)")
    options = parser.parse_args(argv)
    digests = set()
    with tempfile.TemporaryDirectory() as place:
        try:
            prism.program()  # now, since a stream that is killed while it builds would build again
            for name, found in _digests(options.folder, Path(place), options.kills):
                print(f"{name:8}{found}", flush=True)
                digests.add(found)
        except (NotBuiltError, PipelineError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    print("equal" if len(digests) == 1 else "NOT EQUAL")
    return 0 if len(digests) == 1 else 1


def _digests(folder: Path, place: Path, kills: int) -> Iterator[tuple[str, str]]:
    yield "batch", _batch(folder, place)
    (place / "kafka").mkdir()
    with Broker(place / "kafka") as broker:
        _send(folder, broker.address)
        yield "stream", _stream(broker.address, place, "stream", kills)
        _send(folder, broker.address)
        yield "replay", _stream(broker.address, place, "replay", kills)


def _batch(folder: Path, place: Path) -> str:
    command = [sys.executable, "-m", "pipelines.profile", "--events", str(folder / f"{EVENTS}{SUFFIX}")]
    options = ["--store", f"lmdb:{place}/batch", "--rejects", str(place / "rejects.tsv")]
    subprocess.run([*command, *options], check=True, capture_output=True)
    return digest(open_store(f"lmdb:{place}/batch"))


def _send(folder: Path, kafka: str) -> None:
    sender = replay.Sender(kafka, "json", None)
    sender.create_topics(replay.PARTITIONS)
    replay.replay(folder, sender, float("inf"), loop=False, now=False)


def _stream(kafka: str, place: Path, name: str, kills: int) -> str:
    random, store = Random(name), f"lmdb:{place}/{name}"
    for _ in range(kills):
        with streaming(kafka, store, place / f"{name}.log") as stream:
            time.sleep(random.uniform(0, LONGEST_LIFE))
            stream.kill()
    with streaming(kafka, store, place / f"{name}.log") as stream:
        stream.wait_until_caught_up(*TOPICS)
        stream.stop()
    return digest(open_store(store))


if __name__ == "__main__":
    sys.exit(main())
