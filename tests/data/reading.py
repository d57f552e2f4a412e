"""Reads the files of a data set the plain way."""

import csv
import re
from pathlib import Path

from data.format import KINDS, items_file

NAMES_OF_FILES = ["LFM-1b_LEs.txt", *map(items_file, KINDS)]
VALID = re.compile(rb"[0-9]{1,19}(\t[0-9]{1,19}){4}\n")


def lines_of(folder: Path) -> list[bytes]:
    return (folder / "LFM-1b_LEs.txt").read_bytes().splitlines(keepends=True)


def is_valid(line: bytes) -> bool:
    return VALID.fullmatch(line) is not None and all(int(field) < 2**63 for field in line.split())


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows_of(folder: Path, kind: str) -> list[list[str]]:
    with (folder / items_file(kind)).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))
