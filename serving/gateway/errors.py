"""What may go wrong: with an SDL file at the start, and with a query."""

import logging
import re
from collections.abc import Iterable, Sequence

from graphql import GraphQLError, GraphQLSyntaxError

from serving.gateway import codes
from serving.gateway.topics.producer import DeliveryError
from store import StoreError

log = logging.getLogger("serving.gateway")

STORE_UNAVAILABLE = "the store is unavailable: try again later"
NOT_DELIVERED = "Kafka is not known to have the value: send it again later, what is there twice counts once"
INTERNAL = "internal error: it is in the server's log"

TOO_LONG = "a value in the query cannot be read: it has too many digits"

_SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)
_VARIABLE = re.compile(r"Variable '\$\w+' has invalid value")
_MESSAGES = {
    StoreError: (STORE_UNAVAILABLE, codes.UNAVAILABLE),
    DeliveryError: (NOT_DELIVERED, codes.UNAVAILABLE),
}
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
    shown = [_mask(error) if _is_fault(error) or _is_unreadable(error) else _with_code(error) for error in errors]
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
        return _replace(error, TOO_LONG, codes.BAD_USER_INPUT)
    for kind, (message, code) in _MESSAGES.items():
        if isinstance(error.original_error, kind):
            return _replace(error, message, code)
    return _replace(error, INTERNAL, codes.INTERNAL)


def _with_code(error: GraphQLError) -> GraphQLError:
    return error if "code" in (error.extensions or {}) else _replace(error, error.message, _code(error))


def _code(error: GraphQLError) -> str:
    """The code of an error that brings none: of GraphQL itself, or of a value that a client gave."""
    if isinstance(error, GraphQLSyntaxError):
        return codes.PARSE_FAILED
    if error.message.startswith(_NULL):
        return codes.INTERNAL
    return codes.BAD_USER_INPUT if error.path or _VARIABLE.match(error.message) else codes.VALIDATION_FAILED


def _replace(error: GraphQLError, message: str, code: str | None = None) -> GraphQLError:
    extensions = {**(error.extensions or {}), **({"code": code} if code else {})}
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)
