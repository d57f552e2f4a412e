import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving import probes
from serving.app import create_app
from store import Row, Store, changes
from store.changes import UserChange
from store.layout import LAYOUT
from tests.serving.clients import SECRET, UNREACHABLE, Watched, request, requests

NOW = 1_700_000_000


def test_health_needs_no_store(app: FastAPI, profile_store: Watched) -> None:
    profile_store.failure = UNREACHABLE
    response = request(app, "GET", "/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_tells_what_is_served(store: Store) -> None:
    app = create_app(DEFAULT_SCHEMA, store)
    digest = sha256(DEFAULT_SCHEMA.read_bytes()).hexdigest()
    ready = {"status": "ready", "store": LAYOUT, "changed": None, "secondsSinceChange": None, "schema": digest}
    assert request(app, "GET", "/ready").json() == ready


def test_ready_tells_how_old_the_data_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in (3000, 50, 1):
        monkeypatch.setattr(changes, "_now", lambda seconds=seconds: int(time.time()) - seconds)
        changes.write(store, [UserChange(5, b"v", b"")])
        written = changes._now()
        monkeypatch.undo()
        app = create_app(DEFAULT_SCHEMA, store)
        found = request(app, "GET", "/ready").json()
        assert written <= found["changed"] <= written + 5
        assert found["secondsSinceChange"] >= seconds - 5


def test_a_store_that_fails(app: FastAPI, profile_store: Watched) -> None:
    profile_store.failure = UNREACHABLE
    response = request(app, "GET", "/ready")
    assert (response.status_code, response.json()) == (503, {"status": "the store is unavailable"})
    assert SECRET not in response.text


class Hanging(Watched):
    """A store that answers nothing until it is let go."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.go = threading.Event()
        self.hangs = False
        self.scans = 0

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, families: Sequence[str] | None = None
    ) -> Iterator[tuple[bytes, Row]]:
        self.scans += 1
        if self.hangs:
            self.go.wait()
        return super().scan(table, start, stop, families)


def test_a_store_that_hangs(profile_store: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "SECONDS", 0.05)
    store = Hanging(profile_store.inner)
    app = create_app(DEFAULT_SCHEMA, store)
    store.hangs = True
    answers = requests(app, [lambda client: client.get("/ready"), lambda client: client.get("/health")])
    assert [answer.status_code for answer in answers] == [503, 200]
    store.go.set()


def test_many_who_ask_are_one_read_of_the_store(profile_store: Watched) -> None:
    store = Hanging(profile_store.inner)

    async def run() -> None:
        readiness = probes.Readiness(store, lambda: "schema")
        await asyncio.gather(*(readiness.get() for _ in range(100)))
        readiness.close()

    asyncio.run(run())
    assert store.scans == 3  # of which each looks further back
