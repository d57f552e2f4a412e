"""A server process does not wait for clients that send or take nothing, nor for its own threads when it is to end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.serving.processes import SECONDS, started

MOST = 20
HALF = b"GET /health HTTP/1.1\r\nhost: localhost\r\nx-half:"
BODY = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"


@pytest.fixture(scope="module")
def address(profile_url: str) -> Iterator[tuple[str, int]]:
    """Where an impatient server listens."""
    with started("serving", "--store", profile_url, "--max_request_seconds", "0.5", "--max_connections", str(MOST)) as (
        _,
        url,
    ):
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


def ended(connection: socket.socket) -> bool:
    """Whether the server has ended a connection, which it does within SECONDS."""
    connection.settimeout(SECONDS)
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize("sent", [b"", HALF, BODY, HALF[:3]])
def test_a_request_that_does_not_come(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(sent)
        assert ended(connection)


def test_a_header_that_trickles(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HALF)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            trickle(connection)


def trickle(connection: socket.socket) -> None:
    """Sends a byte now and then, for as long as a test may take."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        connection.sendall(b"x")
        time.sleep(0.05)


def test_half_a_request_after_a_whole_one(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HALF + b"\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(HALF)
        assert ended(connection)


def test_those_who_wait_make_room(address: tuple[str, int]) -> None:
    url = f"http://{address[0]}:{address[1]}/health"
    with ExitStack() as stack:
        for _ in range(5 * MOST):
            half = stack.enter_context(socket.create_connection(address))
            half.sendall(HALF)
        assert httpx.get(url).json() == {"status": "ok"}


def test_requests_in_turn_on_one_connection_may_take_longer(address: tuple[str, int]) -> None:
    deadline = time.monotonic() + 1.8
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}") as client:
        first = client.get("/health").extensions["network_stream"].get_extra_info("client_addr")
        while time.monotonic() < deadline:
            response = client.get("/health")
            assert response.extensions["network_stream"].get_extra_info("client_addr") == first


STUCK = """
import asyncio
from fastapi import FastAPI
from serving import processes
processes.GRACE, processes.LAST = 1, 2
app = FastAPI()

@app.get("/thread")
async def thread():
    await asyncio.to_thread(run_for_ever)

@app.get("/loop")
async def loop():
    run_for_ever()

def run_for_ever():
    print("runs", flush=True)
    while True:
        pass

processes.prepare()
with processes.listen("127.0.0.1", 0) as listening:
    print(processes.address(listening), flush=True)
    processes.run(app, listening)
"""


@pytest.mark.parametrize("path", ["thread", "loop"])
def test_a_server_ends_whatever_runs_in_it(path: str) -> None:
    command = [sys.executable, "-c", STUCK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        with socket.create_connection((address[7:].partition(":")[0], int(address.rpartition(":")[2]))) as connection:
            connection.sendall(f"GET /{path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            assert process.stdout.readline() == "runs\n"
            os.kill(process.pid, signal.SIGTERM)
            _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "Timeout" in errors
    assert "in run_for_ever" in errors
