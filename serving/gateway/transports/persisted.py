"""Documents that clients name rather than send: those they sent before, or those of a list that the server trusts."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from serving.gateway import codes
from serving.gateway.transports.operations import Operation, RequestError

MOST_BYTES = 10_000_000
"""Of the documents that are remembered."""

NOT_FOUND = "PersistedQueryNotFound"
"""The message that clients know: they send the document then."""


class DocumentsError(Exception):
    """A file of trusted documents cannot be used; says why, and the remedy."""


class Persisted(Protocol):
    """Where the text of a document comes from."""

    def text(self, operation: Operation) -> str:
        """The text of an operation's document.

        Raises:
            RequestError: there is none, or it is not answered.
        """


class RememberedDocuments:
    """Automatic persisted queries: a document that was sent with its hash once is known by the hash from then on.

    What was asked longest ago is forgotten first.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._texts: OrderedDict[str, str] = OrderedDict()

    def text(self, operation: Operation) -> str:
        """The text that was sent, now or before; remembers it."""
        if operation.identifier is None:
            return operation.text or ""
        if operation.text:
            return self._remember(operation.identifier, operation.text)
        if operation.identifier not in self._texts:
            raise _not_found()
        self._texts.move_to_end(operation.identifier)
        return self._texts[operation.identifier]

    def _remember(self, identifier: str, text: str) -> str:
        if identifier != digest(text):
            raise RequestError(
                400, codes.BAD_REQUEST, "the hash is not the SHA-256 of the query: send both as they are"
            )
        if identifier not in self._texts:
            self._texts[identifier] = text
            self._bytes += len(text)
        while self._bytes > self._most:
            self._bytes -= len(self._texts.popitem(last=False)[1])
        return text


class TrustedDocuments:
    """A list of documents, which are answered and no others; by their identifiers, hashes or texts."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {**{digest(text): text for text in texts.values()}, **texts}

    def text(self, operation: Operation) -> str:
        """The text in the list."""
        if operation.text:
            return self._known(operation.text)
        found = self._texts.get(operation.identifier or "")
        if found is None:
            raise _not_found()
        return found

    def _known(self, text: str) -> str:
        if digest(text) not in self._texts:
            message = "this document is not among those that the server answers: add it to the file of --documents"
            raise RequestError(403, codes.NOT_TRUSTED, message)
        return text


def read_documents(path: Path) -> TrustedDocuments:
    """The documents of a file: an object from identifiers to texts, or a manifest of Apollo's.

    The first is what graphql-codegen and Relay's compiler write.

    Raises:
        DocumentsError: the file cannot be read, or is neither.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentsError(f"documents {path}: {reason}: name a JSON file with --documents") from error
    texts = dict(_texts(given))
    if not texts or not all(isinstance(text, str) for text in texts.values()):
        raise DocumentsError(f'documents {path}: write {{"ID": "query …", …}}, or a manifest of persisted queries')
    return TrustedDocuments(texts)


def _texts(given: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(given, dict):
        return
    operations = given.get("operations")
    if not isinstance(operations, list):
        yield from given.items()
        return
    for operation in operations:
        if isinstance(operation, dict):
            yield str(operation.get("id")), operation.get("body")


def digest(text: str) -> str:
    """The hash by which clients name a document: SHA-256, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _not_found() -> RequestError:
    return RequestError(200, codes.PERSISTED_QUERY_NOT_FOUND, NOT_FOUND)
