"""Prism, Beam's runner for one machine that streams: a program, found or built, which runs for one pipeline."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, socket
from typing import IO

from apache_beam.options.pipeline_options import DebugOptions, PipelineOptions, PortableOptions, PrismRunnerOptions
from apache_beam.runners.portability.prism_runner import PrismRunner
from apache_beam.version import __version__ as beam_version

from pipelines.failures import PipelineError
from pipelines.runners import golang
from pipelines.runners.child import tied

PACKAGE = "github.com/apache/beam/sdks/v2/go/cmd/prism"
VERSION = f"v{beam_version}"
NAME = "prism"

START_SECONDS = 30.0
STOP_SECONDS = 2.0

_UNDIVIDED = "prism_disable_sdf_split"
"""Prism divides bundles which seem to be stuck, and then works on a key in two bundles at once: one loses its state."""

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.02
_SHOWN = 2000


@contextmanager
def running(options: PipelineOptions) -> Iterator[PrismRunner]:
    """A runner on a Prism which runs until the end of the context, or of this process, however that ends.

    The program is the one that --prism_location names, or else `program()`.

    Raises:
        PipelineError: there is no such program, or it does not start.
    """
    path = check(options) or program()
    port = _free_port()
    command = [str(path), "--job_port", str(port), "--log_level", "error", "--serve_http=false"]
    with tempfile.TemporaryFile() as log:
        # In a session of its own, for a Ctrl-C is meant for us: Prism is needed until what is in hand is finished.
        process = subprocess.Popen(  # noqa: S603
            tied(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(process, port, log)
            portable = options.view_as(PortableOptions)
            portable.job_endpoint = f"{_HOST}:{port}"
            portable.environment_type = "LOOPBACK"
            options.view_as(DebugOptions).add_experiment(_UNDIVIDED)
            yield PrismRunner()
        finally:
            _stop(process)


def check(options: PipelineOptions) -> Path | None:
    """The program that --prism_location names, if it does.

    Raises:
        PipelineError: there is no such program.
    """
    located = options.view_as(PrismRunnerOptions).prism_location
    if located is not None and not Path(located).is_file():
        raise PipelineError(f"--prism_location={located}: there is no such file")
    return None if located is None else Path(located)


def program() -> Path:
    """The program `prism` of this version of Beam: found in the user's cache, or else built into it.

    Raises:
        PipelineError: it is neither found nor built.
    """
    try:
        return golang.program(PACKAGE, VERSION, NAME)
    except golang.NotBuiltError as error:
        raise PipelineError(
            f"Prism, which runs streams on one machine, is not here and cannot be built: {error}. Install Go and run "
            f"again, or name the program with --prism_location, as `go install {PACKAGE}@{VERSION}` makes it"
        ) from error


def _free_port() -> int:
    with socket() as found:
        found.bind((_HOST, 0))
        return int(found.getsockname()[1])


def _wait(process: "subprocess.Popen[bytes]", port: int, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            create_connection((_HOST, port), 1.0).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                said = log.read(_SHOWN).decode(errors="replace")
                raise PipelineError(f"Prism does not start: {said or f'exit status {process.poll()}'}") from None
            time.sleep(_POLL_SECONDS)
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
