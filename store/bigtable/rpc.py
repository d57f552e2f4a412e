"""Connections to Bigtable or its emulator, its protocol for writes, and what its errors mean.

Writes go past the client library, which spends most of a write's time on wrapping messages: with raw messages bulk
writes are about ten times as fast, conditional ones twice (measured with the emulator).
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import google.auth
import grpc
from google.api_core.exceptions import (
    DeadlineExceeded,
    GoogleAPICallError,
    GoogleAPIError,
    NotFound,
    RetryError,
    ServiceUnavailable,
    from_grpc_error,
)
from google.api_core.gapic_v1.routing_header import to_grpc_metadata
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.grpc import secure_authorized_channel
from google.auth.transport.requests import Request as AuthRequest
from google.cloud.bigtable_v2.types import bigtable as messages

from store.interface import StoreAwayError, StoreError

EMULATOR = "BIGTABLE_EMULATOR_HOST"
ENDPOINT = "bigtable.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/bigtable.data"

ATTEMPT_SECONDS = 20.0
"""Time limit of one request."""

PATIENCE_SECONDS = 30.0
"""How long requests are repeated without any success before they count as failed."""

LONGEST_WAIT_SECONDS = 2.0

RECONNECT = (("grpc.max_reconnect_backoff_ms", int(1000 * LONGEST_WAIT_SECONDS)),)
"""Option of channels: gRPC itself would wait up to two minutes until it tries to connect again."""

RETRYABLE = frozenset(
    code.value[0]
    for code in (
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNAVAILABLE,
    )
)
"""Codes of failures that may pass. To repeat is safe: all writes are absolute.

Internal errors are cut connections; what is cancelled, nobody here did: the server's deadline came before the client's.
"""

MutateRowsRequest: Any = messages.MutateRowsRequest.pb()
CheckAndMutateRowRequest: Any = messages.CheckAndMutateRowRequest.pb()


def emulator() -> str | None:
    """HOST:PORT of the emulator that the environment names."""
    return os.environ.get(EMULATOR) or None


class Rpc:
    """Bigtable's methods that write, on one channel, which any number of threads may share.

    Attributes:
        instance: the instance's resource name, `projects/PROJECT/instances/INSTANCE`.
    """

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self._channel = _connect()
        service = "/google.bigtable.v2.Bigtable/"
        self._mutate_rows = self._channel.unary_stream(
            service + "MutateRows",
            request_serializer=MutateRowsRequest.SerializeToString,
            response_deserializer=messages.MutateRowsResponse.pb().FromString,
        )
        self._check_and_mutate_row = self._channel.unary_unary(
            service + "CheckAndMutateRow",
            request_serializer=CheckAndMutateRowRequest.SerializeToString,
            response_deserializer=messages.CheckAndMutateRowResponse.pb().FromString,
        )

    def table(self, table: str) -> str:
        """The resource name of a table."""
        return f"{self.instance}/tables/{table}"

    def mutate_rows(self, request: Any) -> Any:
        """Sends a MutateRowsRequest: an iterator of its responses, which are awaited as they are iterated."""
        return self._mutate_rows(request, timeout=ATTEMPT_SECONDS, metadata=_routing(request))

    def check_and_mutate_row(self, request: Any) -> Any:
        """Sends a CheckAndMutateRowRequest: the future of its response."""
        return self._check_and_mutate_row.future(request, timeout=ATTEMPT_SECONDS, metadata=_routing(request))

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()


def _connect() -> Any:
    host = emulator()
    if host:
        return grpc.insecure_channel(host, RECONNECT)
    credentials, _ = google.auth.default(scopes=[SCOPE])
    return secure_authorized_channel(credentials, AuthRequest(), f"{ENDPOINT}:443", options=RECONNECT)


def _routing(request: Any) -> list[tuple[str, str]]:
    return [to_grpc_metadata({"table_name": request.table_name})]


class Patience:
    """Waits ever longer, with jitter, between attempts, until there was no success for PATIENCE_SECONDS."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Notes a success."""
        self._failures = 0
        self._deadline = time.monotonic() + PATIENCE_SECONDS

    def wait(self, error: GoogleAPICallError) -> None:
        """Waits after a failure, or raises `error` if patience is at its end."""
        if time.monotonic() > self._deadline:
            raise error
        longest = min(LONGEST_WAIT_SECONDS, 0.05 * 2**self._failures)
        self._failures += 1
        time.sleep(random.uniform(0, longest))  # noqa: S311


def passing(error: grpc.RpcError | GoogleAPICallError) -> GoogleAPICallError:
    """The error of a request, if it may pass; otherwise raises it."""
    found: GoogleAPICallError = error if isinstance(error, GoogleAPICallError) else from_grpc_error(error)
    if found.grpc_status_code is None or found.grpc_status_code.value[0] not in RETRYABLE:
        raise found from error
    return found


@contextmanager
def errors(url: str) -> Iterator[None]:
    """Raises errors of Google's libraries as StoreErrors that name the store `url`, the cause and the remedy."""
    try:
        yield
    except grpc.RpcError as error:
        raise _explained(url, from_grpc_error(error)) from error
    except (GoogleAPIError, GoogleAuthError) as error:
        raise _explained(url, error) from error


def _explained(url: str, error: Exception) -> StoreError:
    if isinstance(error, ServiceUnavailable | DeadlineExceeded | RetryError):
        host = emulator()
        remedy = (
            f"start the emulator, or correct or unset {EMULATOR}"
            if host
            else f"check the network, or set {EMULATOR} to use an emulator"
        )
        return StoreAwayError(f"store {url}: Bigtable does not answer at {host or ENDPOINT}: {error}: {remedy}")
    if isinstance(error, GoogleAuthError):
        return StoreError(
            f"store {url}: {error}: log in with `gcloud auth application-default login`, or set {EMULATOR}"
        )
    if isinstance(error, NotFound):
        return StoreError(
            f"store {url}: {error}: in an instance that exists, `python -m pipelines.profile --store {url}` makes it"
        )
    return StoreError(f"store {url}: {error}")
