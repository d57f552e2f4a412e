"""API keys: a file says who may do what. It holds hashes of keys: who reads it has none of them."""

import base64
import binascii
import hashlib
import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from serving.rights import Access, RightsError, access_of

PREFIX = "sha256:"
"""Keys are random, and too many to try, so one fast hash is enough."""

KEY_BYTES = 32

FORM = "write `NAME sha256:HASH RIGHT ...`, one to a line: `python -m serving.make_key` makes such lines"

_NAME = re.compile(r"[\w.@-]{1,64}")
_HASH = re.compile(rf"{PREFIX}[0-9a-f]{{64}}")

log = logging.getLogger("serving")


class KeysError(Exception):
    """A file of API keys cannot be used; says why, and the remedy. It never repeats a key."""


class Keys:
    """The keys that are accepted; without any, `anybody` has this access.

    Attributes:
        path: the file that they are from, if it is one.
    """

    def __init__(self, keys: Mapping[str, Access] | None = None, anybody: Access = Access.READ) -> None:
        self.path: Path | None = None
        self._anybody = anybody
        self._known = {hash_of(key): access for key, access in (keys or {}).items()}

    def __bool__(self) -> bool:
        return bool(self._known)

    def access(self, given: str | None) -> Access | None:
        """What a given key is good for; None if it is not accepted.

        How long it takes tells nothing of a key: it is looked up by its hash, which nobody can choose.
        """
        return self._known.get(hash_of(given or "")) if self._known else self._anybody

    def holds(self, access: Access) -> bool:
        """Whether an access that was given still is."""
        return access in self._known.values() or (not self._known and access == self._anybody)

    def read(self, path: Path) -> None:
        """Accepts the keys of a file, and no others.

        Raises:
            KeysError: it cannot be used; what was accepted is so still.
        """
        self._known = check(path, lines_of(path))
        self.path = path

    def reload(self) -> None:
        """Reads the file again; what is wrong with it stands in the log, and those that were accepted still are."""
        try:
            if self.path:
                self.read(self.path)
                log.info("the keys of %s are accepted: %s", self.path, len(self._known))
        except KeysError as error:
            log.error("the keys stay as they are: %s", error)


OPEN = Keys(anybody=Access.WRITE)
"""No keys: whoever reaches the server may read and write."""


def hash_of(key: str) -> str:
    """The hash of a key, as it stands in a file."""
    return PREFIX + hashlib.sha256(key.encode(errors="replace")).hexdigest()


def new_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(KEY_BYTES)


def read_keys(path: Path) -> Keys:
    """The keys in a file: lines of a name, a hash and rights; empty ones and those that begin with # do not count.

    Raises:
        KeysError: the file cannot be read, has another line, or has no key.
    """
    keys = Keys()
    keys.read(path)
    return keys


def lines_of(path: Path) -> list[str]:
    """The lines of a file of keys. Raises KeysError."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise KeysError(f"keys {path}: {reason}: name a text file with --keys") from error


def check(path: Path, lines: list[str]) -> dict[str, Access]:
    """What each key is good for, by its hash. Raises KeysError."""
    return dict(_keys(path, lines))


def _keys(path: Path, lines: list[str]) -> Iterator[tuple[str, Access]]:
    names: set[str] = set()
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 3 or not _NAME.fullmatch(words[0]) or not _HASH.fullmatch(words[1]):
            raise KeysError(f"keys {path}:{number}: neither a name nor a hash: {FORM}")
        if words[0] in names:
            raise KeysError(f"keys {path}:{number}: there are two keys of the name {words[0]!r}: name one otherwise")
        names.add(words[0])
        try:
            yield words[1], access_of(words[0], words[2:])
        except RightsError as error:
            raise KeysError(f"keys {path}:{number}: {error}") from None
    if not names:
        raise KeysError(f"keys {path}: there is no key in it: {FORM}")


def given_key(headers: Mapping[str, str]) -> str | None:
    """The key that a request brings: in X-API-Key, or as the password that a browser asks its user for.

    Args:
        headers: by lower-case names.
    """
    key = headers.get("x-api-key")
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if key is not None or scheme.lower() != "basic":
        return key
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeError):
        return None
