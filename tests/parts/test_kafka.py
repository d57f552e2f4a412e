import socket
from pathlib import Path
from uuid import UUID

import pytest

from pipelines.runners.golang import NotBuiltError
from tests.parts import kafka
from tests.parts.kafka import Broker


def test_a_broker_whose_port_was_taken_starts_on_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "uuid4", lambda: UUID(bytes=b"\xf8" * 16))  # it is written with a dash at its beginning
    try:
        broker = Broker(tmp_path)
    except NotBuiltError as error:
        pytest.skip(str(error))
    host, port = broker.address.split(":")
    with socket.socket() as other:
        other.bind((host, int(port)))
        with broker:
            assert broker.address != f"{host}:{port}"
