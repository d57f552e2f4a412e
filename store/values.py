"""Topics in the store: the values of keys, of ranges of time and of whole topics, many at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from schemas.events import NAMES
from schemas.metrics import Window
from schemas.topics import CATALOGUE, Bucket, Topic
from schemas.wire import avro
from store import layout
from store.histories.months import unpack
from store.interface import Cell, CellKey, CellRange, Row, Store
from store.profiles.computed import HISTORY, computed, computed_cells
from store.profiles.definitions import Definition
from store.profiles.windows import interval

MOST_VALUES = 10_000
"""Values that a range or a page may give."""

_LAST = 2**63 - 1

Key: TypeAlias = int | str
"""A key of a topic: an int where the catalogue says Long, else a str."""


class Address(NamedTuple):
    """A key in a topic with one value for a key."""

    topic: str
    key: Key


class Range(NamedTuple):
    """The values of a key on the topic's axis of time, in [start, stop), seconds since the epoch; None is no bound."""

    topic: str
    key: Key
    start: int | None = None
    stop: int | None = None


class Page(NamedTuple):
    """The values of all keys of a topic with one value for a key, in key order: the first `limit` above `after`."""

    topic: str
    after: Key | None = None
    limit: int | None = None


Wanted: TypeAlias = Address | Range | Page


@dataclass(frozen=True)
class TooMany:
    """Stands for a range or a page that has more than `most` values."""

    most: int


def read(store: Store, wanted: Sequence[Wanted]) -> list[Any]:
    """What is wanted, in the order asked: all addresses and ranges in one read, each page in another.

    Metrics that the store does not have yet are computed from the histories.

    Returns:
        For an address its value, None if the topic does not hold the key; for a range and a page a list of values, or
        TooMany.

    Raises:
        StoreError: the store cannot be read.
    """
    missing = computed(store)
    metrics = {w: missing.get(w.topic) for w in wanted}
    cells = {w: cell for w in wanted if isinstance(w, Address) and (cell := cell_of(w)) and not metrics[w]}
    ranges = {w: span for w in wanted if (span := _span(w, metrics[w]))}
    values, rows = store.read([*cells.values()], [*ranges.values()]) if cells or ranges else ((), ())
    found: dict[Wanted, Any] = {
        **{w: decode(w.topic, value) for w, value in zip(cells, values, strict=True)},
        **{w: _of_row(w, row, metrics[w]) for w, row in zip(ranges, rows, strict=True)},
        **{w: _page(store, w, metrics[w]) for w in wanted if isinstance(w, Page)},
    }
    return [found[w] if w in found else [] if isinstance(w, Range) else None for w in wanted]


def _span(wanted: Wanted, metric: Definition | None) -> CellRange | None:
    """The cells of a row from which the wanted follows, if they are more than one, and if there can be any."""
    if metric is not None and not isinstance(wanted, Page):
        return _months_of(wanted, metric)
    return _cells_of(wanted) if isinstance(wanted, Range) else None


def _of_row(wanted: Wanted, row: Row, metric: Definition | None) -> Any:
    if metric is not None:
        row = computed_cells(row, metric)
    if isinstance(wanted, Address):
        return decode(wanted.topic, row[0].value if row else None)
    return _windows(wanted, row)  # type: ignore[arg-type]


def write(store: Store, address: Address, value: Any) -> None:
    """Makes `value` the value of a key.

    Raises:
        ValueError: the value or the key does not fit the topic; says why.
        StoreError: the store cannot be written.
    """
    cell = cell_of(address)
    if cell is None:
        raise ValueError(f"{address.key!r} cannot be a key of topic {address.topic!r}")
    data = avro.encode(CATALOGUE[address.topic].value, value)
    store.write(cell.table, [(cell.key, [Cell(cell.family, cell.qualifier, data)])])


def row_key(topic: Topic, key: Key) -> bytes | None:
    """The row key of a key; None if no row can have it."""
    if isinstance(key, int):
        return layout.row_key(key) if 0 <= key <= _LAST else None
    name = key.encode()
    return name.ljust(layout.KEY_BYTES, b"\0") if 0 < len(name) <= layout.KEY_BYTES and b"\0" not in name else None


def cell_of(address: Address) -> CellKey | None:
    """The cell of an address; None if the topic cannot hold the key.

    Raises:
        ValueError: the topic has no single value for a key.
    """
    topic = CATALOGUE[address.topic]
    place = topic.place
    if place.column is None:
        raise ValueError(f"topic {topic.name} has no single value for a key")
    key = row_key(topic, address.key)
    return None if key is None else CellKey(place.table, key, place.family, place.column)


def decode(topic: str, data: bytes | None) -> Any:
    """The value in a cell of a topic with one value for a key; None if there is none."""
    return None if data is None else avro.decode(CATALOGUE[topic].value, data)


def _cells_of(wanted: Range) -> CellRange | None:
    """The buckets that may hold values of the range; None if none can."""
    topic = CATALOGUE[wanted.topic]
    key = row_key(topic, wanted.key)
    start = max(wanted.start or 0, 0)
    stop = _LAST if wanted.stop is None else wanted.stop
    if key is None or start > stop or (start == stop and wanted.stop is not None):
        return None
    first = layout.bucket(_BUCKET_STARTS[_bucket(topic)](start))
    return CellRange(
        topic.place.table, key, topic.place.family, first, None if wanted.stop is None else layout.bucket(stop)
    )


def _months_of(wanted: Address | Range, metric: Definition) -> CellRange | None:
    """The months of the history that a metric's values follow from; None if there can be none."""
    key = row_key(CATALOGUE[wanted.topic], wanted.key)
    if key is None:
        return None
    if isinstance(wanted, Address):
        return CellRange(layout.USERS, key, HISTORY)
    start, stop = wanted.start, wanted.stop
    if stop is not None and (stop <= 0 and stop <= (start or 0)):
        return None
    first = layout.bucket(interval(Window.MONTH, max(start or 0, 0))[0])
    if stop is None:
        return CellRange(layout.USERS, key, HISTORY, first)
    # A window that starts before the stop may end after it.
    _, last = interval(metric.metric.window, max(stop - 1, 0))
    return CellRange(layout.USERS, key, HISTORY, first, layout.bucket(min(last, _LAST - 1) + 1))


def _bucket(topic: Topic) -> Bucket:
    if topic.place.bucket is None:
        raise ValueError(f"topic {topic.name} has no axis of time")
    return topic.place.bucket


_BUCKET_STARTS: Mapping[Bucket, Callable[[int], int]] = {
    Bucket.HISTORY: lambda time: interval(Window.MONTH, time)[0],
    Bucket.MONTH: lambda time: interval(Window.MONTH, time)[0],
    Bucket.YEAR: lambda time: interval(Window.YEAR, time)[0],
    Bucket.WINDOW: lambda time: time,
}


def _windows(wanted: Range, row: Row) -> list[Any] | TooMany:
    """The values in cells that lie in the range."""
    topic = CATALOGUE[wanted.topic]
    start, stop = wanted.start, wanted.stop
    if topic.place.bucket is Bucket.HISTORY:
        return _events(wanted, row)
    axis = str(topic.axis)
    values = (value for cell in row for value in _in_bucket(topic, cell.value))
    return _limited(v for v in values if (start is None or v[axis] >= start) and (stop is None or v[axis] < stop))


def _in_bucket(topic: Topic, data: bytes) -> list[Any]:
    if topic.place.bucket is Bucket.WINDOW:
        return [avro.decode(topic.value, data)]
    values: list[Any] = avro.decode(f"{topic.value}[]", data)
    return values


def _events(wanted: Range, row: Row) -> list[Any] | TooMany:
    events = unpack([cell.value for cell in row])
    first = np.searchsorted(events.timestamps, wanted.start or 0)
    last = len(events.timestamps) if wanted.stop is None else np.searchsorted(events.timestamps, wanted.stop)
    columns = (events.artists, events.albums, events.tracks, events.timestamps)
    rows = zip(*(column[first : min(last, first + MOST_VALUES + 1)].tolist() for column in columns), strict=True)
    return _limited({**dict(zip(NAMES, (wanted.key, *values), strict=True)), "deleted": False} for values in rows)


def _page(store: Store, wanted: Page, metric: Definition | None) -> list[Any] | TooMany:
    start = b"" if wanted.after is None else _above(wanted.after)
    values = iter(()) if start is None else _values(store, CATALOGUE[wanted.topic], start, metric)
    return _limited(values) if wanted.limit is None else [*islice(values, wanted.limit)]


def _above(key: Key) -> bytes | None:
    """The first row key above a key, which need not be a possible one; None if there is none."""
    if isinstance(key, int):
        return layout.row_key(max(key + 1, 0)) if key < _LAST else None
    return layout.after(key.encode()[: layout.KEY_BYTES].ljust(layout.KEY_BYTES, b"\0"))


def _values(store: Store, topic: Topic, start: bytes, metric: Definition | None) -> Iterator[Any]:
    place = topic.place
    for _, row in store.scan(place.table, start, families=[HISTORY if metric else place.family]):
        cells = computed_cells(row, metric) if metric else row
        yield from (avro.decode(topic.value, cell.value) for cell in cells if cell.qualifier == place.column)


def _limited(values: Iterator[Any]) -> list[Any] | TooMany:
    found = [*islice(values, MOST_VALUES + 1)]
    return TooMany(MOST_VALUES) if len(found) > MOST_VALUES else found
