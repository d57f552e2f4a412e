"""A schema registry: Confluent's REST interface over HTTP as far as it is used, with its schemas in memory."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from threading import Thread
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from fastavro import parse_schema

from schemas.wire.registry import AVRO, MockRegistry, Schema
from tests.parts.processes import HOST


@contextmanager
def serving_schemas(
    *,
    schemas: MockRegistry | None = None,
    wanted: Mapping[str, str] = MappingProxyType({}),
    certificate: Path | None = None,
    port: int = 0,
) -> Iterator[str]:
    """The URL of a registry that runs until the end of the context.

    Args:
        schemas: what it holds.
        wanted: headers which it wants with each request.
        certificate: a file with its key and certificate, for https.
    """
    held = schemas or MockRegistry()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["content-length"])))
            _, subjects, subject, _ = self.path.split("/")
            assert subjects == "subjects"
            schema = Schema(given["schema"], given.get("schemaType", AVRO))
            try:
                if schema.kind == AVRO:
                    parse_schema(json.loads(schema.text))
            except ValueError:
                self._answer(422, {"error_code": 42201, "message": "invalid schema"})
                return
            self._answer(200, {"id": held.register(unquote(subject), schema)})

        def do_GET(self) -> None:
            match urlsplit(self.path).path.split("/")[1:]:
                case ["schemas", "ids", number]:
                    self._answer_with(held.schema(int(number)))
                case ["subjects", subject, "versions", version]:
                    self._answer_with(held.version(unquote(subject), int(version)))
                case _:
                    self._answer_with(None)

        def _answer_with(self, schema: Schema | None) -> None:
            if schema is None:
                self._answer(404, {"error_code": 40403, "message": "schema not found"})
                return
            references = [reference._asdict() for reference in schema.references]
            self._answer(200, {"schema": schema.text, "schemaType": schema.kind, "references": references})

        def _answer(self, status: int, body: Any) -> None:
            if any(self.headers[name] != value for name, value in wanted.items()):
                status, body = 401, {"error_code": 40101, "message": "unauthorized"}
            self.send_response(status)
            self.send_header("content-type", "application/vnd.schemaregistry.v1+json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer((HOST, port), Handler) as server:
        if certificate is not None:
            context = SSLContext(PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http{'s' if certificate else ''}://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
