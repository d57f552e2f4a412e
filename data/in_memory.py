"""Reading a data set into memory: its events in order of time, and its names."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.format import EVENTS, SUFFIX, items_file
from schemas.events import NAMES, TIME

_MOST_DIGITS = 19
_LIMIT = 2**63
_FIELDS = {"artists": 2, "albums": 3, "tracks": 3}


def events_of(folder: Path) -> tuple[NDArray[np.int64], int]:
    """The events of a data set, oldest first: int64[events, 5]; and the number of lines that are no events."""
    bad = 0
    found: list[list[int]] = []
    with (folder / f"{EVENTS}{SUFFIX}").open("rb") as lines:
        for line in lines:
            fields = line.rstrip(b"\r\n").split(b"\t")
            if len(fields) == len(NAMES) and all(map(_is_number, fields)):
                found.append([int(field) for field in fields])
            else:
                bad += 1
    events = np.array(found, np.int64).reshape(-1, len(NAMES))
    return events[np.argsort(events[:, TIME], kind="stable")], bad


def names_of(folder: Path, kind: str) -> dict[int, str]:
    """The names of the `kind` artists, albums or tracks, by id: of several the smallest that is not empty.

    There are none if there is no such file.
    """
    path, found = folder / items_file(kind), dict[int, str]()
    if not path.exists():
        return found
    for line in path.read_bytes().split(b"\n"):
        fields = line.removesuffix(b"\r").split(b"\t")
        if len(fields) >= _FIELDS[kind] and _is_number(fields[0]):
            item, text = int(fields[0]), b"\t".join(fields[1 : len(fields) - _FIELDS[kind] + 2])
            name = _unquoted(text.decode("utf-8", "replace"))
            found[item] = min(filter(None, (found.get(item), name)), default="")
    return found


def _is_number(field: bytes) -> bool:
    return field.isdigit() and len(field) <= _MOST_DIGITS and int(field) < _LIMIT


def _unquoted(text: str) -> str:
    """A name without the quotes of CSV, if it has them."""
    inner = text[1:-1].replace('""', "")
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in inner:
        return text[1:-1].replace('""', '"')
    return text
