from socket import create_server

import pytest

from tests.parts import processes
from tests.parts.processes import HOST, free_port


def test_a_port_is_given_once_and_only_if_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    given, taken, free = free_port(), free_port(), free_port()
    monkeypatch.setattr(processes, "_given", {given})
    draws = iter([given, taken, given, free])
    monkeypatch.setattr(processes, "randrange", lambda *_: next(draws))
    with create_server((HOST, taken)):
        assert free_port() == free
