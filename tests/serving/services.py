"""A service that says what a test wants it to say, over a real connection."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.parts.processes import HOST


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """An HTTP response."""
    lines = (f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def says(answer: bytes, ends: bool = True) -> Iterator[tuple[str, list[str]]]:
    """The URL of a server, and the requests without bodies that it has read.

    It says `answer` to each, and then ends the connection, or else waits for the client to end it.
    """
    seen: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            lines = iter(lambda: self.rfile.readline().strip().decode(), "")
            seen.append("\n".join(lines))
            self.wfile.write(answer)
            self.wfile.flush()
            while not ends and self.rfile.read(1):
                pass

    with socketserver.ThreadingTCPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()
