"""`python -m serving.recommender`: recommendations by random walks, as a REST service of its own."""

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

from serving.processes import PortError, address, listen, prepare, run
from serving.recommender.app import create_app
from store import DEFAULT_STORE, StoreError, open_store
from store.urls import FORMS, VARIABLE


def parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    options = argparse.ArgumentParser("python -m serving.recommender", description=__doc__)
    options.add_argument("--store", metavar="URL", help=f"{FORMS}; else ${VARIABLE}, else {DEFAULT_STORE}")
    options.add_argument(
        "--graph",
        type=Path,
        metavar="FOLDER",
        help="where the graph is kept; by default in the folder `graph` of an LMDB store, else in the user's cache",
    )
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    options.add_argument("--port", type=int, default=8080, help="port to listen on (%(default)s); 0: any free one")
    options.add_argument(
        "--workers", type=_positive, default=1, metavar="N", help="processes, which share the graph (%(default)s)"
    )
    return options


def _positive(given: str) -> int:
    if int(given) < 1:
        raise ValueError
    return int(given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the exit code."""
    chosen = parser().parse_args(arguments)
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


if __name__ == "__main__":
    prepare()
    sys.exit(main())
