"""`python -m store.verify`: whether a store holds what follows from its histories, cell by cell."""

import argparse
import os
import sys
from collections.abc import Sequence

from console.program import add_version, command_line, program
from store.urls import DEFAULT_STORE, VARIABLE

MOST_SHOWN = 20
"""Damages that are told one by one."""


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(
        program("store.verify"),
        description="Reads all of a store, derives again what follows from the histories, and tells each cell that is "
        "other than that. It changes nothing, and may run while the store is in use.",
    )
    add_version(made)
    made.add_argument(
        "--store",
        default=os.environ.get(VARIABLE, DEFAULT_STORE),
        help=f"lmdb:FOLDER or bigtable://PROJECT/INSTANCE (default: the variable {VARIABLE}, else {DEFAULT_STORE})",
    )
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies a store; the exit code: 0 if all is as it must be."""
    chosen = parser().parse_args(arguments)
    from store import StoreError, open_store
    from store.profiles import definitions
    from store.verification import verify

    try:
        store = open_store(chosen.store)
        if definitions.read(store).coming:
            raise StoreError(f"store {store.url} is being recomputed: verify it when that is done")
        report = verify(store)
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for damage in report.damages[:MOST_SHOWN]:
        print(damage, file=sys.stderr)
    if report.damages:
        recompute = command_line("pipelines.recompute", "--store", store.url)
        print(
            f"error: {len(report.damages):,} cells are not what they must be: `{recompute}` derives again what follows "
            "from histories; histories and names themselves have to come from a copy, or be loaded again",
            file=sys.stderr,
        )
        return 1
    print(f"{report.users:,} users and {report.names:,} names are what they must be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
