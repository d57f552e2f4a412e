"""Writes a data set of the shape of LFM-1b, of any size: `python -m data.generate --events 1_000_000 --seed 1 DIR`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from os import getpid
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from data.dataset import DataSet, with_bad_lines
from data.format import EVENTS, KINDS, SUFFIX, items_file
from data.text import Lines
from data.untidy import bad_places

_MANY = 2_000_000
_MOST = 2**31 - 1


@contextmanager
def _replacing(paths: list[Path]) -> Iterator[list[BinaryIO]]:
    """Files for writing which take the places of `paths` once all are complete, or leave no trace."""
    unfinished = [path.with_name(f"{path.name}.{getpid()}.tmp") for path in paths]
    try:
        with ExitStack() as stack:
            yield [stack.enter_context(path.open("wb")) for path in unfinished]
        for path, final in zip(unfinished, paths, strict=True):
            path.replace(final)
    finally:
        for path in unfinished:
            path.unlink(missing_ok=True)


def generate(folder: Path, events: int, seed: int, order: str = "user", bad: float = 0.0) -> str:
    """Writes the four files of a data set into `folder`, in place of those that are there.

    Args:
        events: number of valid events, repeated ones included; at least 1.
        order: "user" or "time".
        bad: share of all lines which is malformed, from 0 to less than 1.

    Returns:
        What was written, in words.
    """
    begun = time.perf_counter()
    data, places = DataSet(events, seed), bad_places(seed, events, bad)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{EVENTS}{SUFFIX}", *(folder / items_file(kind) for kind in KINDS)]
    with _replacing(paths) as (events_file, *name_files):
        parts = data.by_user() if order == "user" else data.by_time()
        events_file.writelines(with_bad_lines(_shown(parts, events), places, seed))
        names = [_write_names(file, data.names(kind)) for kind, file in zip(KINDS, name_files, strict=True)]
    named = ", ".join(f"{count:,} {kind}" for kind, count in zip(KINDS, names, strict=True))
    return (
        f"{folder}: {events:,} events of {len(data.users.ids):,} users by {order}, {len(places):,} malformed lines,"
        f" names of {named}; {sum(path.stat().st_size for path in paths) / 1e6:,.1f} MB"
        f" in {time.perf_counter() - begun:.1f} s"
    )


def _write_names(file: BinaryIO, parts: Iterable[Lines]) -> int:
    """Writes names; how many."""
    count = 0
    for lines in parts:
        file.write(lines.text)
        count += len(lines.starts) - 1
    return count


def _shown(parts: Iterable[Lines], events: int) -> Iterator[Lines]:
    """The parts, with their progress on stderr if there are many events."""
    with tqdm(total=events, unit=" events", unit_scale=True, mininterval=1, disable=events < _MANY) as bar:
        for lines in parts:
            yield lines
            bar.update(len(lines.starts) - 1)


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
        prog="python -m data.generate",
        description="Writes made-up listening events and names of the shape of LFM-1b. The same arguments give the"
        " same bytes.",
    )
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
    try:
        print(generate(options.folder, options.events, options.seed, options.order, options.bad))
    except (OSError, MemoryError) as error:
        print(f"python -m data.generate: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
