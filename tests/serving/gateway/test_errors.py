import logging

import pytest
from fastapi import FastAPI
from graphql import GraphQLError

from serving.gateway.errors import INTERNAL, STORE_UNAVAILABLE, SchemaError, for_client
from tests.serving.clients import SECRET, UNREACHABLE, Watched, ask
from tests.serving.listeners import FULL, USER


@pytest.mark.parametrize(
    ("failure", "message", "code"),
    [
        (UNREACHABLE, STORE_UNAVAILABLE, "SERVICE_UNAVAILABLE"),
        (ZeroDivisionError(SECRET), INTERNAL, "INTERNAL_SERVER_ERROR"),
    ],
)
def test_faults_are_logged_in_full_and_clients_do_not_see_them(
    app: FastAPI, profile_store: Watched, caplog: pytest.LogCaptureFixture, failure: Exception, message: str, code: str
) -> None:
    profile_store.failure = failure
    answer = ask(app, FULL, {"userId": USER})
    assert answer == {
        "data": {"getUserProfile": None},
        "errors": [
            {
                "message": message,
                "locations": [{"line": 3, "column": 3}],
                "path": ["getUserProfile"],
                "extensions": {"code": code},
            }
        ],
    }
    assert SECRET in caplog.text
    assert "Traceback" in caplog.text


def test_a_fault_of_many_fields_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    errors = [GraphQLError(SECRET, path=["a", i], original_error=UNREACHABLE) for i in range(30)]
    assert {error.message for error in for_client(errors)} == {STORE_UNAVAILABLE}
    assert len(caplog.records) == 1


def test_mistakes_of_clients_are_told_and_not_logged(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "serving")
    caplog.set_level(logging.INFO, "strawberry")
    assert "Cannot query field" in ask(app, "{ nothing }")["errors"][0]["message"]
    assert not caplog.records


def test_schema_error_has_a_line_for_each_problem_once() -> None:
    assert str(SchemaError(["a", "b", "a"])) == "a\nb"
