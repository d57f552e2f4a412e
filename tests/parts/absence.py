"""Stores that do not answer for a while, each in the way of its home."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

from tests.parts.relay import Relay

Away: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Makes a store be away until the end of the context."""

_WRITER = """
import sys
import lmdb
with lmdb.open(sys.argv[1], map_size=1 << 40).begin(write=True):
    print("writes", flush=True)
    sys.stdin.read()
"""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another process writes to an LMDB store and does not come to an end: nobody else can write."""
    command = [sys.executable, "-c", _WRITER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        if not writer.stdout or writer.stdout.readline() != "writes\n":
            raise RuntimeError(f"nobody writes to {folder}")
        yield  # at its end the writer's input is closed, which it waits for


@contextmanager
def cut(relay: Relay) -> Iterator[None]:
    """The network to a store is cut."""
    relay.cut()
    yield
    relay.mend()
