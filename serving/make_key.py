"""`python -m serving.make_key`: makes an API key."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from console.program import add_version, program

RIGHTS = "read, write, write TOPIC ..., schema; and how often: 50/second, 1000000/day"


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(program("serving.make_key"), description="Makes an API key, and prints it once.")
    add_version(made)
    made.add_argument("name", metavar="NAME", help="what the log calls who uses it")
    made.add_argument("rights", nargs="+", metavar="RIGHT", help=RIGHTS)
    made.add_argument(
        "--keys", type=Path, metavar="FILE", help="the file that its hash is added to; else it is printed"
    )
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes a key; the exit code."""
    chosen = parser().parse_args(arguments)
    from serving.keys import KeysError, hash_of, new_key

    key = new_key()
    line = " ".join([chosen.name, hash_of(key), *chosen.rights])
    try:
        _add(chosen.keys, line)
    except KeysError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"the key, which nobody can tell you again: {key}")
    return 0


def _add(path: Path | None, line: str) -> None:
    """Adds a line to a file of keys, or prints it.

    Raises:
        KeysError: the line, or the file, cannot be used; the file stays as it is.
    """
    from serving.keys import check, lines_of

    before = lines_of(path) if path and path.exists() else []
    check(path or Path("FILE"), [*before, line])
    if path is None:
        print(line)
        return
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
