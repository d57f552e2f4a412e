"""Measuring commands, and writing tables into documents."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

INTERVAL = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Cost:
    """What a command took: wall time and processor time in seconds, and the peak memory of its processes in bytes.

    Memory that processes share counts once (proportional set size).
    """

    wall: float
    cpu: float
    memory: int


def cost(command: Sequence[str]) -> Cost:
    """Runs a command to its end, start-up included. Raises RuntimeError with its output if it fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        watch.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak[0])


def _watch(process: "subprocess.Popen[str]", peak: list[int]) -> None:
    try:
        parent = psutil.Process(process.pid)
        while process.returncode is None:
            family = [parent, *parent.children(recursive=True)]
            peak[0] = max(peak[0], sum(p.memory_full_info().pss for p in family))
            time.sleep(INTERVAL)
    except psutil.Error:
        return  # it has just ended


def middle(costs: Iterable[Cost]) -> Cost:
    """The median of each figure, and the largest memory."""
    found = list(costs)
    return Cost(median(c.wall for c in found), median(c.cpu for c in found), max(c.memory for c in found))


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module."""
    return [sys.executable, "-m", module, *arguments]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def insert(document: Path, name: str, text: str) -> None:
    """Puts text between the marks `<!-- name -->` and `<!-- end of name -->` of a document."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    content = document.read_text()
    if begin not in content:
        raise ValueError(f"{document} has no mark {begin}")
    replaced = re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{text}\n{end}", content, flags=re.DOTALL)
    document.write_text(replaced)
