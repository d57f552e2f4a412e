"""Tokens of a real signer: what is accepted, and that arguments come from them."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.rights import WRITABLE
from serving.setup import Settings
from serving.tokens import Tokens, TokensError
from tests.serving.clients import Watched, request
from tests.serving.listeners import USER

EC, OTHER, RSA = (
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP256R1()),
    rsa.generate_private_key(65537, 2048),
)
SOON = 4_000_000_000
OWN = "query ($userId: Long!) { getUserProfile(userId: $userId) { totalListenCount } }"


def jwk(algorithm: Any, key: Any, name: str, alg: str) -> dict[str, Any]:
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": name, "alg": alg, "use": "sig"}


KEYS = [jwk(jwt.algorithms.ECAlgorithm, EC, "ec", "ES256"), jwk(jwt.algorithms.RSAAlgorithm, RSA, "rsa", "RS256")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": KEYS}))
    return path


def signed(claims: Mapping[str, Any], key: Any = EC, kid: str = "ec", alg: str = "ES256") -> str:
    all_claims = {"exp": SOON, "sub": str(USER), "scope": "read", **claims}
    return jwt.encode({name: one for name, one in all_claims.items() if one is not None}, key, alg, {"kid": kid})


@pytest.mark.parametrize("token", [signed({}), signed({}, RSA, "rsa", "RS256")])
def test_tokens_that_are_accepted(path: Path, token: str) -> None:
    access = Tokens(path).access(token)
    assert access
    assert (access.name, access.read, access.topics, access.schema, access.until) == (
        str(USER),
        True,
        frozenset(),
        False,
        SOON,
    )


@pytest.mark.parametrize(
    ("scope", "topics", "schema"),
    [
        ("read write", WRITABLE, False),
        ("read write:artists schema", {"artists"}, True),
        ("read write artists albums", {"artists", "albums"}, False),
    ],
)
def test_scopes(path: Path, scope: str, topics: set[str], schema: bool) -> None:
    access = Tokens(path).access(signed({"scope": scope}))
    assert access
    assert access.topics == topics
    assert access.schema is schema


PUBLIC = KEYS[0]["x"]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "x" * 10_000,
        signed({}, OTHER),
        signed({}, EC, "rsa"),
        signed({}, EC, "none"),
        signed({}, PUBLIC, "ec", "HS256"),
        signed({}, None, "ec", "none"),
        signed({"exp": int(time.time()) - 60}),
        signed({"exp": None}),
        signed({"nbf": SOON}),
        signed({"scope": "admin"}),
        signed({"scope": ""}),
        signed({"scope": 5}),
        signed({})[:-4] + "AAAA",
    ],
)
def test_tokens_that_are_not(path: Path, token: str) -> None:
    assert Tokens(path).access(token) is None


def test_audience_and_issuer(path: Path) -> None:
    tokens = Tokens(path, "profiles", "https://issuer")
    good = {"aud": "profiles", "iss": "https://issuer"}
    assert tokens.access(signed(good))
    for wrong in ({}, {"aud": "other"}, {"iss": "https://evil"}):
        assert tokens.access(signed({**good, **wrong} if wrong else {})) is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "a"}]}'],
)
def test_files_that_cannot_be_used(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(TokensError, match="JWKS "):
        Tokens(path)


@pytest.fixture
def app(profile_store: Watched, path: Path) -> FastAPI:
    given = Settings({"recommender": "http://127.0.0.1:1"}, tokens=Tokens(path), claims={"userId": "sub"})
    return create_app(DEFAULT_SCHEMA, profile_store, given)


def answer(app: FastAPI, token: str, query: str, variables: Any = None) -> Any:
    headers = {"authorization": f"Bearer {token}"}
    return request(app, "POST", "/graphql", headers=headers, json={"query": query, "variables": variables}).json()


@pytest.mark.parametrize("variables", [None, {}, {"userId": USER}, {"userId": USER + 2}, {"userId": "x"}])
def test_an_argument_is_what_the_token_says(app: FastAPI, variables: Any) -> None:
    assert answer(app, signed({}), OWN, variables) == {"data": {"getUserProfile": {"totalListenCount": USER}}}


@pytest.mark.parametrize(
    "query",
    [
        "{ getUserProfile(userId: 7) { totalListenCount } }",
        f"{{ getUserProfile(userId: {USER}) {{ totalListenCount }} }}",
        "query ($other: Long!) { getUserProfile(userId: $other) { totalListenCount } }",
        "{ ...f } fragment f on Query { getUserProfile(userId: 7) { totalListenCount } }",
        OWN.replace("{ get", "{ other: getUserProfile(userId: 7) { __typename } get"),
    ],
)
def test_and_no_other(app: FastAPI, profile_store: Watched, query: str) -> None:
    profile_store.forget()
    errors = answer(app, signed({}), query, {"other": 7})["errors"]
    assert [error["extensions"]["code"] for error in errors] == ["FORBIDDEN"]
    assert errors[0]["message"] == "`userId` comes from your token: write `userId: $userId`"
    assert not profile_store.reads


def test_a_token_without_the_claim(app: FastAPI) -> None:
    (error,) = answer(app, signed({"sub": None}), OWN)["errors"]
    assert error["message"] == "your token has no claim 'sub' that `userId` could be"


def test_without_a_token_nobody_is_answered(app: FastAPI) -> None:
    for headers in ({}, {"authorization": "Bearer x"}, {"x-api-key": "x" * 16}):
        assert request(app, "POST", "/graphql", headers=headers, json={"query": OWN}).status_code == 401
