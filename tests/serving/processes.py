"""Servers as processes, on ports that they choose."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from serving.arguments import options
from serving.server import serve

SECONDS = 60
"""Until a server that does not start, or does not stop, fails a test."""


@contextmanager
def started(module: str, *given: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of `python -m module`, and its address, until the end of the context."""
    command = [sys.executable, "-m", module, "--port", "0", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            address = re.search(r"http://[\d.]+:\d+", line)
            assert address, line or (process.stderr and process.stderr.read())
            yield process, address[0]
        finally:
            process.kill()


def wait_for(address: str) -> None:
    """Waits until a server says that it is well."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/health").json() == {"status": "ok"}:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"no server at {address} after {SECONDS} s")


def main(arguments: Sequence[str]) -> int:
    """`python -m serving` in this process, whose log and signals stay as they are."""
    return serve(options(arguments))
