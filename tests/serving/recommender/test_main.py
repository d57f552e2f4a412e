import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from serving.recommender.__main__ import parser
from serving.recommender.workers import serve
from store import open_store
from tests.serving.processes import SECONDS, started
from tests.serving.recommender.graphs import events, listen


def wait_for(address: str, listeners: int) -> None:
    """Waits until several answers in a row, of any worker, know so many listeners of the item 10."""
    deadline, right = time.monotonic() + SECONDS, 0
    while right < 8:
        assert time.monotonic() < deadline
        try:
            response = httpx.get(f"{address}/listeners/artist/10", timeout=SECONDS)
            right = right + 1 if response.json().get("listeners") == listeners else 0
        except httpx.TransportError:
            time.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_workers_share_a_graph_follow_the_store_and_stop(lmdb_url: str, workers: int, stop: signal.Signals) -> None:
    store = open_store(lmdb_url, create=True)
    listen(store, events({1: {10: 3}, 2: {10: 1}}))
    with started("serving.recommender", "--store", lmdb_url, "--workers", str(workers)) as (process, address):
        wait_for(address, 2)
        listen(store, events({3: {10: 1}}))
        wait_for(address, 3)
        os.kill(process.pid, stop)
        _, errors = process.communicate(timeout=SECONDS)
        assert (process.returncode, errors) == (0, "")
    graph = Path(lmdb_url.removeprefix("lmdb:")) / "graph"
    assert len(list(graph.glob("build-*"))) == 1
    store.close()


def test_workers_end_with_the_process_that_started_them(lmdb_url: str) -> None:
    open_store(lmdb_url, create=True).close()
    with started("serving.recommender", "--store", lmdb_url, "--workers", "2") as (process, address):
        process.kill()
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                httpx.get(f"{address}/health", timeout=SECONDS)
            except httpx.TransportError:
                return  # nobody listens any more
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_missing_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve(parser().parse_args(["--store", f"lmdb:{tmp_path}/none"])) == 1
    assert f"there is no store in {tmp_path}/none" in capsys.readouterr().err


def test_no_workers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        serve(parser().parse_args(["--workers", "0"]))
    assert "--workers" in capsys.readouterr().err
