"""Generating a data set: its files, which appear when they are complete."""

import time
from collections.abc import Iterable, Iterator
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
