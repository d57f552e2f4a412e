"""Reading topics, against the oracle."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from schemas.topics import CATALOGUE
from store import Store, values
from store.histories.event_set import unite
from store.profiles import union
from store.values import Address, Page, Range, TooMany, Wanted
from tests import oracle
from tests.oracle import Event
from tests.serving.clients import Watched
from tests.store.profiles.samples import columns, random_events

LARGEST = 2**63 - 1
AXES = {name: str(topic.axis) for name, topic in CATALOGUE.items() if topic.place.bucket and topic.key == "Long"}
SINGLE = [name for name, topic in CATALOGUE.items() if topic.place.column and topic.place.table == "users"]


def write(store: Store, events: Sequence[Event]) -> None:
    union.write(store, unite(columns([*events])))


def expected(profiles: dict[int, dict[str, Any]], wanted: Wanted) -> Any:
    """What the oracle says about an address or a range."""
    assert not isinstance(wanted, Page)
    value = profiles.get(int(wanted.key), {}).get(wanted.topic)
    if isinstance(wanted, Address):
        return value
    start, stop = wanted.start, wanted.stop
    whole = {"deleted": False} if wanted.topic == "listeningevents" else {}
    times = [(window[AXES[wanted.topic]], {**window, **whole}) for window in value or ()]
    return [w for time, w in times if (start is None or start <= time) and (stop is None or time < stop)]


def test_addresses_and_ranges_are_what_the_oracle_says_in_one_read(store: Store) -> None:
    events = random_events(4, 400, users=4, span=10**8)
    write(store, events)
    profiles, random = oracle.profiles(events), Random(4)
    times = [None, 0, -5, LARGEST, *(random.choice(events).time + random.randrange(-1, 2) for _ in range(8))]
    times += [
        window["start"]
        for topic in profiles[events[0].user].values()
        if isinstance(topic, list)
        for window in topic[:2]
        if "start" in window
    ]
    keys = [*profiles, 1001, -1, LARGEST]
    wanted: list[Wanted] = [Address(random.choice(SINGLE), random.choice(keys)) for _ in range(30)]
    wanted += [
        Range(topic, random.choice(keys), random.choice(times), random.choice(times))
        for topic in AXES
        for _ in range(30)
    ]
    random.shuffle(wanted)
    watched = Watched(store)
    assert values.read(watched, wanted) == [expected(profiles, one) for one in wanted]
    assert len(watched.reads) == 1


def test_the_last_second_is_in_a_range_without_an_end(store: Store) -> None:
    write(store, [Event(1, 2, 3, 4, LARGEST), Event(1, 2, 3, 4, 0)])
    found = values.read(store, [Range("listeningevents", 1, start=1), Range("listeningevents", 1, stop=LARGEST)])
    assert [[event["timestamp"] for event in part] for part in found] == [[LARGEST], [0]]


def test_nothing_is_read_for_keys_that_cannot_be(store: Store) -> None:
    watched = Watched(store)
    wanted: list[Wanted] = [
        Address("counts", -1),
        Range("playsperday", -1),
        Range("playsperday", 1, 5, 5),
        Range("playsperday", 1, 5, 2),
    ]
    assert values.read(watched, wanted) == [None, [], [], []]
    assert values.read(watched, []) == []
    assert watched.reads == []


def test_pages_are_all_values_in_key_order(store: Store) -> None:
    keys = [*sorted(Random(1).sample(range(10**9), 20)), LARGEST]
    for key in Random(2).sample(keys, len(keys)):
        values.write(store, Address("artists", key), {"id": key, "name": f"artist {key}"})
    items = [{"id": key, "name": f"artist {key}"} for key in keys]
    wanted = [
        Page("artists"),
        Page("artists", limit=3),
        Page("artists", after=keys[4], limit=3),
        Page("artists", after=keys[4] + 1, limit=3),
        Page("artists", after=-7, limit=1),
        Page("artists", after=keys[-2]),
        Page("artists", after=LARGEST),
        Page("artists", limit=0),
        Page("albums"),
    ]
    assert values.read(store, wanted) == [
        items, items[:3], items[5:8], items[5:8], items[:1], items[-1:], [], [], []
    ]  # fmt: skip


def test_pages_of_a_column_of_several(store: Store) -> None:
    events = random_events(4, 50, users=5)
    write(store, events)
    profiles = oracle.profiles(events)
    assert values.read(store, [Page("counts")]) == [[profiles[user]["counts"] for user in sorted(profiles)]]


def test_too_many_values(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_VALUES", 3)
    write(store, [Event(1, 2, 3, track, 86_400 * track) for track in range(4)])
    for user in range(4):
        values.write(store, Address("artists", user), {"id": user, "name": ""})
    wanted: list[Wanted] = [Range("listeningevents", 1), Range("playsperday", 1), Page("artists")]
    assert values.read(store, wanted) == [TooMany(3)] * 3
    fitting: list[Wanted] = [Range("listeningevents", 1, 1), Range("playsperday", 1, 1), Page("artists", limit=3)]
    assert [len(found) for found in values.read(store, fitting)] == [3, 3, 3]


def test_a_written_value_is_read(store: Store) -> None:
    values.write(store, Address("artists", 5), {"id": 5, "name": "Motörhead"})
    values.write(store, Address("artists", 5), {"id": 5, "name": "Hawkwind"})
    assert values.read(store, [Address("artists", 5)]) == [{"id": 5, "name": "Hawkwind"}]
    with pytest.raises(ValueError, match="-5 cannot be a key of topic 'artists'"):
        values.write(store, Address("artists", -5), {"id": -5, "name": "Nobody"})


def test_topics_without_what_is_asked(store: Store) -> None:
    with pytest.raises(ValueError, match="topic playsperday has no single value for a key"):
        values.read(store, [Address("playsperday", 1)])
    with pytest.raises(ValueError, match="topic counts has no axis of time"):
        values.read(store, [Range("counts", 1)])
