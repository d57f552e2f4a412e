"""The log has a line for each write and for each schema that is applied, and keys change without a restart."""

import json
import os
import signal
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from serving.applied import MEDIA_TYPE
from store import open_store
from store.histories.event_set import unite
from store.profiles import union
from tests.oracle import Event
from tests.parts.processes import HOST, free_port
from tests.serving.key_files import line
from tests.serving.processes import SECONDS, started
from tests.serving.test_guard import READ, WRITE
from tests.store.profiles.samples import columns

SDL = 'type Query { plays(userId: Long!): Long @topic(name: "counts", keyArgument: "userId") }'
EVENT = "{ artistId: 1, albumId: 1, trackId: 1, timestamp: %d }"
SEND = f"mutation {{ sendListeningEvent(userId: 7, event: {EVENT}) {{ timestamp }} }}"


@pytest.fixture
def written_url(lmdb_url: str) -> str:
    """The URL of a store with a user."""
    store = open_store(lmdb_url, create=True)
    store.set_setting("contents", "whole")
    union.write(store, unite(columns([Event(7, 1, 1, 1, 5)])))
    store.close()
    return lmdb_url


def send(address: str, key: str, second: int) -> httpx.Response:
    return httpx.post(f"{address}/graphql", headers={"x-api-key": key}, json={"query": SEND % second}, timeout=SECONDS)


def test_writes_and_schemas_stand_in_the_log(written_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(line("reader", READ, "read") + line("ingest", WRITE, "write listeningevents schema"))
    with started("serving", "--store", written_url, "--keys", str(keys)) as (process, address):
        assert send(address, WRITE, 6).json() == {"data": {"sendListeningEvent": {"timestamp": 6}}}
        assert send(address, WRITE, -6).json()["errors"]
        assert send(address, READ, 7).json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        headers = {"x-api-key": WRITE, "content-type": MEDIA_TYPE}
        assert httpx.post(f"{address}/schema", content=SDL, headers=headers).status_code == 200
        process.terminate()
        _, errors = process.communicate(timeout=SECONDS)
    audit = [line.partition("serving.audit: ")[2] for line in errors.splitlines() if " serving.audit: " in line]
    assert audit[0] == "ingest at 127.0.0.1 writes listeningevents, key 7: done"
    assert audit[1] == "ingest at 127.0.0.1 writes listeningevents, key 7: failed"
    assert audit[2].startswith("ingest at 127.0.0.1 applies schema ")
    assert len(audit) == 3
    assert READ not in errors
    assert WRITE not in errors


def test_keys_change_without_a_restart(profile_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(line("old", READ, "read"))
    with started("serving", "--store", profile_url, "--keys", str(keys)) as (process, address):
        uri = f"ws{address.removeprefix('http')}/graphql"
        headers = {"x-api-key": READ}
        with connect(uri, subprotocols=[Subprotocol("graphql-transport-ws")], additional_headers=headers) as connection:
            connection.send(json.dumps({"type": "connection_init"}))
            assert json.loads(connection.recv()) == {"type": "connection_ack"}
            keys.write_text(line("new", WRITE, "read"))
            os.kill(process.pid, signal.SIGHUP)
            while (
                httpx.get(f"{address}/graphql", params={"query": "{ __typename }"}, headers=headers).status_code == 200
            ):
                pass
            asked = {"x-api-key": WRITE}
            answer = httpx.get(f"{address}/graphql", params={"query": "{ __typename }"}, headers=asked)
            assert answer.json() == {"data": {"__typename": "Query"}}
            connection.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}))
            with pytest.raises(ConnectionClosedError) as closed:
                connection.recv(SECONDS)
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 4403


def test_operations_over_a_websocket_count(profile_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(line("slow", READ, "read 2/day"))
    with started("serving", "--store", profile_url, "--keys", str(keys)) as (_, address):
        uri = f"ws{address.removeprefix('http')}/graphql"
        with connect(uri, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
            connection.send(json.dumps({"type": "connection_init", "payload": {"X-API-Key": READ}}))
            for number in range(3):
                message = {"type": "subscribe", "id": str(number), "payload": {"query": "{ __typename }"}}
                connection.send(json.dumps(message))
            with pytest.raises(ConnectionClosedError) as closed:
                all_of(connection)
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 4429


def all_of(connection: ClientConnection) -> None:
    """Receives until the connection ends."""
    while True:
        connection.recv(SECONDS)


def test_others_are_let_in_with_tokens(profile_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.serving.test_tokens import KEYS, OWN, signed

    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": KEYS}))
    port = str(free_port())
    options = ["--jwks", str(path), "--claim", "userId=sub", "--host", "0.0.0.0", "--port", port]
    with started("serving", "--store", profile_url, *options) as (_, _):
        url = f"http://{HOST}:{port}/graphql"
        answer = httpx.post(url, headers={"authorization": f"Bearer {signed({})}"}, json={"query": OWN})
        assert answer.json() == {"data": {"getUserProfile": {"totalListenCount": 5}}}
        assert httpx.post(url, json={"query": OWN}).status_code == 401
