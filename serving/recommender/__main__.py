"""`python -m serving.recommender`: recommendations by random walks, as a REST service of its own."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from console.program import add_version, program
from store import DEFAULT_STORE
from store.urls import FORMS, VARIABLE


def parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    options = argparse.ArgumentParser(program("serving.recommender"), description=__doc__)
    add_version(options)
    options.add_argument("--store", metavar="URL", help=f"{FORMS}; else ${VARIABLE}, else {DEFAULT_STORE}")
    options.add_argument(
        "--graph",
        type=Path,
        metavar="FOLDER",
        help="where the graph is kept; by default in the folder `graph` of an LMDB store, else in the user's cache",
    )
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    options.add_argument("--port", type=int, default=8080, help="port to listen on (%(default)s); 0: any free one")
    options.add_argument(
        "--workers", type=_positive, default=1, metavar="N", help="processes, which share the graph (%(default)s)"
    )
    return options


def _positive(given: str) -> int:
    if int(given) < 1:
        raise ValueError
    return int(given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the exit code."""
    chosen = parser().parse_args(arguments)
    from serving.processes import prepare  # as late as this: who asks for --help need not wait for it
    from serving.recommender.workers import serve

    prepare()
    return serve(chosen)


if __name__ == "__main__":
    sys.exit(main())
