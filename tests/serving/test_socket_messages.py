"""Messages that are none of graphql-transport-ws end the connection with 4400 and one line in the log."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from serving.socket_messages import MESSAGES, fault
from tests.parts.processes import HOST, free_port, listening
from tests.serving.key_files import line
from tests.serving.processes import SECONDS, started
from tests.serving.test_guard import READ

MALFORMED: list[Any] = [
    None,
    5,
    "x",
    [],
    [{}],
    {},
    {"type": None},
    {"type": []},
    {"type": "start"},
    {"type": "connection_init", "payload": None},
    {"type": "connection_init", "payload": []},
    {"type": "connection_init", "payload": "x"},
    {"type": "ping", "payload": 1},
    {"type": "subscribe"},
    {"type": "subscribe", "id": [1], "payload": {"query": "{ __typename }"}},
    {"type": "subscribe", "id": {}, "payload": {"query": "{ __typename }"}},
    {"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}},
    {"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}},
    {"type": "subscribe", "id": "1", "payload": None},
    {"type": "subscribe", "id": "1", "payload": {"query": 5}},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": 5}},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "operationName": 5}},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "extensions": []}},
    {"type": "complete"},
    {"type": "complete", "id": ["1"]},
]
VALID: list[Any] = [
    {"type": "connection_init"},
    {"type": "connection_init", "payload": {}},
    {"type": "ping"},
    {"type": "pong", "payload": None},
    {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": None, "operationName": None}},
    {"type": "complete", "id": "1"},
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FUZZ = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from([*MESSAGES]) | JSON,
        "id": st.just("1") | JSON,
        "payload": st.fixed_dictionaries(
            {},
            optional={
                "query": st.just("{ __typename }") | JSON,
                "variables": JSON,
                "operationName": JSON,
                "extensions": JSON,
            },
        )
        | JSON,
    },
)


@pytest.mark.parametrize("message", VALID)
def test_valid_messages(message: Any) -> None:
    assert fault(json.dumps(message)) is None


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "\x00", "[" * 5000, '{"type": "ping", "payload": {"a": 1e999}}', *map(json.dumps, MALFORMED)],
)
def test_malformed_messages(text: str | None) -> None:
    said = fault(text)
    assert said is not None
    assert len(said) <= 123  # of a reason to close


@pytest.fixture(scope="module")
def address(profile_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of a server with keys, in whose log there is no traceback at the end."""
    folder: Path = tmp_path_factory.mktemp("server")
    keys, log, port = folder / "keys", folder / "log", free_port()
    keys.write_text(line("reader", READ, "read"))
    command = [sys.executable, "-m", "serving", "--store", profile_url, "--keys", str(keys), "--port", str(port)]
    with listening(command, port, log):
        yield f"{HOST}:{port}"
    assert "Traceback" not in log.read_text()


async def close_code(address: str, *messages: str | bytes) -> int | None:
    """The code with which a server ends a connection after messages; None if it still answers pings."""
    protocols: Any = ["graphql-transport-ws"]
    async with connect(f"ws://{address}/graphql", subprotocols=protocols) as connection:
        try:
            for message in (*messages, json.dumps({"type": "ping"})):
                await connection.send(message)
            while json.loads(await asyncio.wait_for(connection.recv(), SECONDS))["type"] != "pong":
                pass
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
    return None


INIT = json.dumps({"type": "connection_init", "payload": {"X-API-Key": READ}})


def test_they_end_the_connection_before_and_after_authentication(address: str) -> None:
    async def run() -> None:
        malformed: list[str | bytes] = [*map(json.dumps, MALFORMED), b"\x00", "{"]
        for message in malformed:
            assert await close_code(address, message) == 4400, message
            if "connection_init" not in str(message):
                assert await close_code(address, INIT, message) == 4400, message

    asyncio.run(run())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(FUZZ | JSON, min_size=1, max_size=4), known=st.booleans())
def test_whatever_comes_is_answered_or_closed_in_order(address: str, messages: list[Any], known: bool) -> None:
    texts = [*([INIT] if known else []), *map(json.dumps, messages)]
    assert asyncio.run(close_code(address, *texts)) in {None, 4400, 4401, 4403, 4409, 4429}


def test_the_log_has_a_line_for_each_and_no_traceback(profile_url: str) -> None:
    with started("serving", "--store", profile_url) as (process, url):
        asyncio.run(close_code(url.removeprefix("http://"), "null"))
        asyncio.run(close_code(url.removeprefix("http://"), json.dumps({"type": "connection_init", "payload": None})))
        os.kill(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=SECONDS)
    lines = [line for line in errors.splitlines() if "a WebSocket is closed: " in line]
    assert len(lines) == 2
    assert "Traceback" not in errors
