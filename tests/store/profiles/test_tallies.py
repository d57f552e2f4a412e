"""The tallies and the cut of months, decoded and computed in plain Python."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from store import layout
from store.histories.event_set import unite
from store.histories.months import MOST_EVENTS
from store.profiles import tallies
from store.profiles.definitions import of_catalogue
from store.profiles.rows import rows_of
from tests import oracle
from tests.oracle import Event
from tests.store.profiles.samples import columns

GOLDEN = 0x9E3779B97F4A7C15
LARGEST = 2**63 - 1


def numbers(data: bytes) -> list[int]:
    """The LEB128 numbers of a cell."""
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value = shift = 0
    assert shift == 0
    return found


def decoded(data: bytes) -> dict[int, Counter[int]]:
    """The plays by year of each item of a cell, in its order."""
    rest, item, found = iter(numbers(data)), 0, {}
    for head in rest:
        item += head >> 1
        if head & 1:
            year, plays = 0, Counter[int]()
            for _ in range(next(rest)):
                year += next(rest)
                plays[year] = next(rest)
        else:
            plays = Counter({next(rest): 1})
        found[item] = plays
    assert [*found] == sorted(found)
    return found


def year_of(time: int) -> int:
    return datetime.fromtimestamp(time, UTC).year - 1970


def cells_of(events: list[Event]) -> dict[int, dict[tuple[str, bytes], bytes]]:
    """The cells of each user's row."""
    rows = rows_of(unite(columns(events)), of_catalogue())
    return {int.from_bytes(key, "big"): {cell[:2]: cell.value for cell in row} for key, row in rows}


def tallied(cells: dict[tuple[str, bytes], bytes]) -> dict[int, bytes]:
    return {int.from_bytes(column, "big"): data for (family, column), data in cells.items() if family == layout.TALLIES}


@pytest.mark.parametrize(("n", "items", "years"), [(257, 3, 1), (300, 1000, 3), (4000, 90, 30), (4000, 5000, 2)])
def test_tallies_are_the_plays_of_items_by_year(n: int, items: int, years: int) -> None:
    random = Random(n + items)
    events = [
        Event(
            1,
            random.randrange(items),
            random.choice([5, 7, LARGEST, LARGEST - 1]),
            random.randrange(items) * random.randrange(2**50),
            random.randrange(10**9, 10**9 + years * 366 * 86_400),
        )
        for _ in range(n)
    ]
    found = tallied(cells_of(events)[1])
    history = oracle.distinct(events)
    distinct = [len({event[field] for event in history}) for field in (1, 2, 3)]
    assert numbers(found.pop(tallies.HEAD)) == distinct
    expected: dict[int, dict[int, Counter[int]]] = {}
    for field, count in zip((1, 2, 3), distinct, strict=True):
        bits = next(bits for bits in range(30) if count <= tallies.MOST << bits)
        for cell in range(2**bits):
            expected[(field << 32) + cell] = {}
        for event in history:
            cell = (event[field] * GOLDEN % 2**64) >> (64 - bits)
            expected[(field << 32) + cell].setdefault(event[field], Counter())[year_of(event.time)] += 1
    assert {bucket: decoded(data) for bucket, data in found.items()} == expected


def test_users_with_few_events_have_none() -> None:
    events = [Event(user, 1, 1, 1, time) for user in (1, 2) for time in range(tallies.FEW + user - 1)]
    assert {user: bool(tallied(cells)) for user, cells in cells_of(events).items()} == {1: False, 2: True}


def cut(times: list[int], begin: int, seconds: int) -> dict[int, int]:
    """The first seconds of the parts of some time, and how many events each has."""
    inside = [time for time in times if begin <= time < begin + seconds]
    if len(inside) <= MOST_EVENTS or seconds == 1:
        return {begin: len(inside)} if inside else {}
    half = seconds // 2
    return cut(inside, begin, half) | cut(inside, begin + half, half)


@pytest.mark.parametrize("span", [1, 60, 86_400, 40 * 86_400, 900 * 86_400])
def test_months_with_many_events_are_cut_into_halves(span: int) -> None:
    random = Random(span)
    start = random.randrange(10**9, 2 * 10**9)
    events = [Event(1, 1, 1, track, start + random.randrange(span)) for track in range(3000)]
    row = cells_of(events)[1]
    found = {int.from_bytes(c, "big"): numbers(data)[0] for (family, c), data in row.items() if family == "history"}
    times = [event.time for event in events]
    expected: dict[int, int] = {}
    for month in sorted({oracle.month_of(time) for time in times}):
        expected |= cut([time for time in times if oracle.month_of(time) == month], month, 2**22)
    assert found == expected
