from typing import Any

import pytest

from serving.gateway.schema import build_schema
from tests.serving.clients import Watched, execute
from tests.serving.listeners import LARGEST

SCHEMA = build_schema("type Query { echo(n: Long): Echo } type Echo { n: Long }")
WANTED = "a whole number from -2^63 to 2^63 - 1 is wanted"


@pytest.mark.parametrize("number", [0, 5, -1, 2**53 + 1, LARGEST, -LARGEST - 1])
def test_exact(profile_store: Watched, number: int) -> None:
    literal = execute(SCHEMA, profile_store, f"{{ echo(n: {number}) {{ n }} }}")
    variable = execute(SCHEMA, profile_store, "query ($n: Long) { echo(n: $n) { n } }", {"n": number})
    assert literal == variable == ({"echo": {"n": number}}, [])


@pytest.mark.parametrize("value", [LARGEST + 1, -LARGEST - 2, "7", True, 1.5, 5.0, [1, 2], {"a": 1}, 1e400])
def test_refused_in_variables(profile_store: Watched, value: Any) -> None:
    data, (error,) = execute(SCHEMA, profile_store, "query ($n: Long) { echo(n: $n) { n } }", {"n": value})
    assert data is None
    assert error.startswith("Variable '$n' has invalid value: Long cannot represent ")
    assert error.endswith(WANTED)


@pytest.mark.parametrize("literal", [str(LARGEST + 1), "9" * 5000, '"7"', "true", "1.5", "RED", "[1, 2]", "{a: 1}"])
def test_refused_in_literals(profile_store: Watched, literal: str) -> None:
    data, (error, *_) = execute(SCHEMA, profile_store, f"{{ echo(n: {literal}) {{ n }} }}")
    assert data is None
    assert error.startswith("Long cannot represent ")
    assert error.endswith(WANTED)
    assert len(error) < 150
