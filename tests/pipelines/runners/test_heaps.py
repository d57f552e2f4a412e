"""Threads of a process that shares heaps have few of them."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.runners.heaps import HEAPS

THREADS = """
import ctypes, sys
from threading import Barrier, Thread
from pipelines.runners import heaps
if sys.argv[1] == "share":
    heaps.share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = Barrier(8)
def allocate():
    libc.malloc(100)
    together.wait()
threads = [Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
out = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""


def heaps(out: Path, how: str) -> int:
    """How many heaps 8 threads have."""
    subprocess.run([sys.executable, "-c", THREADS, how, str(out)], check=True)
    return out.read_text().count("<heap ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_heaps_are_shared(tmp_path: Path) -> None:
    assert heaps(tmp_path / "own", "own") > HEAPS
    assert heaps(tmp_path / "shared", "share") <= HEAPS
