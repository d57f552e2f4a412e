"""The stream on Flink: through a killed TaskManager, a savepoint and a restore the store is that of a batch.

So are the windows of what is trending, whose state is in the checkpoints; deletions, names and rejects are among what
is read.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson
import pytest

from pipelines.runners.golang import NotBuiltError
from store import open_store
from store.digest import digest
from tests.oracle import Event
from tests.parts.flink import Flink
from tests.parts.prism import wait_until
from tests.parts.processes import stop
from tests.parts.streams import TOPIC, send, tombstones_of, values_of
from tests.parts.topics import create, messages
from tests.pipelines.jobs import deletions, random_events, run_profile, write_events
from tests.pipelines.trending import oracle
from tests.pipelines.trending.oracle import HOUR
from tests.pipelines.trending.test_live import recent_events, says

SECONDS = 300.0
NAMES = {1: "One", 2: "Zwei", 5: "Cinq"}


class Part(NamedTuple):
    """What is sent at a time: events, some that are taken back, and the users erased up to a time in seconds."""

    events: list[Event]
    taken: list[Event]
    erased: list[tuple[int, int]]

    def messages(self) -> list[tuple[int, bytes | None, int]]:
        """In any order, with one among them that cannot be read."""
        gone = [*values_of(self.taken, deleted=True), *tombstones_of(self.erased)]
        every = [*values_of(self.events), *gone, (0, b"rubbish", 0)]
        return Random(14).sample(every, len(every))


pytestmark = [pytest.mark.flink, pytest.mark.long]


@contextmanager
def submitted(flink: Flink, kafka: str, store: str, log: Path, *options: str) -> Iterator[str]:
    """A stream that runs on the cluster; the number of its job."""
    command = [sys.executable, "-m", "pipelines.profile", "--kafka", kafka, "--store", store, *flink.options, *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until(lambda: bool(flink.jobs()) or process.poll() is not None, SECONDS)
        assert process.poll() is None, log.read_text()
        yield flink.jobs()[0]
    finally:
        stop(process)


def holds(store: str, expected: str) -> bool:
    return digest(open_store(store, create=True)) == expected


def expected(folder: Path, parts: list[Part]) -> str:
    """The digest of the store that a batch makes of them and of the names."""
    events, taken, erased = (list(chain.from_iterable(column)) for column in zip(*parts, strict=True))
    artists, store = folder / "artists.txt", f"lmdb:{folder}/{len(parts)}"
    artists.write_text("".join(f"{number}\t{name}\n" for number, name in NAMES.items()))
    options = [*deletions(folder, taken, erased), "--artists", str(artists)]
    run_profile(write_events(folder / "events.txt", events), store, *options)
    return digest(open_store(store))


def send_names(kafka: str) -> None:
    """Names that change, and one that is taken away."""
    older = [(number, orjson.dumps({"id": number, "name": "Older"})) for number in (1, 2, 3)]
    newer = [(number, orjson.dumps({"id": number, "name": name})) for number, name in NAMES.items()]
    send(kafka, [(number, value, 0) for number, value in [*older, (3, None), *newer]], "artists")


def test_a_killed_task_manager_a_savepoint_and_a_restore(empty_kafka: str, bigtable_url: str, tmp_path: Path) -> None:
    now = int(time.time())
    recent = recent_events(12, 1500, now, 30 * HOUR)
    events = random_events(11, 1500) + recent
    Random(13).shuffle(events)
    taken, erased = events[::40], [(7, now - 10 * HOUR), (2002, 1_330_000_000), (9, now), (999_999, 7)]
    parts = [Part(events[i::4], taken[3 - i :: 4], erased[i::4]) for i in range(4)]
    create(empty_kafka, TOPIC, "artists")
    send(empty_kafka, parts[0].messages())
    send_names(empty_kafka)
    try:
        flink = Flink(tmp_path)
    except NotBuiltError as error:
        pytest.skip(str(error))
    with flink:
        with submitted(flink, empty_kafka, bigtable_url, tmp_path / "first") as job:
            first = expected(tmp_path, parts[:1])
            wait_until(lambda: holds(bigtable_url, first), SECONDS)
            wait_until(lambda: flink.checkpoints(job) > 0, SECONDS)
            send(empty_kafka, parts[1].messages())
            flink.kill_task_manager()
            send(empty_kafka, parts[2].messages())
            flink.start_task_manager()
            second = expected(tmp_path, parts[:3])
            wait_until(lambda: holds(bigtable_url, second), SECONDS)
            savepoint = flink.stop_with_savepoint(job)
        send(empty_kafka, parts[3].messages())
        with submitted(flink, empty_kafka, bigtable_url, tmp_path / "second", f"--savepoint_path={savepoint}"):
            third = expected(tmp_path, parts)
            windows = oracle.windows(oracle.counting(recent, {(e.user, e.time, e.track) for e in taken}, dict(erased)))
            wait_until(lambda: holds(bigtable_url, third), SECONDS)
            wait_until(lambda: says(bigtable_url, windows), SECONDS)
    rejects = [dict(message.headers()) for message in messages(empty_kafka, [f"{TOPIC}.rejects"])]
    assert len({(reject["partition"], reject["offset"]) for reject in rejects}) == len(parts)
