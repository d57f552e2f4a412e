"""A relay between a client and a server, which can be cut as a network can."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.parts.processes import HOST


class Relay:
    """Passes on what comes to `address` to a server, unless it is cut."""

    def __init__(self, server: str) -> None:
        host, _, port = server.rpartition(":")
        self._server = host, int(port)
        self._listener = socket.create_server((HOST, 0))
        self._open: set[socket.socket] = set()
        self._cut = False
        self.refused = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{HOST}:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Breaks all connections, and closes new ones at once."""
        self._cut = True
        for end in [*self._open]:
            _close(end)

    def mend(self) -> None:
        """Lets connections through again."""
        self._cut = False

    def close(self) -> None:
        """Ends it."""
        self.cut()
        _close(self._listener)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._cut:
                    self.refused += 1
                    _close(client)
                else:
                    server = socket.create_connection(self._server)
                    self._open |= {client, server}
                    for ends in ((client, server), (server, client)):
                        threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        for end in (source, target):
            _close(end)
            self._open.discard(end)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def relaying(server: str) -> Iterator[Relay]:
    """A relay to a server, HOST:PORT, until the end of the context."""
    relay = Relay(server)
    try:
        yield relay
    finally:
        relay.close()
