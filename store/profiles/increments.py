"""Events added to rows that are there: only the cells that they change are read and written.

The months of the events are united and derived anew; what lies in them alone is a function of them. All time and years
are added to: numbers by their combiners' own arithmetic, charts and numbers of items by the tallies of the items that
the events name. Adding can only raise plays, so that no other item can enter a chart. It comes to the same bytes as
deriving a row from all events; what cannot be added is left to that.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.metrics import Combine, Window
from store import layout
from store.changes import UserChange
from store.histories import deletions
from store.histories.event_set import Columns, EventSet, difference, flat, only, unite
from store.histories.months import unpack_all
from store.interface import Amendment, Cell, CellKey, CellRange, Read, Store
from store.profiles import definitions, tallies
from store.profiles.addition import Addition, Known, is_monthly
from store.profiles.combiners.numbers import NumberCombiner
from store.profiles.computed import HISTORY
from store.profiles.definitions import Definition, Definitions
from store.profiles.metric_values import combiner_of
from store.profiles.windows import stops, windows


def add(store: Store, added: EventSet, changed: dict[bytes, UserChange]) -> NDArray[np.int64]:
    """Adds events to the rows of the users who have tallies, and notes in `changed` what is new in them.

    Returns:
        The users whose rows have to be derived from all their events: those without tallies, and those with an event
        that is not simply new, or that makes the tallies be cut otherwise.
    """
    done: set[int] = set()
    tallied = _tallied(store.read, added)

    def change(read: Read, keys: Sequence[bytes]) -> Iterator[Amendment]:
        users = np.array([int.from_bytes(key, "big") for key in keys], np.int64)
        done.difference_update(users.tolist())
        known, standing = _known(read, only(tallied, np.isin(tallied.users, users)))
        # Asked for after the rows were read: a recomputation that began before has changed them, or finds them changed.
        wanted = definitions.read(store)
        if _are_addable(wanted):
            yield from _amendments(read, known, standing, wanted, changed, done)

    if len(tallied.users):
        store.amend(layout.USERS, layout.row_keys(tallied.users), change)
    return np.array([user for user in added.users.tolist() if user not in done], np.int64)


def _are_addable(wanted: Definitions) -> bool:
    """Whether events can be added to what all rows have."""
    return not wanted.coming and all(is_monthly(d) or _is_number(d) or _is_tallied(d) for d in wanted.written)


def _is_number(definition: Definition) -> bool:
    return definition.metric.window is Window.ALL and isinstance(combiner_of(definition), NumberCombiner)


def _is_tallied(definition: Definition) -> bool:
    metric = definition.metric
    charts = metric.combine is Combine.TOP_K and metric.window in (Window.ALL, Window.YEAR)
    return metric.of in tallies.FIELDS and (charts or _is_distinct(definition))


def _is_distinct(definition: Definition) -> bool:
    return definition.metric.combine is Combine.DISTINCT and definition.metric.window is Window.ALL


def _of_users(users: NDArray[np.int64], columns: Columns) -> EventSet:
    """The set of events, with all of some users, whether they have any or not."""
    found = unite(columns)
    starts = found.starts[np.append(np.searchsorted(found.users, users), len(found.users))]
    return EventSet(users, starts, found.columns)


def _amendments(
    read: Read,
    known: Known,
    added: EventSet,
    wanted: Definitions,
    changed: dict[bytes, UserChange],
    done: set[int],
) -> Iterator[Amendment]:
    before = _before(known, added.users)
    united = _of_users(added.users, np.concatenate([before, flat(added)], axis=1))
    stored = _of_users(added.users, before)
    fresh = difference(united, stored)
    sizes = np.diff(fresh.starts)
    simple = np.diff(united.starts) == np.diff(stored.starts) + sizes  # else one has taken another's place
    done.update(fresh.users[simple & (sizes == 0)].tolist())
    news = simple & (sizes > 0) & np.array([*map(bool, known.heads)], np.bool_)
    if news.any():
        addition = Addition(read, known.only(news), only(united, news), only(fresh, news), wanted)
        yield from addition.amendments(changed, done)


def _tallied(read: Read, added: EventSet) -> EventSet:
    """The events of the users who have tallies."""
    heads, _ = read([*map(_head, layout.row_keys(added.users))], ())
    return only(added, np.array([head is not None for head in heads], np.bool_))


def _head(key: bytes) -> CellKey:
    return CellKey(layout.USERS, key, layout.TALLIES, layout.bucket(tallies.HEAD))


def _known(read: Read, added: EventSet) -> tuple[Known, EventSet]:
    """What the rows hold, read together with their versions; and the events that are not deleted there."""
    keys, found = layout.row_keys(added.users), windows(Window.MONTH, added.times, added.starts)
    ranges = [CellRange(layout.USERS, key, family) for family in ("profile", deletions.FAMILY) for key in keys]
    for user, start, stop in zip(
        found.users.tolist(), found.starts.tolist(), stops(Window.MONTH, found.starts).tolist(), strict=True
    ):
        ranges.append(CellRange(layout.USERS, keys[user], HISTORY, layout.bucket(start), _bucket_before(stop)))
    heads, rows = read([*map(_head, keys)], ranges)
    n = len(keys)
    months: list[list[Cell]] = [[] for _ in keys]
    for user, row in zip(found.users.tolist(), rows[2 * n :], strict=True):
        months[user] += row
    gone = deletions.stored({key: row for key, row in zip(keys, rows[n : 2 * n], strict=True) if row})
    if gone:
        added = _of_users(added.users, deletions.standing(flat(added), deletions.settled(gone)))
    return Known(rows[:n], months, [head or b"" for head in heads]), added


def _bucket_before(stop: int) -> bytes | None:
    """The qualifier that ends a range; None where time ends."""
    return layout.bucket(stop) if stop < 2**63 - 1 else None


def _before(known: Known, users: NDArray[np.int64]) -> Columns:
    """The events of the months, by user and time."""
    history, lengths = unpack_all([cell.value for months in known.months for cell in months])
    parts = np.repeat(users, [*map(len, known.months)])
    return np.stack([np.repeat(parts, lengths), history.artists, history.albums, history.tracks, history.timestamps])
