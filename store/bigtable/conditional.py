"""Replacing rows of Bigtable, each only if no other writer changed it meanwhile."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.cloud.bigtable_v2.types import data as messages

from store import layout
from store.bigtable.bulk import set_cell
from store.bigtable.rpc import CheckAndMutateRowRequest, Rpc, passing
from store.interface import Amendment, Cell, Row, StoreError

IN_FLIGHT = 64
"""Requests under way at a time."""

MOST_MUTATIONS = 100_000
"""As many does Bigtable take for a row."""

Mutation: Any = messages.Mutation.pb()


class Outcome(NamedTuple):
    """What became of the rows.

    Attributes:
        replaced: the number of rows that are as they shall be.
        undone: keys of the rows that have to be read and changed again.
        error: what happened to one of them, unless it only was another writer's.
    """

    replaced: int
    undone: list[bytes]
    error: GoogleAPICallError | None


def replace(rpc: Rpc, table: str, existing: Mapping[bytes, Row], rows: Iterable[tuple[bytes, Row]]) -> Outcome:
    """Makes rows of `table` what `rows` says, where they still have the version they have in `existing`.

    Raises:
        GoogleAPICallError: a request failed in a way that cannot pass.
        StoreError: too many cells of a row change.
    """
    name = rpc.table(table)
    return _send(rpc, (_replacement(name, key, existing.get(key, ()), row) for key, row in rows))


def amend(rpc: Rpc, table: str, amendments: Iterable[Amendment]) -> Outcome:
    """Changes cells of rows of `table`, where they still have the versions that the amendments name.

    Raises:
        GoogleAPICallError: a request failed in a way that cannot pass.
        StoreError: too many cells of a row change.
    """
    name = rpc.table(table)
    return _send(rpc, (_request(name, found.key, found.version, _changes(found)) for found in amendments))


def _send(rpc: Rpc, requests: Iterable[Any]) -> Outcome:
    waiting: deque[tuple[Any, Any]] = deque()
    results: list[tuple[bytes, bool, GoogleAPICallError | None]] = []
    for request in requests:
        if request is None:
            continue
        waiting.append((request, rpc.check_and_mutate_row(request)))
        if len(waiting) >= IN_FLIGHT:
            results.append(_result(*waiting.popleft()))
    results.extend(_result(*sent) for sent in waiting)
    undone = [key for key, done, _ in results if not done]
    return Outcome(len(results) - len(undone), undone, next((error for *_, error in results if error), None))


def _result(request: Any, response: Any) -> tuple[bytes, bool, GoogleAPICallError | None]:
    try:
        matched: bool = response.result().predicate_matched
    except grpc.RpcError as error:
        return request.row_key, False, passing(error)
    return request.row_key, matched == bool(request.true_mutations), None


def _replacement(table: str, key: bytes, old: Row, new: Row) -> Any:
    """The request that makes a row `new` if its version is that of `old`; None if nothing is to be done."""
    return _request(table, key, _version(old), _mutations(old, new))


def _changes(amendment: Amendment) -> list[Any]:
    columns = ({"family_name": family, "column_qualifier": column} for family, column in amendment.deleted)
    return [*map(_setting, amendment.cells), *(Mutation(delete_from_column=column) for column in columns)]


def _setting(cell: Cell) -> Any:
    mutation = Mutation()
    set_cell(mutation, cell)
    return mutation


def _request(table: str, key: bytes, version: bytes | None, mutations: list[Any]) -> Any:
    """The request that makes changes in a row if it has this version; None if there are none."""
    if not mutations:
        return None
    if len(mutations) > MOST_MUTATIONS:
        raise StoreError(
            f"row {key.hex()} of {table}: {len(mutations)} cells change at once, Bigtable takes {MOST_MUTATIONS}"
        )
    request = CheckAndMutateRowRequest(table_name=table, row_key=key)
    _match_version(request.predicate_filter, version)
    (request.false_mutations if version is None else request.true_mutations).extend(mutations)
    return request


def _version(row: Row) -> bytes | None:
    return next((cell.value for cell in row if (cell.family, cell.qualifier) == layout.VERSION), None)


def _match_version(predicate: Any, version: bytes | None) -> None:
    """Makes `predicate` a filter that lets through a version cell: any, or with that value."""
    family, qualifier = layout.VERSION
    columns = predicate.chain.filters.add().column_range_filter
    columns.family_name = family
    columns.start_qualifier_closed = columns.end_qualifier_closed = qualifier
    predicate.chain.filters.add().cells_per_column_limit_filter = 1
    if version is not None:
        values = predicate.chain.filters.add().value_range_filter
        values.start_value_closed = values.end_value_closed = version


def _mutations(old: Row, new: Row) -> list[Any]:
    """What turns `old` into `new`."""
    if not new:
        return [Mutation(delete_from_row={})] if old else []
    before = {(cell.family, cell.qualifier): cell.value for cell in old}
    mutations = [_setting(cell) for cell in new if before.pop((cell.family, cell.qualifier), None) != cell.value]
    return mutations + _deletions(before, {cell.family for cell in new})


def _deletions(stale: Iterable[tuple[str, bytes]], kept: set[str]) -> list[Any]:
    """What deletes the cells of `stale`; at once those of families of which nothing is kept."""
    stale = list(stale)
    families = dict.fromkeys(family for family, _ in stale if family not in kept)
    columns = ({"family_name": family, "column_qualifier": column} for family, column in stale if family in kept)
    return [Mutation(delete_from_family={"family_name": family}) for family in families] + [
        Mutation(delete_from_column=column) for column in columns
    ]
