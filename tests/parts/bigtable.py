"""Google's emulator of Bigtable."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipelines.runners import golang
from tests.parts.processes import HOST, NotStartedError, free_port, listening

PACKAGE = "cloud.google.com/go/bigtable/cmd/emulator"
VERSION = "v1.58.0"
NAME = "bigtable-emulator"
ATTEMPTS = 3


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """HOST:PORT of an emulator that runs until the end of the context, and logs to `folder`.

    Raises:
        NotBuiltError: it cannot be built here.
        NotStartedError: it does not start.
    """
    with ExitStack() as running:
        yield _start(running, program(), folder / "bigtable-emulator.log")


def program() -> Path:
    """The emulator: found in the user's cache, or else built into it.

    Raises:
        NotBuiltError: it cannot be built here.
    """
    return golang.program(PACKAGE, VERSION, NAME)


def _start(running: ExitStack, program: Path, log: Path) -> str:
    for attempt in range(ATTEMPTS):
        port = free_port()
        try:
            running.enter_context(listening([str(program), "-host", HOST, "-port", str(port)], port, log))
        except NotStartedError:
            # The port may have been taken in between.
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return f"{HOST}:{port}"
    raise AssertionError
