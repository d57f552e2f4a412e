"""What takes minutes to get the first time: built and downloaded while tests run that do not need it.

Who needs it waits for the locks which are held meanwhile.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from pipelines.failures import PipelineError
from pipelines.runners import golang, prism
from pipelines.runners.golang import NotBuiltError
from tests.parts import bigtable, flink, java, kafka


@contextmanager
def preparing() -> Iterator[None]:
    """Gets what is missing in another process, which ends with the context."""
    if _is_all_here():
        yield
        return
    command = [sys.executable, "-m", "tests.parts.preparation"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # the compilers as well
        process.wait()


def _is_all_here() -> bool:
    programs = (golang.place(part.VERSION, part.NAME) for part in (bigtable, prism))
    return all(path.exists() for path in programs) and all(map(java.is_here, (kafka.PROGRAM, flink.PROGRAM)))


def prepare() -> None:
    """Gets everything; what cannot be had, the tests that need it will find out themselves."""
    with ThreadPoolExecutor(2) as threads:
        threads.submit(_build)
        threads.submit(_download)


def _build() -> None:
    with suppress(NotBuiltError, PipelineError):
        bigtable.program()  # first, since it takes less and more tests need it
        prism.program()


def _download() -> None:
    with suppress(NotBuiltError):
        for program in (kafka.PROGRAM, flink.PROGRAM):
            java.class_path(program)


if __name__ == "__main__":
    prepare()
