import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from serving.applied import MEDIA_TYPE, NOT_APPLYING
from serving.arguments import options
from serving.gateway.executor.resolvers import NOT_WRITING
from store import open_store
from tests.serving import listeners
from tests.serving.key_files import line
from tests.serving.listeners import FULL, USER
from tests.serving.processes import SECONDS, main, started, wait_for
from tests.serving.services import response, says

EVENT = "{ artistId: 1, albumId: 1, trackId: 1, timestamp: 1 }"
SEND = f"mutation {{ sendListeningEvent(userId: 1, event: {EVENT}) {{ timestamp }} }}"
KEY = "0123456789abcdef"


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_process_serves_and_stops(profile_url: str, stop: signal.Signals) -> None:
    with started("serving", "--store", profile_url) as (process, address):
        wait_for(address)
        answer = httpx.post(f"{address}/graphql", json={"query": FULL, "variables": {"userId": USER}})
        assert answer.json() == {"data": {"getUserProfile": listeners.profile(USER)}}
        os.kill(process.pid, stop)
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert [line for line in errors.splitlines() if "compiling the numeric code" not in line] == []


def test_without_keys_a_process_takes_no_writes(profile_url: str) -> None:
    with started("serving", "--store", profile_url) as (_, address):
        answer = httpx.post(f"{address}/graphql", json={"query": SEND}).json()
        assert answer["errors"][0]["message"] == NOT_WRITING
        applied = httpx.post(f"{address}/schema", content="type Query { a: Int }", headers={"content-type": MEDIA_TYPE})
        assert (applied.status_code, applied.json()) == (403, {"errors": [{"message": NOT_APPLYING}]})


def test_an_open_process_says_so(lmdb_url: str) -> None:
    open_store(lmdb_url, create=True).close()
    with started("serving", "--store", lmdb_url, "--open") as (process, address):
        answer = httpx.post(f"{address}/graphql", json={"query": SEND}).json()
        assert answer["errors"][0]["message"].startswith("this store has no histories to unite an event with")
        process.terminate()
        assert "no API keys: whoever reaches this server may read and write" in process.communicate(timeout=SECONDS)[1]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_are_not_let_in_without_keys(profile_url: str, capsys: pytest.CaptureFixture[str], host: str) -> None:
    assert main(["--store", profile_url, "--host", host, "--port", "0"]) == 1
    assert capsys.readouterr().err == (
        f"others reach {host}, and there are no API keys: give them with --keys FILE, "
        "or let whoever reaches the server read and write with --open\n"
    )


def test_keys_and_open_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--open", "--keys", "keys"])
    assert "--open is for a server without --keys and --jwks: give one of them" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("LOCALHOST", 200), ("profiles.example", 200), ("evil.example", 421), ("127.0.0.2", 421)],
)
def test_a_process_answers_under_its_names(profile_url: str, host: str, status: int) -> None:
    with started("serving", "--store", profile_url, "--allowed_host", "profiles.example") as (_, address):
        response = httpx.post(f"{address}/graphql", headers={"host": host}, json={"query": "{ __typename }"})
        assert response.status_code == status


def test_missing_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", f"lmdb:{tmp_path}/none"]) == 1
    assert f"there is no store in {tmp_path}/none" in capsys.readouterr().err


def test_bad_schema(profile_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.gql"
    path.write_text("type Query {\n  a: Nope\n}\n")
    assert main(["--store", profile_url, "--schema", str(path), "--port", "0"]) == 1
    assert capsys.readouterr().err.startswith(f"{path}:2:6: Query.a: Unknown type 'Nope': define it, or use one of ")


@pytest.mark.parametrize(
    "given", ["x", "=http://a", "x=", "x=a:1", "x=ftp://a", "x=http://", "x=http://a?b", "x=http://a:b"]
)
def test_service_that_is_none(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--service", given])
    assert f"argument --service: {given!r}" in capsys.readouterr().err


def test_process_with_keys_limits_and_production(profile_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(line("reader", KEY, "read"))
    with started("serving", "--store", profile_url, "--keys", str(keys), "--max_aliases", "1", "--production") as (
        _,
        address,
    ):
        wait_for(address)
        assert httpx.get(f"{address}/graphql").status_code == 401
        headers = {"x-api-key": KEY}
        many = httpx.post(f"{address}/graphql", headers=headers, json={"query": "{ a: __typename b: __typename }"})
        assert many.json()["errors"][0]["message"] == "the query has 2 aliases; 1 are allowed"
        wrong = httpx.post(f"{address}/graphql", headers=headers, json={"query": "{ getUserProfil }"})
        assert wrong.json()["errors"][0]["message"] == "Cannot query field 'getUserProfil' on type 'Query'."


def test_bad_keys(profile_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", profile_url, "--keys", str(tmp_path / "none")]) == 1
    assert "none: No such file or directory: name a text file with --keys\n" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "x", ""])
@pytest.mark.parametrize("option", ["--max_cost", "--max_seconds"])
def test_limit_that_is_none(option: str, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options([f"{option}={given}"])
    assert f"argument {option}: " in capsys.readouterr().err


def test_process_calls_services(profile_url: str) -> None:
    recommendations = response(b'{"recommendations": [{"id": 100}]}')
    with (
        says(recommendations) as (url, seen),
        started("serving", "--store", profile_url, "--service", f"Recommender={url}/v1") as (_, address),
    ):
        query = "{ getArtistRecommendations(userId: 5, limit: 3) { recommendations { id artist { name } } } }"
        answer = httpx.post(f"{address}/graphql", json={"query": query}).json()
    entry = {"id": 100, "artist": {"name": listeners.name("artists", 100)}}
    assert answer == {"data": {"getArtistRecommendations": {"recommendations": [entry]}}}
    assert seen[0].startswith("GET /v1/recommendation/5/ARTIST?limit=3&explain=true HTTP/1.1")


@pytest.mark.parametrize(
    ("host", "port", "reason"), [("127.0.0.1", None, "Address already in use"), ("192.0.2.1", 0, "Cannot assign")]
)
def test_cannot_listen(
    profile_url: str, capsys: pytest.CaptureFixture[str], host: str, port: int | None, reason: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1] if port is None else port
        assert main(["--store", profile_url, "--host", host, "--port", str(port)]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith(f"cannot listen on {host} port {port}: {reason}")
    assert errors.endswith(": choose another --port or --host\n")


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSIC_TOKEN", "t=0=p")
    monkeypatch.setenv("EMPTY", "")
    assert options(["--secret", "KEY=MUSIC_TOKEN"]).secret == [("KEY", "t=0=p")]


@pytest.mark.parametrize("given", ["", "KEY", "KEY=", "=MUSIC_TOKEN", "K-Y=PATH", "KEY=NOBODY_SETS_THIS", "KEY=EMPTY"])
def test_secret_that_is_none(given: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    with pytest.raises(SystemExit):
        options(["--secret", given])
    assert f"argument --secret: {given!r}" in capsys.readouterr().err
