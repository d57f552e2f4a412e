"""Blind bulk writes to Bigtable, and the form of the cells it is sent."""

from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from google.api_core.exceptions import GoogleAPICallError, from_grpc_status

from store.bigtable.rpc import RETRYABLE, MutateRowsRequest, Patience, Rpc, passing
from store.interface import Cell, Row

TIMESTAMP_MICROS = 0
"""Of every cell: writing a cell again replaces it, repeating a write is harmless, and there is never garbage."""

MOST_MUTATIONS = 50_000
"""In a request; Bigtable takes 100,000."""

MOST_BYTES = 8 << 20
"""Of values in a request, unless a single row has more."""


_INTERNAL = grpc.StatusCode.INTERNAL.value[0]
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def set_cell(mutation: Any, cell: Cell) -> None:
    """Makes `mutation` one that sets a cell."""
    target = mutation.set_cell
    target.family_name = cell.family
    target.column_qualifier = cell.qualifier
    target.timestamp_micros = TIMESTAMP_MICROS
    target.value = cell.value


def write(rpc: Rpc, table: str, rows: Iterable[tuple[bytes, Row]]) -> None:
    """Sets the cells of rows of `table`.

    Raises:
        GoogleAPICallError: a row was refused, or nothing could be written for a while.
    """
    for request in _requests(rpc.table(table), rows):
        _send(rpc, request)


def delete(rpc: Rpc, table: str, key: bytes) -> None:
    """Deletes a row of `table`. Raises as `write` does."""
    request = MutateRowsRequest(table_name=rpc.table(table))
    request.entries.add(row_key=key).mutations.add().delete_from_row.SetInParent()
    _send(rpc, request)


def _requests(table: str, rows: Iterable[tuple[bytes, Row]]) -> Iterator[Any]:
    request, mutations, size = MutateRowsRequest(table_name=table), 0, 0
    for key, row in rows:
        if request.entries and (mutations + len(row) > MOST_MUTATIONS or size > MOST_BYTES):
            yield request
            request, mutations, size = MutateRowsRequest(table_name=table), 0, 0
        entry = request.entries.add(row_key=key)
        for cell in row:
            set_cell(entry.mutations.add(), cell)
            size += len(cell.value)
        mutations += len(row)
    if request.entries:
        yield request


def _send(rpc: Rpc, request: Any) -> None:
    """Sends the entries of a request until all are written; those that failed in a way that may pass again."""
    patience = Patience()
    while True:
        left, error = _attempt(rpc, request)
        if error is None:
            return
        if len(left) < len(request.entries):
            patience.renew()
        patience.wait(error)
        again = MutateRowsRequest(table_name=request.table_name)
        again.entries.extend(request.entries[index] for index in left)
        request = again


def _attempt(rpc: Rpc, request: Any) -> tuple[list[int], GoogleAPICallError | None]:
    """The entries that were not written, and why; raises if the reason cannot pass."""
    left = set(range(len(request.entries)))
    error: GoogleAPICallError | None = None
    try:
        for response in rpc.mutate_rows(request):
            for entry in response.entries:
                if entry.status.code == 0:
                    left.discard(entry.index)
                else:
                    error = _refusal(entry.status)
    except grpc.RpcError as failure:
        error = passing(failure)
    if left and error is None:
        error = from_grpc_status(grpc.StatusCode.UNAVAILABLE, "the answer was not complete")
    return sorted(left), error


def _refusal(status: Any) -> GoogleAPICallError:
    """The error of an entry, if it may pass; otherwise raises it."""
    error: GoogleAPICallError = from_grpc_status(_CODES[status.code], status.message)
    if status.code not in RETRYABLE or status.code == _INTERNAL:  # of an entry, no cut connection: the row is refused
        raise error
    return error
