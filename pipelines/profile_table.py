"""Profiles in memory, for notebooks: from events to a table with one row for each user, by the code of the job."""

from collections.abc import Iterable, Iterator
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from pipelines.files.event_columns import read_events
from schemas.events import NAMES, USER
from schemas.topics import CATALOGUE, Topic
from schemas.wire import avro
from store import arrow, layout
from store.histories.event_set import Columns, EventSet, unite
from store.interface import Row
from store.profiles import definitions
from store.profiles.rows import rows_of

Path: TypeAlias = str | PathLike[str]

TOPICS = tuple(topic for topic in CATALOGUE.values() if topic.place.table == layout.USERS and topic.place.column)
"""What is computed: the topics of users of all time."""


def profiles(source: Path | Iterable[Path] | pa.Table, k: int = 10) -> pa.Table:
    """The profiles of all users who have events.

    Args:
        source: files of events or globs of such, as `--events` takes them; or a table with the columns
            `schemas.events.NAMES`, of integers, with the timestamp in whole seconds since the epoch. Order does not
            matter, nor do repeats.
        k: length of the charts.

    Returns:
        `userId`, ascending, and a column for each of TOPICS. Charts are lists of `id` and `countPlays`.

    Raises:
        PipelineError: a file cannot be read, or too many of its lines are no events.
        ValueError: the table lacks a column, or one of them holds what is no number of an event.
    """
    events = unite(_events_of(source) if isinstance(source, pa.Table) else read_events(_patterns(source)))
    schema = pa.schema([pa.field(NAMES[USER], pa.int64()), *map(arrow.field, TOPICS)])
    return pa.Table.from_pylist([_profile(key, row) for key, row in _rows(events, k)], schema)


def _rows(events: EventSet, k: int) -> Iterator[tuple[bytes, Row]]:
    """The rows of the users without histories and windows."""
    return iter(rows_of(events, definitions.of_catalogue(k), whole=False))


def _profile(key: bytes, row: Row) -> dict[str, Any]:
    cells = {(cell.family, cell.qualifier): cell.value for cell in row}
    values = {topic.name: _value(topic, cells[topic.place.family, topic.place.column or b""]) for topic in TOPICS}
    return {NAMES[USER]: int.from_bytes(key, "big"), **values}


def _value(topic: Topic, data: bytes) -> Any:
    return arrow.shown(topic.value, avro.decode(topic.value, data))


def _patterns(source: Path | Iterable[Path]) -> list[str]:
    return [str(path) for path in ([source] if isinstance(source, str | PathLike) else source)]


def _events_of(table: pa.Table) -> Columns:
    return np.stack([_column(table, name) for name in NAMES])


def _column(table: pa.Table, name: str) -> Any:
    if name not in table.column_names:
        raise ValueError(f"the table of events has no column {name}: it needs {', '.join(NAMES)}")
    column = table[name]
    if not pa.types.is_integer(column.type):
        raise ValueError(f"column {name} is of type {column.type}: cast it to int64, times to whole seconds first")
    if column.null_count:
        raise ValueError(f"column {name} has {column.null_count:,} nulls: drop these rows first")
    values = column.cast(pa.int64()).to_numpy()
    if len(values) and values.min() < 0:
        raise ValueError(f"column {name} has negative numbers: drop these rows first")
    return values
