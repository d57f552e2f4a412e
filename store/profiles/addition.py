"""Events that are simply added to the rows of users, and all that follows from them, in columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.events import Field
from schemas.metrics import Window
from schemas.topics import BUCKETS, Bucket
from store import changes, layout, varint
from store.changes import UserChange
from store.histories.event_set import EventSet
from store.interface import Amendment, CellKey, Read, Row, StoreError
from store.profiles import tallies, tally_additions
from store.profiles.combiners import Combiner, Count, Distinct
from store.profiles.combiners.combiner import Frame, groups_of
from store.profiles.combiners.numbers import Numbers, decode_numbers
from store.profiles.combiners.tally import Tally
from store.profiles.combiners.topk import EMPTY_CHART, TopK, add_to_charts
from store.profiles.computed import HISTORY
from store.profiles.definitions import Definition, Definitions
from store.profiles.metric_values import Values, combiner_of
from store.profiles.rows import TALLIES, VERSION, Part, column_of, digests, encode_versions, months_of, rows_from
from store.profiles.windows import Windows, windows


@dataclass(frozen=True)
class Known:
    """What rows hold of what is about to change.

    Attributes:
        profiles: the cells of all time.
        months: the cells of the histories' months.
        heads: of the tallies.
    """

    profiles: Sequence[Row]
    months: Sequence[Row]
    heads: list[bytes]

    def only(self, wanted: NDArray[np.bool_]) -> "Known":
        """What is known of some of the users."""
        if wanted.all():
            return self
        at = np.flatnonzero(wanted).tolist()
        return Known([self.profiles[i] for i in at], [self.months[i] for i in at], [self.heads[i] for i in at])


def is_monthly(definition: Definition) -> bool:
    """Whether a metric follows from the events of months by themselves."""
    return BUCKETS.get(definition.metric.window) is Bucket.MONTH


class _Plays(NamedTuple):
    """Plays that are added to items, by user, bucket, item and year.

    Attributes:
        users: the numbers of the users.
        buckets: of the cells of the tallies.
        groups: the numbers of the users' years.
        years: since 1970.
    """

    users: NDArray[np.int64]
    buckets: NDArray[np.int64]
    items: NDArray[np.int64]
    groups: NDArray[np.int64]
    years: NDArray[np.int64]
    plays: NDArray[np.int64]

    @property
    def fields(self) -> NDArray[np.int64]:
        """The fields of the items."""
        return self.buckets >> 32

    def only(self, rows: NDArray[np.int64]) -> "_Plays":
        """Some of the rows."""
        return _Plays(*(column[rows] for column in self))


class _Tallied(NamedTuple):
    """What adding plays has come to.

    Attributes:
        cells: of the tallies, in the buffer.
        in_year, in_all: the plays of each item in the year, and of all time.
        new: 1 for each item that is new to its user.
    """

    cells: Values
    buffer: NDArray[np.uint8]
    in_year: NDArray[np.int64]
    in_all: NDArray[np.int64]
    new: NDArray[np.int64]


class Addition:
    """Events which are simply added to the rows of users, some to each, and all that follows from them."""

    def __init__(self, read: Read, known: Known, united: EventSet, fresh: EventSet, wanted: Definitions) -> None:
        """Args:
        united: all events of the months of the new ones.
        fresh: the new ones.
        """
        self._read, self._known, self._united, self._fresh, self._wanted = read, known, united, fresh, wanted
        self._keys = layout.row_keys(fresh.users)
        self._years = windows(Window.YEAR, fresh.times, fresh.starts)
        self._all = windows(Window.ALL, fresh.times, fresh.starts)
        self._distinct = np.empty((len(tallies.FIELDS), len(fresh.users)), np.int64)
        tally_additions.decode_heads(*varint.joined(known.heads), self._distinct)
        self._plays = self._added_plays()
        self._first = _firsts(self._plays.users, self._plays.buckets)
        self._before = [
            {cell[:2]: cell.value for cell in chain(*rows)} for rows in zip(known.profiles, known.months, strict=True)
        ]
        self._tallied = self._add_to_tallies(self._read_cells())
        self._distinct_after = self._distinct.copy()
        np.add.at(self._distinct_after, (self._plays.fields - 1, self._plays.users), self._tallied.new)

    def _added_plays(self) -> _Plays:
        parts = [self._plays_of(field) for field in tallies.FIELDS]
        plays = _Plays(*map(np.concatenate, zip(*parts, strict=True)))
        return plays.only(np.lexsort((plays.years, plays.items, plays.buckets, plays.users)))

    def _plays_of(self, field: Field) -> _Plays:
        found = TopK(field, 0).add(self._fresh, self._years)
        groups = np.repeat(np.arange(len(self._years)), np.diff(found.offsets))
        users, cells = self._years.users[groups], np.empty(len(groups), np.int64)
        tallies.cells_of(found.ids, self._distinct[field - 1][users], cells)
        return _Plays(users, (int(field) << 32) + cells, found.ids, groups, tallies.years_of(found), found.plays)

    def _read_cells(self) -> list[bytes | None]:
        """The cells of the tallies to which is added; the charts of years come to what is known before."""
        users = self._plays.users[self._first].tolist()
        buckets = layout.row_keys(self._plays.buckets[self._first])
        asked = [
            CellKey(layout.USERS, self._keys[user], layout.TALLIES, bucket)
            for user, bucket in zip(users, buckets, strict=True)
        ]
        charts = [column_of(d).family for d in self._wanted.written if d.metric.window is Window.YEAR]
        years = [(family, user, bucket) for family in charts for user, bucket in self._of_years()]
        asked += [CellKey(layout.USERS, self._keys[user], family, bucket) for family, user, bucket in years]
        values, _ = self._read(asked, ())
        for (family, user, bucket), value in zip(years, values[len(users) :], strict=True):
            if value is not None:
                self._before[user][family, bucket] = value
        return values[: len(users)]

    def _of_years(self) -> Iterator[tuple[int, bytes]]:
        """The users of the years, and their qualifiers."""
        return zip(self._years.users.tolist(), layout.row_keys(self._years.starts), strict=True)

    def _add_to_tallies(self, values: Sequence[bytes | None]) -> _Tallied:
        if None in values:
            raise StoreError("a row lacks a cell of its tallies: `python -m pipelines.recompute` mends it")
        data, starts = varint.joined([value or b"" for value in values])
        first, n = np.append(self._first, len(self._plays.items)), len(self._plays.items)
        stops = np.append(starts[1:], len(data))
        ends, found = np.empty(len(starts), np.int64), np.empty((3, n), np.int64)
        out = np.empty(len(data) + tallies.most_bytes(n), np.uint8)
        room = np.empty((3, tally_additions.most_years(stops - starts, np.diff(first))), np.int64)
        _, _, items, _, years, plays = self._plays
        size = tally_additions.add(data, starts, stops, first, items, years, plays, room, out, 0, ends, found)
        users, buckets = self._plays.users[self._first], self._plays.buckets[self._first]
        cells = Values(users, buckets, np.append(0, ends)[: len(ends)], ends)
        return _Tallied(cells, out[:size], *found)

    def amendments(self, changed: dict[bytes, UserChange], done: set[int]) -> Iterator[Amendment]:
        """What changes in the rows; `changed` and `done` receive the users whose rows change."""
        parts: list[Part] = []
        buffers: list[NDArray[np.uint8]] = []
        for found, buffer in self._parts():
            parts += [(column, _moved(values, sum(map(len, buffers)))) for column, values in found]
            buffers.append(buffer)
        rows = rows_from(self._fresh, self._wanted, parts, np.concatenate(buffers))
        news = changes.packed(self._fresh)
        alike, users = self._are_cut_alike().tolist(), self._fresh.users.tolist()
        for number, (key, row) in enumerate(rows):
            if alike[number]:
                amendment = self._amendment(number, row)
                changed[key] = UserChange(users[number], amendment.cells[0].value, news[number])
                done.add(users[number])
                yield amendment

    def _are_cut_alike(self) -> NDArray[np.bool_]:
        """Which users' tallies have as many cells as before."""
        before, after = (tallies.numbers_of_cells(distinct) for distinct in (self._distinct, self._distinct_after))
        alike: NDArray[np.bool_] = (before == after).all(axis=0)
        return alike

    def _amendment(self, user: int, row: Row) -> Amendment:
        """What of a row's cells is other than it was: the version first."""
        before, months = self._before[user], self._known.months[user]
        now = {cell.qualifier for cell in row if cell.family == HISTORY}
        cells = [cell for cell in row if before.get(cell[:2]) != cell.value]
        cells.sort(key=lambda cell: cell[:2] != layout.VERSION)
        gone = [(HISTORY, cell.qualifier) for cell in months if cell.qualifier not in now]
        return Amendment(self._keys[user], before[layout.VERSION], cells, gone)

    def _parts(self) -> Iterator[tuple[list[Part], NDArray[np.uint8]]]:
        """The columns that change, with the buffers of their values."""
        yield months_of(self._united, filter(is_monthly, self._wanted.written))
        yield [(TALLIES, self._tallied.cells)], self._tallied.buffer
        for definition in self._wanted.written:
            if not is_monthly(definition):
                yield self._encode(definition, *self._accumulate(definition))
        out = np.empty(2 * tallies.most_bytes(len(self._keys)), np.uint8)
        heads, p = tallies.encode_heads(np.full(len(self._keys), tallies.FEW + 1), self._distinct_after, out, 0)
        yield [(TALLIES, heads)], out[:p].copy()
        before = [int.from_bytes(cells[layout.VERSION], "big") for cells in self._before]
        versions, p = encode_versions(np.array(before, np.uint64) + digests(self._fresh), out, 0)
        yield [(VERSION, versions)], out[:p]

    def _windows(self, definition: Definition) -> Windows:
        return self._years if definition.metric.window is Window.YEAR else self._all

    def _encode(
        self, definition: Definition, combiner: Combiner, accumulator: Any
    ) -> tuple[list[Part], NDArray[np.uint8]]:
        found = self._windows(definition)
        frame = Frame(np.arange(len(found) + 1), found.starts, windowed=definition.metric.windowed)
        out = np.empty(combiner.most_bytes(accumulator) + 3 * varint.LONGEST * len(found), np.uint8)
        ends = np.empty(len(found), np.int64)
        size = combiner.encode(accumulator, frame, out, 0, ends)
        values = Values(found.users, found.buckets, np.append(0, ends)[: len(ends)], ends)
        return [(column_of(definition), values)], out[:size]

    def _accumulate(self, definition: Definition) -> tuple[Combiner, Any]:
        """The combiner of a metric of all time or of years, and its accumulator after the addition."""
        groups = groups_of(self._fresh, self._windows(definition))
        combiner: Any = combiner_of(definition)
        if isinstance(combiner, TopK):
            return combiner, Tally(groups, *self._chart_items(definition, combiner.of))
        if isinstance(combiner, Distinct):
            return Count(), Numbers(groups, self._distinct_after[combiner.of - 1])
        added: Numbers = combiner.add(self._fresh, self._all)
        before = decode_numbers(self._profile_values(definition))
        return combiner, Numbers(groups, combiner.unite(before, added.numbers))

    def _profile_values(self, definition: Definition) -> list[bytes]:
        family, column = column_of(definition)
        return [cells[family, column or b""] for cells in self._before]

    def _chart_items(self, definition: Definition, field: Field) -> tuple[NDArray[np.int64], ...]:
        """The items that can be in charts: those before, and those that were played more."""
        windowed, of_field = definition.metric.windowed, self._plays.fields == field
        if windowed:
            rows = np.flatnonzero(of_field)
            rows = rows[np.argsort(self._plays.groups[rows], kind="stable")]
            groups, plays = self._plays.groups[rows], self._tallied.in_year[rows]
            family = column_of(definition).family
            values = [self._before[user].get((family, bucket), EMPTY_CHART) for user, bucket in self._of_years()]
        else:
            rows = _firsts(self._plays.users, self._plays.buckets, self._plays.items)
            rows = rows[of_field[rows]]
            groups, plays = self._plays.users[rows], self._tallied.in_all[rows]
            values = self._profile_values(definition)
        first = np.searchsorted(groups, np.arange(len(values) + 1))
        return add_to_charts(values, first, self._plays.items[rows], plays, windowed=windowed)


def _firsts(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that differ from those before them; the first one does."""
    new = np.ones(len(columns[0]), np.bool_)
    new[1:] = np.logical_or.reduce([np.diff(column) != 0 for column in columns])
    return np.flatnonzero(new)


def _moved(values: Values, by: int) -> Values:
    """Values whose buffer begins later in another one."""
    return values._replace(starts=values.starts + by, ends=values.ends + by)
