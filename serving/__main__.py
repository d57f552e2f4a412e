"""`python -m serving`: GraphQL from an SDL file, against the store."""

import sys
from collections.abc import Sequence

from serving.arguments import options


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; the exit code."""
    chosen = options(arguments)
    from serving.processes import prepare  # as late as this: who asks for --help need not wait for it
    from serving.server import serve

    prepare()
    return serve(chosen)


if __name__ == "__main__":
    sys.exit(main())
