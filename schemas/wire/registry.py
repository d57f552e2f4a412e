"""A client of Confluent's schema registry, as far as messages need it: schemas by number, and numbers of schemas.

`mock://NAME` is a registry in this process, for tests; all that have one name are one. A registry that asks who wants
to know is told so from the environment: SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD, or SCHEMA_REGISTRY_TOKEN.
SCHEMA_REGISTRY_CA is a file with the certificates that are trusted for https, in place of those of the system.
"""

import base64
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

SECONDS = 10.0
"""How long a registry may take to answer."""

AVRO, JSON, PROTOBUF = "AVRO", "JSON", "PROTOBUF"
"""The kinds of schemas."""

_TYPE = "application/vnd.schemaregistry.v1+json"
_NOT_FOUND = 404
_REFUSED = (401, 403)
_FAILED, _LATER = 500, (408, 429)


class RegistryError(Exception):
    """The registry does not answer, or refuses; says which, and why."""


class RegistryAwayError(RegistryError):
    """The registry does not answer, or not now."""


class Reference(NamedTuple):
    """A schema which another names, and how."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True)
class Schema:
    """A schema: its text, its kind, and the schemas which it names."""

    text: str
    kind: str = AVRO
    references: tuple[Reference, ...] = ()


class Registry(Protocol):
    """Keeps schemas. All methods raise RegistryError when it cannot be reached."""

    def register(self, subject: str, schema: Schema) -> int:
        """The number of a schema, which is registered for `subject` unless it is there."""

    def schema(self, number: int, form: str | None = None) -> Schema | None:
        """The schema of a number, its text in the form `serialized` if that is asked for (of Protobuf)."""

    def version(self, subject: str, version: int, form: str | None = None) -> Schema | None:
        """The schema that is a version of a subject."""


def registry(url: str) -> Registry:
    """The registry at `http://…`, `https://…` or `mock://NAME`.

    Raises:
        RegistryError: the URL has another form, or holds a password.
    """
    if url.startswith("mock://"):
        return _mocks.setdefault(url, MockRegistry())
    if url.startswith(("http://", "https://")):
        if "@" in urlsplit(url).netloc:
            raise RegistryError(
                "the URL of the schema registry holds a password, which a list of processes shows: leave it out, and "
                "set SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD"
            )
        return HttpRegistry(url.rstrip("/"))
    raise RegistryError(f"schema registry {url!r} is of no known form: use http://, https:// or mock://NAME")


class MockRegistry:
    """A registry in this process."""

    def __init__(self) -> None:
        self._schemas: list[Schema] = []
        self._subjects: dict[str, list[Schema]] = {}

    def register(self, subject: str, schema: Schema) -> int:
        for kept in (self._schemas, self._subjects.setdefault(subject, [])):
            if schema not in kept:
                kept.append(schema)
        return self._schemas.index(schema) + 1

    def schema(self, number: int, form: str | None = None) -> Schema | None:
        return self._schemas[number - 1] if 0 < number <= len(self._schemas) else None

    def version(self, subject: str, version: int, form: str | None = None) -> Schema | None:
        versions = self._subjects.get(subject, [])
        return versions[version - 1] if 0 < version <= len(versions) else None


_mocks: dict[str, MockRegistry] = {}


class HttpRegistry:
    """A registry that speaks Confluent's REST interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def register(self, subject: str, schema: Schema) -> int:
        body: dict[str, Any] = {"schema": schema.text}
        if schema.kind != AVRO:
            body["schemaType"] = schema.kind
        return _number(self._ask(f"/subjects/{quote(subject, safe='')}/versions", body), self.url)

    def schema(self, number: int, form: str | None = None) -> Schema | None:
        return self._schema(f"/schemas/ids/{number}", form)

    def version(self, subject: str, version: int, form: str | None = None) -> Schema | None:
        return self._schema(f"/subjects/{quote(subject, safe='')}/versions/{version}", form)

    def _schema(self, path: str, form: str | None) -> Schema | None:
        answer = self._ask(f"{path}?format={form}" if form else path)
        return None if answer is None else _schema(answer, self.url)

    def _ask(self, path: str, body: Any = None) -> Any:
        """The answer; None where there is nothing of that number."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {**_headers(), **_authorization()})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=SECONDS, context=_trust(self.url)) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == _NOT_FOUND and data is None:
                return None
            kind = RegistryAwayError if error.code >= _FAILED or error.code in _LATER else RegistryError
            raise kind(f"schema registry {self.url}: {path}: {error.code} {error.reason}{_remedy(error)}") from error
        except (OSError, ValueError) as error:
            raise RegistryAwayError(f"schema registry {self.url} does not answer: {error}") from error


def _number(answer: Any, url: str) -> int:
    try:
        return int(answer["id"])
    except (KeyError, TypeError, ValueError):
        raise RegistryError(f"schema registry {url} does not answer with the number of a schema") from None


def _schema(answer: Any, url: str) -> Schema:
    try:
        references: Sequence[Any] = answer.get("references") or ()
        found = tuple(Reference(str(r["name"]), str(r["subject"]), int(r["version"])) for r in references)
        return Schema(str(answer["schema"]), str(answer.get("schemaType") or AVRO), found)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RegistryError(f"schema registry {url} does not answer with a schema") from None


def _headers() -> dict[str, str]:
    return {"content-type": _TYPE, "accept": f"{_TYPE}, application/json"}


def _authorization() -> dict[str, str]:
    if token := os.environ.get("SCHEMA_REGISTRY_TOKEN"):
        return {"authorization": f"Bearer {token}"}
    if user := os.environ.get("SCHEMA_REGISTRY_USER"):
        given = f"{user}:{os.environ.get('SCHEMA_REGISTRY_PASSWORD', '')}".encode()
        return {"authorization": f"Basic {base64.b64encode(given).decode()}"}
    return {}


def _trust(url: str) -> ssl.SSLContext | None:
    file = os.environ.get("SCHEMA_REGISTRY_CA")
    return ssl.create_default_context(cafile=file) if file and url.startswith("https://") else None


def _remedy(error: urllib.error.HTTPError) -> str:
    if error.code not in _REFUSED:
        return ""
    return ": set SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD, or SCHEMA_REGISTRY_TOKEN"
