"""Erasures from files: lines of a user and a time, up to which all listens of the user are erased."""

import numpy as np

from pipelines.files.blocks import Block
from pipelines.files.event_lines import COLUMNS, MOST_DIGITS, why_bad
from pipelines.files.parts import Parsed
from pipelines.files.rejected_lines import Notes
from pipelines.files.shards import scatter
from schemas.events import TIME, USER

FIELDS = 2
_LIMIT = 2**63


def parse_erasures(block: Block, shards: int) -> Parsed:
    """The erasures of a block as parts of shards of users, in the columns of events: user and timestamp are set."""
    notes = Notes(block, FIELDS, lambda line: why_bad(line, FIELDS))
    lines = block.text[block.start : block.end].tobytes().splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        fields = line.split(b"\t")
        if len(fields) == FIELDS and all(map(_is_number, fields)):
            found.append((int(fields[0]), int(fields[1])))
        else:
            notes.reject(number, line)
    columns = np.zeros((COLUMNS, len(found)), np.int64)
    columns[[USER, TIME]] = np.array(found, np.int64).reshape(-1, FIELDS).T
    parts = [(shard, a.size // COLUMNS, True, a) for shard, a in scatter(columns, len(found), shards, True)]
    return Parsed(len(lines), len(found), notes.rejected, bytes(notes), parts)


def _is_number(field: bytes) -> bool:
    return field.isdigit() and len(field) <= MOST_DIGITS and int(field) < _LIMIT
