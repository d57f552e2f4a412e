"""What may go wrong: with an SDL file at the start, and with a query."""

import logging
import re
from collections.abc import Iterable, Sequence

from graphql import GraphQLError

from serving.gateway.topics.producer import DeliveryError
from store import StoreError

log = logging.getLogger("serving.gateway")

STORE_UNAVAILABLE = "the store is unavailable: try again later"
NOT_DELIVERED = "Kafka is not known to have the value: send it again later, what is there twice counts once"
INTERNAL = "internal error: it is in the server's log"

TOO_LONG = "a value in the query cannot be read: it has too many digits"

_SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)
_MESSAGES = {StoreError: STORE_UNAVAILABLE, DeliveryError: NOT_DELIVERED}
_NULL = "Cannot return null for non-nullable field"


class SchemaError(Exception):
    """An SDL file cannot be served; one line for each thing that is wrong: where, what, and the remedy."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(self.problems))


def for_client(errors: Sequence[GraphQLError], production: bool = False) -> list[GraphQLError]:
    """The errors without what is nobody's business outside the server; that is logged, each fault once.

    In production this includes suggestions of names.
    """
    faults = {id(error.original_error): error for error in errors if _is_fault(error)}
    for error in faults.values():
        log.error("%s", error, exc_info=error.original_error)
    shown = [_mask(error) if _is_fault(error) or _is_unreadable(error) else error for error in errors]
    return [_replace(error, _SUGGESTION.sub("", error.message)) for error in shown] if production else shown


def _is_fault(error: GraphQLError) -> bool:
    cause = error.original_error
    known = cause is None or isinstance(cause, GraphQLError) or error.message.startswith(_NULL)
    return not known and not _is_unreadable(error)


def _is_unreadable(error: GraphQLError) -> bool:
    """Whether Python does not convert a literal, before anything was executed: those of thousands of digits."""
    return error.path is None and isinstance(error.original_error, ValueError)


def _mask(error: GraphQLError) -> GraphQLError:
    if _is_unreadable(error):
        return _replace(error, TOO_LONG)
    for kind, message in _MESSAGES.items():
        if isinstance(error.original_error, kind):
            return _replace(error, message)
    return _replace(error, INTERNAL)


def _replace(error: GraphQLError, message: str) -> GraphQLError:
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path)
