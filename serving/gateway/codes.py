"""The codes of errors, by which clients tell them apart: `extensions.code` of each."""

from graphql import GraphQLError

BAD_REQUEST = "BAD_REQUEST"
"""What came is no operation of GraphQL over HTTP, or over a WebSocket."""

BAD_USER_INPUT = "BAD_USER_INPUT"
"""A variable or an argument cannot be used."""

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
NO_OPERATION = "OPERATION_RESOLUTION_FAILURE"
"""Which operation of a document is meant is not said, or there is none of that name."""

NOT_ACCEPTED = "OPERATION_NOT_ACCEPTED"
"""This kind of operation does not go this way, as a subscription by plain HTTP."""

UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
"""The server answers the documents of its list alone, and this one is not among them."""

TOO_MANY = "TOO_MANY_REQUESTS"
TOO_LARGE = "PAYLOAD_TOO_LARGE"
NOT_FOUND = "NOT_FOUND"
TIMEOUT = "TIMEOUT"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
"""The store or Kafka cannot be reached: what was asked may succeed later."""

BUSY = "SERVER_BUSY"
"""The server has no time: what was asked may succeed later."""

DOWNSTREAM = "DOWNSTREAM_SERVICE_ERROR"
"""A service that the schema calls failed."""

INTERNAL = "INTERNAL_SERVER_ERROR"


def refusal(message: str, code: str) -> GraphQLError:
    """An error with a code."""
    return GraphQLError(message, extensions={"code": code})
