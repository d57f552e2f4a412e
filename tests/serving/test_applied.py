import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from serving import applied, apply
from serving.app import create_app
from serving.applied import MEDIA_TYPE, NOT_APPLYING, Applied
from serving.gateway.errors import SchemaError
from serving.gateway.scalars import SCALARS
from serving.gateway.schema import GatewaySchema, build_schema
from serving.keys import OPEN, Keys
from serving.rights import Access
from serving.setup import Settings
from store import Store, StoreError
from tests.parts.processes import HOST, free_port
from tests.serving.clients import SECRET, UNREACHABLE, Watched, request
from tests.serving.key_files import line
from tests.serving.processes import started, wait_for

OLD = "type Query { old(a: Int): Group } type Group { a: Int }"
NEW = OLD.replace("old", "new")
BAD = "type Query {\n  a: Nope\n  b: Neither\n}\n"
REMEDY = f"define it, or use one of {', '.join(SCALARS)}"
PROBLEMS = [f"2:6: Query.a: Unknown type 'Nope': {REMEDY}", f"3:6: Query.b: Unknown type 'Neither': {REMEDY}"]
READ, WRITE = "r" * 16, "w" * 16


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "schema.gql"
    path.write_text(OLD)
    return path


@pytest.fixture
def writable(store: Store) -> Watched:
    """A new store in each of its homes, watched."""
    return Watched(store)


@pytest.fixture
def served(path: Path, writable: Watched) -> FastAPI:
    return create_app(path, writable, Settings(keys=OPEN))


def send(app: FastAPI, sdl: str | bytes, media: str = MEDIA_TYPE, **headers: str) -> tuple[int, Any]:
    headers = {"content-type": media, **{name.replace("_", "-"): value for name, value in headers.items()}}
    response = request(app, "POST", "/schema", content=sdl, params={"name": "new.gql"}, headers=headers)
    return response.status_code, response.json()


def answers(app: FastAPI, field: str) -> bool:
    """Whether the schema in use has a field."""
    answer = request(app, "POST", "/graphql", json={"query": f"{{ {field}(a: 1) {{ a }} }}"}).json()
    assert answer in ({"data": {field: {"a": 1}}}, {"data": None, "errors": answer.get("errors")})
    return "errors" not in answer


def test_a_good_schema_answers_from_the_next_request_on(served: FastAPI) -> None:
    assert (answers(served, "old"), answers(served, "new")) == (True, False)
    assert send(served, NEW) == (200, {})
    assert (answers(served, "old"), answers(served, "new")) == (False, True)


def test_a_bad_schema_is_refused_with_all_its_errors(served: FastAPI, writable: Watched) -> None:
    messages = [f"new.gql:{problem}" for problem in PROBLEMS]
    assert send(served, BAD) == (400, {"errors": [{"message": message} for message in messages]})
    assert answers(served, "old")


def test_what_was_applied_survives_a_restart(served: FastAPI, path: Path, writable: Watched) -> None:
    send(served, NEW)
    again = create_app(path, writable)
    assert (answers(again, "old"), answers(again, "new")) == (False, True)


def test_a_server_that_starts_with_another_text_serves_that(served: FastAPI, path: Path, writable: Watched) -> None:
    send(served, NEW)
    path.write_text(OLD.replace("old", "other"))
    assert answers(create_app(path, writable), "other")


def test_the_text_of_the_file_can_be_applied_again(served: FastAPI, path: Path, writable: Watched) -> None:
    for sdl in (NEW, OLD):
        assert send(served, sdl) == (200, {})
    assert answers(served, "old")
    assert answers(create_app(path, writable), "old")


def test_requests_that_cannot_apply(path: Path, writable: Watched) -> None:
    app = create_app(path, writable, Settings(keys=Keys({READ: Access.READ, WRITE: Access.WRITE})))
    assert send(app, NEW)[0] == 401
    assert send(app, NEW, x_api_key=READ) == (403, {"errors": [{"message": NOT_APPLYING}]})
    for media in ("text/plain", "application/json", "application/x-www-form-urlencoded", ""):
        assert send(app, NEW, media, x_api_key=WRITE)[0] == 415
    assert send(app, b"\xff", x_api_key=WRITE) == (400, {"errors": [{"message": "the schema is not in UTF-8"}]})
    assert send(app, NEW, "application/graphql; charset=utf-8", x_api_key=WRITE) == (200, {})
    assert request(app, "GET", "/schema", headers={"x-api-key": WRITE}).status_code == 405


def test_without_keys_nobody_applies_a_schema(path: Path, writable: Watched) -> None:
    app = create_app(path, writable)
    assert send(app, NEW) == (403, {"errors": [{"message": NOT_APPLYING}]})
    assert answers(app, "old")
    assert answers(create_app(path, writable, Settings(keys=OPEN)), "old")


def test_a_schema_that_cannot_be_kept_is_not_applied(path: Path, writable: Watched) -> None:
    class Full(Watched):
        def set_setting(self, name: str, value: str) -> None:
            raise UNREACHABLE

    app = create_app(path, Full(writable), Settings(keys=OPEN))
    status, body = send(app, NEW)
    assert (status, SECRET in str(body)) == (503, False)
    assert answers(app, "old")


def built(text: str, name: str) -> GatewaySchema:
    return build_schema(text, name)


def test_a_kept_schema_that_cannot_be_served_any_more(
    served: FastAPI, path: Path, writable: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    send(served, NEW)

    def build(text: str, name: str) -> GatewaySchema:
        if text == NEW:
            raise SchemaError(["no longer"])
        return build_schema(text, name)

    assert "old" in Applied(path, writable, build).schema.as_str()
    assert "cannot be served, so the one before still is: no longer" in caplog.text


def test_requests_in_flight_end_on_the_old_schema(path: Path, writable: Watched) -> None:
    started, go = asyncio.Event(), asyncio.Event()
    service = FastAPI()

    @service.get("/")
    async def wait() -> Any:
        started.set()
        await go.wait()
        return {"a": 1}

    path.write_text(OLD + ' extend type Query { slow: Group @rest(url: "http://slow") }')

    async def run() -> Any:
        app = create_app(path, writable, Settings({"slow": service}, OPEN))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            slow = asyncio.create_task(client.post("/graphql", json={"query": "{ slow { a } old(a: 2) { a } }"}))
            await started.wait()
            await client.post("/schema", content=NEW, headers={"content-type": MEDIA_TYPE})
            new = await client.post("/graphql", json={"query": "{ new(a: 3) { a } }"})
            go.set()
            return (await slow).json(), new.json()

    slow, new = asyncio.run(run())
    assert slow == {"data": {"slow": {"a": 1}, "old": {"a": 2}}}
    assert new == {"data": {"new": {"a": 3}}}


def test_other_processes_take_it_over(
    path: Path, writable: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(applied, "WATCH_SECONDS", 0.01)

    async def run() -> None:
        here, there = (Applied(path, writable, built) for _ in range(2))
        seen: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        there.follow(lambda schema: loop.call_soon_threadsafe(seen.put_nowait, schema.as_str()))
        watching = asyncio.create_task(there.watch())
        await here.apply(NEW, "new.gql")
        assert "new(" in await asyncio.wait_for(seen.get(), 60)
        writable.failure = StoreError("gone")
        while "cannot see whether a schema was applied" not in caplog.text:
            await asyncio.sleep(0.01)
        writable.failure = None
        await here.apply(OLD, "old.gql")
        assert "old(" in await asyncio.wait_for(seen.get(), 60)
        watching.cancel()

    asyncio.run(run())


@pytest.fixture
def running(path: Path, store: Store) -> Iterator[str]:
    """The address of a server process over a new store."""
    with started("serving", "--open", "--store", store.url, "--schema", str(path)) as (_, address):
        wait_for(address)
        yield address


def test_the_command(running: str, path: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    query = {"query": "{ new(a: 1) { a } }"}
    new = path.with_name("new.gql")
    new.write_text(NEW)
    assert apply.main([str(new), "--server", f"{running}/"]) == 0
    assert httpx.post(f"{running}/graphql", json=query).json() == {"data": {"new": {"a": 1}}}
    new.write_text(BAD)
    assert apply.main([str(new), "--server", running]) == 1
    output = capsys.readouterr()
    assert output.out == f"{running}/ serves {new}\n"
    assert output.err == "".join(f"{new}:{problem}\n" for problem in PROBLEMS)
    assert httpx.post(f"{running}/graphql", json=query).json() == {"data": {"new": {"a": 1}}}
    with started("serving", "--open", "--store", store.url, "--schema", str(path)) as (_, address):
        wait_for(address)
        assert httpx.post(f"{address}/graphql", json=query).json() == {"data": {"new": {"a": 1}}}


def test_the_command_without_a_server_or_a_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://{HOST}:{free_port()}"
    assert apply.main([str(path), "--server", url]) == 1
    assert apply.main([str(path), "--server", "nowhere"]) == 1
    assert apply.main([str(path.with_name("none.gql"))]) == 1
    refused, no_url, no_file = capsys.readouterr().err.splitlines()
    assert refused.startswith(f"server {url}: ")
    assert no_url.startswith("server nowhere: ")
    assert refused.endswith(": name a running server with --server")
    assert no_file.endswith("none.gql: No such file or directory: name a GraphQL SDL file in UTF-8")


def test_the_command_sends_the_key(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = path.with_name("keys")
    keys.write_text(line("deploy", WRITE, "schema") + line("reader", READ, "read"))
    with started("serving", "--store", store.url, "--keys", str(keys), "--schema", str(path)) as (_, address):
        wait_for(address)
        codes = []
        for key in ("", READ, WRITE):
            monkeypatch.setenv("PROFILE_API_KEY", key)
            codes.append(apply.main([str(path), "--server", address]))
    assert codes == [1, 1, 0]
    without, reading = capsys.readouterr().err.splitlines()
    assert without == "an API key is needed: send it in the header X-API-Key"
    assert reading == NOT_APPLYING
