"""Metrics that a store does not have are computed from the history when they are read: the same values."""

import json
from random import Random

import pytest

from schemas.metrics import USER_METRICS
from schemas.topics import CATALOGUE
from store import Store, open_store
from store.histories.event_set import unite
from store.profiles import computed, definitions, union
from store.profiles.definitions import SETTING, Definitions, defaults, texts
from store.values import Address, Page, Range, Wanted, read
from tests import oracle
from tests.oracle import Event
from tests.store.profiles.samples import columns, random_events

NOT_STORED = {metric.topic for metric in USER_METRICS if not metric.stored}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computed, "KNOWN_SECONDS", -1.0)


def without(store: Store, topics: set[str]) -> None:
    """Lets a store have all metrics but some."""
    kept = {topic: text for topic, text in texts(defaults()).items() if topic not in topics} | {"another": "metric"}
    store.set_setting(SETTING, json.dumps({"stored": kept, "coming": {}}))


def expected(wanted: Wanted, profiles: dict[int, dict[str, object]]) -> object:
    assert not isinstance(wanted, Page)
    profile = profiles.get(int(wanted.key), {})
    value = profile.get(wanted.topic)
    if isinstance(wanted, Address):
        return value
    windows = [] if value is None else value
    assert isinstance(windows, list)
    assert isinstance(wanted, Range)
    axis = str(CATALOGUE[wanted.topic].axis)
    low = -(10**9) if wanted.start is None else wanted.start
    return [w for w in windows if w[axis] >= low and (wanted.stop is None or w[axis] < wanted.stop)]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_computed_equals_what_is_stored(store: Store, seed: int) -> None:
    random = Random(seed)
    events = random_events(seed, 400, users=3, span=random.choice([10**6, 10**8]))
    events += [Event(events[0].user, 1, 2, 3, second) for second in (0, 345_600)]  # a week that begins before 1970
    union.write(store, unite(columns(events)))
    profiles = oracle.profiles(events)
    times = [event.time for event in events]
    wanted: list[Wanted] = []
    for metric in USER_METRICS:
        for user in [*profiles, 5]:
            if metric.windowed:
                bounds = [random.choice([None, 0, *times]) for _ in range(4)]
                wanted += [Range(metric.topic, user, *bounds[i : i + 2]) for i in (0, 2)]
            else:
                wanted.append(Address(metric.topic, user))
    answers = [expected(one, profiles) for one in wanted]
    assert read(store, wanted) == answers
    without(store, {metric.topic for metric in USER_METRICS})
    assert {*computed.computed(store)} == {metric.topic for metric in USER_METRICS}
    assert read(store, wanted) == answers


def test_all_values_of_a_topic_in_pages(store: Store) -> None:
    events = random_events(1, 200)
    union.write(store, unite(columns(events)))
    stored = read(store, [Page("distinctartists"), Page("topalbums", None, 3)])
    assert stored[0] == [profile["distinctartists"] for _, profile in sorted(oracle.profiles(events).items())]
    without(store, {"distinctartists", "topalbums"})
    assert read(store, [Page("distinctartists"), Page("topalbums", None, 3)]) == stored


def test_a_topic_that_is_coming_is_computed(store: Store) -> None:
    events = random_events(2, 100)
    union.write(store, unite(columns(events)))
    begun = definitions.start(store, defaults(3), {"topartists"})
    assert [d.k for d in begun.written if d.topic == "topartists"] == [3]
    user = events[0].user
    assert {*computed.computed(store)} == {"topartists"} | NOT_STORED
    assert read(store, [Address("topartists", user)]) == [oracle.profiles(events, 3)[user]["topartists"]]


def test_a_metric_that_is_defined_otherwise_is_computed(lmdb_url: str) -> None:
    store = open_store(lmdb_url, create=True)
    events = random_events(3, 50, users=1)
    union.write(store, unite(columns(events)))
    kept = texts(defaults()) | {
        "counts": "count trackId by all time of user",
        "toptracks": "top trackId",
        "x": "y, k=3",
    }
    store.set_setting(SETTING, json.dumps({"stored": kept, "coming": {}}))
    assert {*computed.computed(store)} == {"counts", "toptracks"} | NOT_STORED
    store.close()


def test_the_definitions_of_a_store_are_read_as_they_were_written(store: Store) -> None:
    for found in (
        Definitions(texts(defaults(7)), {}),
        Definitions({"counts": str(defaults()[0])}, texts(defaults(2)[3:7])),
    ):
        definitions.write(store, found)
        assert definitions.read(store) == found
    assert found.k == 2
    assert definitions.read(store).fingerprint != definitions.NOTHING.fingerprint
