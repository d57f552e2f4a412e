"""A topic of a store as a table, for notebooks: all keys in their order, of windowed topics one row for each window."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.topics import CATALOGUE, Bucket, Topic
from schemas.wire import avro
from store import arrow
from store.histories.months import unpack_all
from store.interface import Row, Store
from store.profiles.computed import HISTORY, computed, computed_cells
from store.urls import open_store

_AT_ONCE = 4096
"""Rows of the store which are turned into columns together."""


def table(store: str | Store, topic: str) -> pa.Table:
    """A topic's values.

    Args:
        store: a URL, such as `lmdb:FOLDER`, or a store that is open.
        topic: its name in the catalogue.

    Returns:
        The key's column — `userId`, `id`, or else `key` — and then one for the value, called as the topic is, or one
        for each field of the value if that is a record. Charts are lists of `id` and `countPlays`.

    Raises:
        ValueError: there is no such topic.
        StoreError: the store cannot be read.
    """
    if topic not in CATALOGUE:
        raise ValueError(f"no topic {topic!r}: there are {', '.join(CATALOGUE)}")
    wanted, opened = CATALOGUE[topic], open_store(store) if isinstance(store, str) else store
    schema = pa.schema(_columns(wanted))
    rows = _rows(opened, wanted)
    parts = iter(lambda: [*islice(rows, _AT_ONCE)], [])
    return pa.Table.from_batches([_batch(wanted, part, schema) for part in parts], schema)


def _rows(store: Store, topic: Topic) -> Iterator[tuple[bytes, Row]]:
    """The cells of a topic, by row key; those of a metric that the store does not have are computed."""
    metric = computed(store).get(topic.name)
    if metric is None:
        yield from store.scan(topic.place.table, families=[topic.place.family])
    else:
        found = store.scan(topic.place.table, families=[HISTORY])
        yield from ((key, computed_cells(row, metric)) for key, row in found)


def _columns(topic: Topic) -> list[pa.Field]:
    values = arrow.fields(topic.value) if arrow.is_record(topic.value) else [arrow.field(topic)]
    return values if topic.identity else [_key(topic), *values]


def _key(topic: Topic) -> pa.Field:
    if topic.key == "Long":
        return pa.field("userId" if topic.place.table == "users" else "key", pa.int64())
    return pa.field("key", pa.string())


def _batch(topic: Topic, rows: Sequence[tuple[bytes, Row]], schema: pa.Schema) -> pa.RecordBatch:
    if topic.place.bucket is Bucket.HISTORY:
        return _events(rows, schema)
    found = [_record(topic, key, value, schema) for key, row in rows for value in _values(topic, row)]
    return pa.RecordBatch.from_pylist(found, schema)


def _record(topic: Topic, key: bytes, value: Any, schema: pa.Schema) -> dict[str, Any]:
    """The row of a table for one value."""
    shown = arrow.shown(topic.value, value)
    columns = shown if arrow.is_record(topic.value) else {topic.name: shown}
    return columns if topic.identity else {schema.names[0]: _decoded_key(topic, key), **columns}


def _decoded_key(topic: Topic, key: bytes) -> int | str:
    return int.from_bytes(key, "big") if topic.key == "Long" else key.rstrip(b"\0").decode()


def _values(topic: Topic, row: Row) -> list[Any]:
    """The values of one key that are in the cells of the topic's family."""
    if topic.place.bucket in (Bucket.MONTH, Bucket.YEAR):
        return [value for cell in row for value in avro.decode(f"{topic.value}[]", cell.value)]
    mine = (cell for cell in row if topic.place.bucket or cell.qualifier == topic.place.column)
    return [avro.decode(topic.value, cell.value) for cell in mine]


def _events(rows: Sequence[tuple[bytes, Row]], schema: pa.Schema) -> pa.RecordBatch:
    """The events of histories, by user, timestamp and track."""
    months = [(int.from_bytes(key, "big"), cell.value) for key, row in rows for cell in row]
    events, lengths = unpack_all([data for _, data in months])
    users = np.repeat(np.array([user for user, _ in months], np.int64), lengths)
    columns = [users, events.artists, events.albums, events.tracks, events.timestamps]
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=schema)
