"""The stream on Flink: through a killed TaskManager, a savepoint and a restore the store is that of a batch.

So are the windows of what is trending, whose state is in the checkpoints.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from pipelines.golang import NotBuiltError
from store import open_store
from store.digest import digest
from tests.oracle import Event
from tests.parts.flink import Flink
from tests.parts.prism import wait_until
from tests.parts.processes import stop
from tests.parts.streams import TOPIC, send, values_of
from tests.parts.topics import create
from tests.pipelines.jobs import random_events, run_profile, write_events
from tests.pipelines.trending import oracle
from tests.pipelines.trending.oracle import HOUR
from tests.pipelines.trending.test_live import recent_events, says

SECONDS = 120.0

pytestmark = pytest.mark.flink


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


def expected(folder: Path, events: list[Event]) -> str:
    """The digest of the store that a batch makes of events."""
    run_profile(write_events(folder / "events.txt", events), f"lmdb:{folder}/batch")
    return digest(open_store(f"lmdb:{folder}/batch"))


def test_a_killed_task_manager_a_savepoint_and_a_restore(empty_kafka: str, bigtable_url: str, tmp_path: Path) -> None:
    now = int(time.time())
    recent = recent_events(12, 1500, now, 30 * HOUR)
    events = random_events(11, 1500) + recent
    Random(13).shuffle(events)
    parts = [events[:1000], events[1000:1500], events[1500:2500], events[2500:]]
    create(empty_kafka, TOPIC)
    send(empty_kafka, values_of(parts[0]))
    try:
        flink = Flink(tmp_path)
    except NotBuiltError as error:
        pytest.skip(str(error))
    with flink:
        with submitted(flink, empty_kafka, bigtable_url, tmp_path / "first") as job:
            first = expected(tmp_path, parts[0])
            wait_until(lambda: holds(bigtable_url, first), SECONDS)
            wait_until(lambda: flink.checkpoints(job) > 0, SECONDS)
            send(empty_kafka, values_of(parts[1]))
            flink.kill_task_manager()
            send(empty_kafka, values_of(parts[2]))
            flink.start_task_manager()
            second = expected(tmp_path, [*parts[0], *parts[1], *parts[2]])
            wait_until(lambda: holds(bigtable_url, second), SECONDS)
            savepoint = flink.stop_with_savepoint(job)
        send(empty_kafka, values_of(parts[3]))
        with submitted(flink, empty_kafka, bigtable_url, tmp_path / "second", f"--savepoint_path={savepoint}"):
            third, windows = expected(tmp_path, events), oracle.windows(oracle.counting(recent, (), {}))
            wait_until(lambda: holds(bigtable_url, third), SECONDS)
            wait_until(lambda: says(bigtable_url, windows), SECONDS)
