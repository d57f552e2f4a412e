"""API keys: who may read, and who may also write."""

import base64
import binascii
import enum
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from pathlib import Path

SHORTEST = 16
"""Characters of the shortest key; shorter ones can be guessed."""


class KeysError(Exception):
    """A file of API keys cannot be used; says why, and the remedy. It never repeats a key."""


class Access(enum.Enum):
    """What a key is good for."""

    READ = "read"
    WRITE = "write"
    """Reading, mutations, and applying a schema."""


class Keys:
    """The keys that are accepted; without any, `anybody` has this access."""

    def __init__(self, keys: Mapping[str, Access] | None = None, anybody: Access = Access.READ) -> None:
        self._anybody = anybody
        self._digests = {_digest(key): access for key, access in (keys or {}).items()}

    def __bool__(self) -> bool:
        return bool(self._digests)

    def access(self, given: str | None) -> Access | None:
        """What a given key is good for; None if it is not accepted.

        It takes as long for any key of a length: digests are compared in constant time, and all of them.
        """
        if not self._digests:
            return self._anybody
        digest = _digest(given or "")
        found = [access for known, access in self._digests.items() if hmac.compare_digest(known, digest)]
        return found[0] if found else None


OPEN = Keys(anybody=Access.WRITE)
"""No keys: whoever reaches the server may read and write."""


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def read_keys(path: Path) -> Keys:
    """The keys in a file: lines of `read KEY` and `write KEY`; empty ones and those that begin with # do not count.

    Raises:
        KeysError: the file cannot be read, has another line, or has no key.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise KeysError(f"keys {path}: {reason}: name a text file with --keys") from error
    keys = dict(_keys(path, lines))
    if not keys:
        raise KeysError(f"keys {path}: there is no key in it: write `read KEY` or `write KEY`, one to a line")
    return Keys(keys)


def _keys(path: Path, lines: list[str]) -> Iterator[tuple[str, Access]]:
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or words[0] not in {access.value for access in Access}:
            raise KeysError(f"keys {path}:{number}: neither `read KEY` nor `write KEY`")
        if len(words[1]) < SHORTEST:
            raise KeysError(
                f"keys {path}:{number}: the key is too short: take one of {SHORTEST} characters at least, "
                "like those of `openssl rand -hex 16`"
            )
        yield words[1], Access(words[0])


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
