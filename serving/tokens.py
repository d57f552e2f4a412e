"""JSON Web Tokens (RFC 7519) as another way in: signed by one of the keys of a JWKS file (RFC 7517).

A token must have an end, `exp`, and the rights in `scope`, as in OAuth (RFC 8693): `read write:listeningevents schema`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt

from serving.rights import Access, RightsError, access_of

ALGORITHMS = ("ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
"""Signatures which are checked with a public key: a secret shared with the server would let it make tokens."""

LEEWAY = 10
"""Seconds by which clocks may differ."""

LONGEST = 8192
"""Characters of a token that are looked at."""


class TokensError(Exception):
    """A JWKS file cannot be used; says why, and the remedy."""


class Tokens:
    """The tokens that are accepted.

    Attributes:
        path: of the JWKS file.
        audience, issuer: what a token must name as `aud` and `iss`, if they are given.
    """

    def __init__(self, path: Path, audience: str | None = None, issuer: str | None = None) -> None:
        """Reads the file.

        Raises:
            TokensError: it cannot be used.
        """
        self.path, self.audience, self.issuer = path, audience, issuer
        self._keys = _keys(path)

    def reload(self) -> None:
        """Reads the file again.

        Raises:
            TokensError: it cannot be used; the keys stay as they are.
        """
        self._keys = _keys(self.path)

    def access(self, token: str) -> Access | None:
        """What a token is good for; None if it is not accepted."""
        try:
            claims = self._claims(token)
            words = str(claims.get("scope", "")).replace(":", " ").split()
            access = access_of(str(claims.get("sub", "token")), words)
        except (jwt.PyJWTError, RightsError, ValueError):
            return None
        return Access(access.name, access.read, access.topics, access.schema, (), claims, float(claims["exp"]))

    def _claims(self, token: str) -> Mapping[str, Any]:
        header = jwt.get_unverified_header(token[:LONGEST])
        key = self._keys.get(str(header.get("kid", "")))
        if key is None or header.get("alg") != key.algorithm_name:
            raise jwt.InvalidKeyError
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=self.audience,
            issuer=self.issuer,
            leeway=LEEWAY,
            options={"require": ["exp"], "verify_aud": self.audience is not None},
        )
        return claims


def _keys(path: Path) -> dict[str, jwt.PyJWK]:
    """The keys of a JWKS file by their ids; a key without one has the id ""."""
    try:
        found = jwt.PyJWKSet.from_dict(json.loads(path.read_text(encoding="utf-8"))).keys
    except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
        raise TokensError(f"JWKS {path}: {error}: name a JSON Web Key Set with --jwks") from error
    keys = {str(key.key_id or ""): key for key in found}
    if wrong := sorted({str(key.algorithm_name) for key in found} - {*ALGORITHMS}):
        raise TokensError(f"JWKS {path}: {', '.join(wrong)} has no public key: use one of {', '.join(ALGORITHMS)}")
    return keys
