"""The recommender's processes: one that serves, or several that share a socket and the graph."""

import argparse
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess, parent_process
from pathlib import Path

from serving.processes import PortError, address, listen, run
from serving.recommender.app import create_app
from store import StoreError, open_store


def serve(chosen: argparse.Namespace) -> int:
    """Serves until it is told to stop; the exit code."""
    try:
        with closing(open_store(chosen.store)) as store:
            url = store.url
        with listen(chosen.host, chosen.port) as listening:
            print(f"Serving recommendations of {url} at {address(listening)} - Ctrl-C stops", flush=True)
            if chosen.workers > 1:
                return _serve_together(chosen.workers, url, chosen.graph, listening)
            _serve(url, chosen.graph, listening)
    except (StoreError, PortError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _serve(url: str, graph: Path | None, listening: socket.socket) -> None:
    with closing(open_store(url)) as store:
        run(create_app(store, graph), listening)


def _serve_together(workers: int, url: str, graph: Path | None, listening: socket.socket) -> int:
    """Serves with several processes until it is told to stop, or one of them ends."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_work, args=(url, graph, listening)) for _ in range(workers)]
    try:
        for process in processes:
            process.start()
        wait([process.sentinel for process in processes])
        print("a worker has ended: see its log above", file=sys.stderr)
        return 1
    finally:
        _end(processes)


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def _work(url: str, graph: Path | None, listening: socket.socket) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _serve(url, graph, listening)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
