"""A client of Confluent's schema registry, as far as messages need it: schemas by number, and numbers of schemas.

`mock://NAME` is a registry in this process, for tests; all that have one name are one.
"""

import json
import urllib.error
import urllib.request
from typing import Any, Protocol

SECONDS = 10.0
"""How long a registry may take to answer."""

_TYPE = "application/vnd.schemaregistry.v1+json"
_NOT_FOUND = 404


class RegistryError(Exception):
    """The registry does not answer, or refuses; says which, and why."""


class Registry(Protocol):
    """Keeps schemas. All methods raise RegistryError when it cannot be reached."""

    def register(self, subject: str, schema: str) -> int:
        """The number of a schema, which is registered for `subject` unless it is there."""

    def schema(self, number: int) -> str | None:
        """The schema of a number."""


def registry(url: str) -> Registry:
    """The registry at `http://…`, `https://…` or `mock://NAME`.

    Raises:
        RegistryError: the URL has another form.
    """
    if url.startswith("mock://"):
        return _mocks.setdefault(url, MockRegistry())
    if url.startswith(("http://", "https://")):
        return HttpRegistry(url.rstrip("/"))
    raise RegistryError(f"schema registry {url!r} is of no known form: use http://, https:// or mock://NAME")


class MockRegistry:
    """A registry in this process."""

    def __init__(self) -> None:
        self._schemas: list[str] = []

    def register(self, subject: str, schema: str) -> int:
        if schema not in self._schemas:
            self._schemas.append(schema)
        return self._schemas.index(schema) + 1

    def schema(self, number: int) -> str | None:
        return self._schemas[number - 1] if 0 < number <= len(self._schemas) else None


_mocks: dict[str, MockRegistry] = {}


class HttpRegistry:
    """A registry that speaks Confluent's REST interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def register(self, subject: str, schema: str) -> int:
        answer = self._ask(f"/subjects/{subject}/versions", {"schema": schema})
        return int(answer["id"])

    def schema(self, number: int) -> str | None:
        answer = self._ask(f"/schemas/ids/{number}")
        return None if answer is None else str(answer["schema"])

    def _ask(self, path: str, body: Any = None) -> Any:
        """The answer; None where there is nothing of that number."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": _TYPE, "accept": _TYPE})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == _NOT_FOUND and data is None:
                return None
            raise RegistryError(f"schema registry {self.url}: {path}: {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            raise RegistryError(f"schema registry {self.url} does not answer: {error}") from error
