"""The HTTP server of a stream process: /metrics for Prometheus, /health and /ready for whoever supervises it."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from pipelines.failures import PipelineError
from pipelines.kafka.figures import FIGURES

HOST = "127.0.0.1"

DUE_SECONDS = 60.0
"""A stream whose commit is due for longer waits for a store or a broker, and is not ready."""

_log = logging.getLogger(__name__)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


@contextmanager
def served(port: int | None) -> Iterator[None]:
    """Serves at http://127.0.0.1:`port` until the end of the context; not at all for None.

    Raises:
        PipelineError: the port cannot be had.
    """
    if port is None:
        yield
        return
    try:
        server = make_server(HOST, port, _answer, _Server, _Handler)
    except (OSError, OverflowError) as error:
        raise PipelineError(f"--metrics_port {port}: {error}: name another port, or 0 for any that is free") from error
    _log.info("figures for Prometheus: http://%s:%d/metrics", HOST, server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_METRICS: Callable[..., Iterable[bytes]] = make_wsgi_app(FIGURES.registry)


def _answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """/health says that the process lives; /ready that it reads, and that nothing waits to be committed for long."""
    if environ["PATH_INFO"] == "/metrics":
        return _METRICS(environ, start)
    if environ["PATH_INFO"] not in ("/health", "/ready"):
        return _text(start, "404 Not Found", "there are /metrics, /health and /ready")
    waiting = FIGURES.waiting(DUE_SECONDS) if environ["PATH_INFO"] == "/ready" else None
    return _text(start, "503 Service Unavailable" if waiting else "200 OK", waiting or "ok")


def _text(start: Callable[..., Any], status: str, text: str) -> Iterable[bytes]:
    start(status, [("content-type", "text/plain; charset=utf-8")])
    return [f"{text}\n".encode()]
