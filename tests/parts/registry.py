"""A schema registry: two methods of Confluent's REST interface over HTTP, with its schemas in memory."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from fastavro import parse_schema

from tests.parts.processes import HOST


@contextmanager
def serving_schemas() -> Iterator[str]:
    """The URL of a registry that runs until the end of the context."""
    schemas: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert re.fullmatch(r"/subjects/[\w-]+/versions", self.path)
            schema = json.loads(self.rfile.read(int(self.headers["content-length"])))["schema"]
            try:
                parse_schema(json.loads(schema))
            except ValueError:
                self._answer(422, {"error_code": 42201, "message": "invalid schema"})
                return
            if schema not in schemas:
                schemas.append(schema)
            self._answer(200, {"id": schemas.index(schema) + 1})

        def do_GET(self) -> None:
            number = int(self.path.removeprefix("/schemas/ids/"))
            if number > len(schemas):
                self._answer(404, {"error_code": 40403, "message": "schema not found"})
            else:
                self._answer(200, {"schema": schemas[number - 1]})

        def _answer(self, status: int, body: Any) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/vnd.schemaregistry.v1+json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()
