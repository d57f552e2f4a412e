"""`python -m serving.apply`: gives a running server another schema, without a restart."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from console.program import add_version, program

KEY = "PROFILE_API_KEY"
SERVER = "http://127.0.0.1:8000"


class NotAppliedError(Exception):
    """The server did not apply a schema; says why."""


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(program("serving.apply"), description=__doc__.partition(": ")[2])
    add_version(made)
    made.add_argument("schema", type=Path, metavar="FILE", help="GraphQL SDL file")
    made.add_argument("--server", default=SERVER, metavar="URL", help=f"the server (%(default)s); its API key: ${KEY}")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Applies a schema; the exit code."""
    chosen = parser().parse_args(arguments)
    from serving.gateway.errors import SchemaError

    try:
        apply(chosen.schema, chosen.server)
    except (SchemaError, NotAppliedError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{chosen.server} serves {chosen.schema}")
    return 0


def apply(path: Path, server: str) -> None:
    """Has a server apply an SDL file.

    Raises:
        SchemaError: the file cannot be read.
        NotAppliedError: the server does not answer, or refuses the schema.
    """
    import httpx

    from serving.applied import MEDIA_TYPE, PATH
    from serving.gateway.sdl import text_of

    headers = {"content-type": MEDIA_TYPE, "x-api-key": os.environ.get(KEY, "")}
    try:
        response = httpx.post(
            f"{server.rstrip('/')}{PATH}", params={"name": str(path)}, content=text_of(path).encode(), headers=headers
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotAppliedError(f"server {server}: {error}: name a running server with --server") from error
    if response.is_success:
        return
    try:
        raise NotAppliedError("\n".join(error["message"] for error in response.json()["errors"]))
    except (ValueError, LookupError, TypeError):
        raise NotAppliedError(f"server {server} answered with status {response.status_code}") from None


if __name__ == "__main__":
    sys.exit(main())
