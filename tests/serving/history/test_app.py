"""The history service over a store, by HTTP."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from serving.history import known_users
from serving.history.app import create_app
from store import Store, open_store
from store.histories.event_set import unite
from store.profiles import union
from tests.oracle import distinct
from tests.serving.clients import SECRET, UNREACHABLE, Watched, request
from tests.serving.history import oracle
from tests.store.profiles.samples import columns, random_events

EVENTS = distinct(random_events(3, 4000, users=9, span=2 * 10**8))
USERS = sorted({event.user for event in EVENTS})


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("history")
    store = open_store(f"lmdb:{folder}", create=True)
    union.write(store, unite(columns(EVENTS)))
    yield store.url
    store.close()


@pytest.fixture
def history_store(url: str) -> Store:
    return open_store(url)


@pytest.fixture
def app(history_store: Store) -> FastAPI:
    return create_app(history_store)


def get(app: FastAPI, url: str, **parameters: Any) -> Any:
    response = request(app, "GET", url, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("user", USERS[::5])
def test_the_answer_about_a_user_is_the_oracles(app: FastAPI, user: int) -> None:
    history = [event for event in EVENTS if event.user == user]
    first, end = (oracle.local(history[i].time, "UTC").date() for i in (len(history) // 4, len(history) // 2))
    answer = get(
        app,
        f"/listening/{user}",
        **{"from": str(first), "to": str(end), "timeZone": "Asia/Kathmandu", "per": "WEEK", "limit": 3},
    )
    assert abs(answer.pop("asOf") - oracle.local(0, "UTC").now().timestamp()) < 60
    assert answer == oracle.listening(history, first, end, "Asia/Kathmandu", "WEEK", 3)


def test_without_parameters_it_is_all_time_by_day_in_utc(app: FastAPI) -> None:
    history = [event for event in EVENTS if event.user == USERS[0]]
    answer = get(app, f"/listening/{USERS[0]}")
    assert answer.pop("asOf")
    assert answer == oracle.listening(history, None, None, "UTC", "DAY", 10)


def test_ranges_before_and_after_all_listens_are_empty(app: FastAPI) -> None:
    for first, end in (("0001-01-01", "1970-01-01"), ("2500-01-01", "9999-12-31"), ("2010-01-02", "2010-01-01")):
        answer = get(app, f"/listening/{USERS[0]}", **{"from": first, "to": end})
        assert answer.pop("asOf")
        assert answer == oracle.listening([], date.min, date.max, "UTC", "DAY", 10)


def test_an_unknown_user_is_not_found(app: FastAPI) -> None:
    response = request(app, "GET", f"/listening/{USERS[-1] + 1}")
    assert (response.status_code, response.json()) == (404, {"detail": f"there is no user {USERS[-1] + 1}"})


@pytest.mark.parametrize(
    ("path", "parameters", "detail"),
    [
        ("/listening/-1", {}, "userId must be a whole number from 0 to 9223372036854775807"),
        ("/listening/9223372036854775808", {}, "userId must be a whole number from 0 to 9223372036854775807"),
        ("/listening/5", {"from": "2012-02-30"}, "from must be a day from 0001-01-01 to 9999-12-31"),
        ("/listening/5", {"to": "0"}, "to must be a day from 0001-01-01 to 9999-12-31, the one after the last"),
        (
            "/listening/5",
            {"timeZone": "../UTC"},
            "timeZone must be the name of an IANA time zone, such as Europe/Berlin",
        ),
        ("/listening/5", {"per": "HOUR"}, "per must be one of DAY, WEEK, MONTH, YEAR"),
        ("/listening/5", {"limit": "101"}, "limit must be a whole number from 1 to 100"),
        (
            "/listening/5",
            {"limit": "0", "per": ""},
            "per must be one of DAY, WEEK, MONTH, YEAR; limit must be a whole number from 1 to 100",
        ),
        ("/users", {"startsWith": "12a"}, "startsWith must be up to 19 digits"),
        ("/users", {"limit": "many"}, "limit must be a whole number from 1 to 100"),
    ],
)
def test_bad_parameters_are_refused(app: FastAPI, path: str, parameters: dict[str, str], detail: str) -> None:
    response = request(app, "GET", path, params=parameters)
    assert (response.status_code, response.json()) == (400, {"detail": detail})


def test_users_are_listed_by_their_last_listen(app: FastAPI) -> None:
    last = {user: max(event.time for event in EVENTS if event.user == user) for user in USERS}
    ranked = sorted(USERS, key=lambda user: (-last[user], user))
    answer = get(app, "/users", limit=5)
    assert answer["countUsers"] == len(USERS)
    assert answer["users"] == [{"userId": user, "lastListenEvent": last[user]} for user in ranked[:5]]
    found = get(app, "/users", startsWith="1", limit=100)
    expected = [user for user in ranked if str(user).startswith("1")]
    assert [user["userId"] for user in found["users"]] == expected
    assert found["countUsers"] == len(expected) > 0
    assert get(app, "/users", startsWith="999999")["users"] == []


def test_users_are_scanned_again_when_the_scan_is_old(history_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(history_store)
    scans = []

    def scan(*args: Any, **options: Any) -> Any:
        scans.append(args)
        return history_store.scan(*args, **options)

    monkeypatch.setattr(watched, "scan", scan)
    app = create_app(watched)
    first = get(app, "/users")
    assert (get(app, "/users"), len(scans)) == (first, 1)
    monkeypatch.setattr(known_users, "FRESH", 0.0)
    monkeypatch.setattr(known_users, "IDLE", 0)
    app = create_app(watched)
    assert get(app, "/users")["users"] == get(app, "/users")["users"] == first["users"]
    assert len(scans) == 3


def test_an_unavailable_store_is_said_without_its_address(
    history_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(history_store)

    def fail(*_: Any, **__: Any) -> Any:
        raise UNREACHABLE

    monkeypatch.setattr(watched, "rows", fail)
    monkeypatch.setattr(watched, "scan", fail)
    for path in ("/listening/5", "/users"):
        response = request(create_app(watched), "GET", path)
        assert response.status_code == 503
        assert response.json() == {"detail": "the store is unavailable: try again later"}
        assert SECRET not in response.text
