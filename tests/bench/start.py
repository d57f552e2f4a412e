"""What starting costs: `python -m tests.bench.start [--write]`.

The sample with nothing compiled yet and with all compiled, the help of each command, a server until its first answer.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from console.program import COMMANDS
from tests.bench.measure import Cost, insert, middle, python, table

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
QUERY = (
    b'{"query": "{ getUserProfile(userId: 30650547) { totalListenCount artistCharts { topK { artist { name } } } } }"}'
)


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints the table; `--write` puts it into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m tests.bench.start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        rows = [[name, f"{cost.cpu:.2f}", f"{cost.wall:.2f}"] for name, cost in measured(Path(folder), options.rounds)]
    text = table(["", "CPU s", "wall s"], rows)
    print(text)
    if options.write:
        insert(DOCUMENT, "start", text)


def measured(folder: Path, rounds: int) -> Iterator[tuple[str, Cost]]:
    """The costs, by what was started."""
    load = python("pipelines.profile", "--store", f"lmdb:{folder}/store", "--rejects", f"{folder}/rejects.tsv")
    yield "the sample, nothing compiled yet", middle(_cold(load, folder, i) for i in range(rounds))
    run(load)
    yield "the sample", middle(run(load) for _ in range(rounds))
    for name, command in COMMANDS.items():
        if name != "stream":
            helped = python(command.module, "--help")
            yield f"`python -m {command.module} --help`", middle(run(helped) for _ in range(rounds))
    first_answer(f"lmdb:{folder}/store")
    yield "a server, until its first profile", middle(first_answer(f"lmdb:{folder}/store") for _ in range(rounds))


def _cold(command: Sequence[str], folder: Path, number: int) -> Cost:
    return run(command, {"NUMBA_CACHE_DIR": str(folder / f"compiled-{number}")})


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Runs a command to its end."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, 0)


def first_answer(store: str) -> Cost:
    """Starts a server, and stops it when it has answered; the wall time is that until the answer."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "serving", "--store", store, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        said = process.stdout.readline() if process.stdout else ""
        address = re.search(r"http://[\d.:]+", said)
        if address is None:
            raise RuntimeError(f"the server does not start: {said}")
        request = urllib.request.Request(f"{address[0]}/graphql", QUERY, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            response.read()
        wall = time.perf_counter() - start
        process.terminate()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return Cost(wall, usage.ru_utime + usage.ru_stime, 0)


if __name__ == "__main__":
    main()
