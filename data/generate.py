"""Writes a data set of the shape of LFM-1b, of any size: `python -m data.generate --events 1_000_000 --seed 1 DIR`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from console.program import add_version, program

_MOST = 2**31 - 1


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number such as 10_000_000") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least:,} and {most:,}")
        return number

    return parse


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 0.001") from None
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 0 and less than 1")
    return share


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program("data.generate"),
        description="Writes made-up listening events and names of the shape of LFM-1b. The same arguments give the"
        " same bytes.",
    )
    add_version(parser)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write the four files; made if need be")
    parser.add_argument("--events", type=_number(1, _MOST), required=True, help="number of events, such as 10_000_000")
    parser.add_argument("--seed", type=_number(0, _MOST), required=True, help="another seed gives other data")
    parser.add_argument(
        "--order",
        choices=["user", "time"],
        default="user",
        help="user: grouped by user, newest first, as LFM-1b is; time: all users' events as they happen, oldest first,"
        " which takes 48 bytes of memory per event (default: user)",
    )
    parser.add_argument(
        "--bad", type=_share, default=0.0, metavar="SHARE", help="share of lines to be malformed (default: 0)"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    options = _options(argv)
    from data.generation import generate  # as late as this: who asks for --help need not wait for it

    try:
        print(generate(options.folder, options.events, options.seed, options.order, options.bad))
    except (OSError, MemoryError) as error:
        print(f"{program('data.generate')}: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
