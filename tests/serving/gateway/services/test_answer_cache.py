"""Answers are given again as long as the service allows, and no more of them are kept than there may be."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from serving.gateway.services.answer_cache import AnswerCache, freshness
from serving.gateway.services.rest_call import Answer, Call
from serving.gateway.services.transport import Services
from tests.serving.services import response, says

HOUR = {"cache-control": "max-age=3600"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": 'public, MAX-AGE="60"'}, 60),
        ({"cache-control": "max-age=60, s-maxage=5"}, 5),
        ({"cache-control": "max-age=60", "age": "50"}, 10),
        ({"cache-control": "max-age=60", "age": "70"}, -10),
        ({"cache-control": "max-age=60, private"}, 0),
        ({"cache-control": "no-store, max-age=60"}, 0),
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=x"}, 0),
        ({"cache-control": "max-age=99999999999999"}, 0),
        ({"cache-control": "max-age=60", "vary": "Accept-Encoding"}, 60),
        ({"cache-control": "max-age=60", "vary": "Cookie"}, 0),
        ({"cache-control": "max-age=60", "vary": "*"}, 0),
    ],
)
def test_freshness(headers: Mapping[str, str], seconds: int) -> None:
    assert freshness(headers) == seconds


def call(number: int, method: str = "GET") -> Call:
    return Call(method, f"http://s/{number}", None)


def test_what_is_not_kept() -> None:
    cache = AnswerCache(100)
    for method, status, headers in (
        ("POST", 200, HOUR),
        ("GET", 404, HOUR),
        ("GET", 200, {"cache-control": "max-age=0"}),
    ):
        cache.put(call(1, method), Answer(status, b"x"), headers)
        assert cache.get(call(1, method)) is None
    cache.put(call(1), Answer(200, b"x" * 101), HOUR)
    assert cache.get(call(1)) is None


def test_the_bytes_that_are_kept_are_bounded() -> None:
    cache = AnswerCache(100)
    for number in range(10):
        cache.put(call(number), Answer(200, b"x" * 30), HOUR)
        assert cache.get(call(0))
    assert [number for number in range(10) if cache.get(call(number))] == [0, 8, 9]
    for _ in range(10):
        cache.put(call(9), Answer(200, b"y" * 100), HOUR)
    assert cache.get(call(9)) == Answer(200, b"y" * 100)
    assert cache.get(call(0)) is None


@pytest.mark.parametrize(("headers", "calls"), [(("cache-control: max-age=60",), 1), ((), 3)])
def test_a_service_is_called_again_if_it_does_not_allow_otherwise(headers: tuple[str, ...], calls: int) -> None:
    async def run(url: str) -> list[Answer]:
        async with aclosing(Services({"service": url})) as services:
            return [await services.fetch(Call("GET", "http://service/x", None)) for _ in range(3)]

    with says(response(b"{}", "200 OK", *headers)) as (url, seen):
        assert asyncio.run(run(url)) == [Answer(200, b"{}")] * 3
    assert len(seen) == calls
