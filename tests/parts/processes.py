"""Starting the real parts as processes, and stopping them."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import randrange

from pipelines.runners.child import tied

HOST = "127.0.0.1"
READY_SECONDS = 60.0
POLL_SECONDS = 0.02
PORTS = (20_000, 32_000)

_given: set[int] = set()
"""Ports that were given in this process: a process needs several before it listens on any."""


# Not by preexec_fn, for which Python forks: what gRPC's threads do in a forked process may abort it.
_LIMITED = """
import os, resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
os.execv(sys.argv[2], sys.argv[2:])
"""


def limited(command: Sequence[str], limit: int) -> list[str]:
    """The command, as one for which no file may be longer than `limit` bytes, as on a full disk."""
    return [sys.executable, "-ISc", _LIMITED, str(limit), *command]


class NotStartedError(Exception):
    """A process ended, or did not listen in time; says what it printed."""


def free_port() -> int:
    """A TCP port that nobody listens to, another each time, below those that the system takes for its own."""
    while True:
        port = randrange(*PORTS)
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex((HOST, port)):
                _given.add(port)
                return port


@contextmanager
def listening(
    command: Sequence[str], port: int, log: Path, seconds: float = READY_SECONDS
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens on `port`, as soon as it does, until the end of the context.

    Raises:
        NotStartedError: it did not within so many seconds.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(tied(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _wait(process, port, log, seconds)
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, gently first."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotStartedError(f"{process.args!r} does not listen on port {port}: {log.read_text()}")
        time.sleep(POLL_SECONDS)


def _answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
