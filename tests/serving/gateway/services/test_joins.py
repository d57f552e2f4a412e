"""Calls with placeholders, through the schema: joins, many keys in one call, headers, and what comes of failures."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from serving.gateway.context import Context
from serving.gateway.schema import build_schema
from serving.gateway.services.transport import Services
from serving.gateway.topics.server_topics import Topics
from tests.serving.clients import Watched, execute
from tests.serving.services import response, says

SDL = """
type Query {
    albums(of: [Int!]): [Album!]! @rest(url: "http://s/albums?id={of}", select: "data.items")
    album(id: Int!): Album @rest(url: "http://s/one/{id}")
    names(prefix: String!): [String!] @rest(url: "http://s/names/{prefix}.json")
    count: Int! @rest(url: "http://s/count", select: "n")
    mine: [String] @rest(url: "http://s/headers", forward: ["Accept-Language", "X-Absent"],
        headers: ["Authorization: Bearer {secret.TOKEN}", "X-Fixed: 1"])
    detailed: Album @rest(url: "http://s/detailed")
    fail(how: String!): Album @rest(url: "http://s/fail/{how}")
}
type Mutation {
    put(id: Int!, title: String): Album
        @rest(url: "http://s/one/{id}", httpMethod: PUT, body: "{\\"title\\": \\"{title}\\", \\"by\\": [\\"<{id}>\\"]}")
    patch(id: Int!): Album @rest(url: "http://s/one/{id}", httpMethod: PATCH)
    delete(id: Int!): Album @rest(url: "http://s/one/{id}", httpMethod: DELETE)
    post(how: String!): Album @rest(url: "http://s/fail/{how}", httpMethod: POST)
}
type Album {
    albumId: Long
    title: String
    cover: Cover @rest(url: "http://s/covers/{albumId}")
    art: Cover @rest(url: "http://s/art?id={albumId}", batchBy: "id")
    posted: Cover @rest(url: "http://s/art", httpMethod: POST, body: "{\\"ids\\": \\"{albumId}\\"}",
        batchBy: "id", select: "found")
    tags(least: Int = 0): [Tag!] @rest(url: "http://s/tags/{albumId}?least={least}", batchBy: "of")
}
type Cover { id: Int url: String }
type Tag { of: Int name: String }
"""

SCHEMA = build_schema(SDL, secrets={"TOKEN": "t0p"})


class Shop:
    """A service, and the requests that it was sent."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.app = FastAPI()
        self.app.add_api_route("/{path:path}", self.answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])

    async def answer(self, path: str, request: Request) -> Any:
        body = (await request.body()).decode()
        query = f"?{request.url.query}" if request.url.query else ""
        self.seen.append(f"{request.method} {path}{query}{' ' + body if body else ''}")
        first, _, rest = path.partition("/")
        keys = [int(one) for one in request.query_params.getlist("id")]
        if first == "albums":
            return {
                "data": {"items": [{"albumId": one, "title": f"t{one}"} for one in keys or (1, 2, 3, 2, None, "4")]}
            }
        if first == "one":
            return (
                Response(None, 204) if request.method == "DELETE" else {"albumId": int(rest), "title": request.method}
            )
        if path == "art" and request.method == "GET":
            return [{"id": one, "url": f"u{one}"} for one in reversed(keys) if one != 3]
        if path == "art":
            return {"found": [{"id": str(one), "url": f"p{one}"} for one in (await request.json())["ids"]]}
        if first == "covers":
            return {"id": int(rest), "url": f"c{rest}"}
        if first == "tags":
            return [{"of": int(one), "name": name} for one in rest.split(",") for name in "ab" if one != "2"]
        if first == "fail":
            return self.failure(rest)
        if first == "detailed":
            return JSONResponse({"detail": "id must be below 10"}, 400)
        headers = [
            request.headers.get(name, "-") for name in ("accept-language", "x-absent", "authorization", "x-fixed")
        ]
        return {"names": ["x", "y"], "headers": headers, "count": {"n": len(self.seen)}}[first]

    def failure(self, how: str) -> Any:
        """A service that comes to itself, or never does."""
        if how == "busy" and len(self.seen) < 3:
            return Response(None, 503)
        return Response("{}", {"busy": 200, "broken": 500, "gone": 504}[how])


@pytest.fixture
def shop() -> Shop:
    return Shop()


def ask(shop: Shop, store: Watched, query: str, variables: Mapping[str, Any] | None = None) -> tuple[Any, list[str]]:
    return execute(SCHEMA, store, query, variables, services={"s": shop.app})


def test_many_keys_are_one_call(shop: Shop, profile_store: Watched) -> None:
    data, errors = ask(shop, profile_store, "{ albums { art { id url } tags { name } } }")
    arts = [{"id": 1, "url": "u1"}, {"id": 2, "url": "u2"}, None, {"id": 2, "url": "u2"}, None, {"id": 4, "url": "u4"}]
    tags = [{"name": "a"}, {"name": "b"}]
    assert (data["albums"], errors) == (
        [{"art": art, "tags": t} for art, t in zip(arts, [tags, [], tags, [], None, tags], strict=True)],
        [],
    )
    assert shop.seen[0] == "GET albums"
    assert sorted(shop.seen[1:]) == ["GET art?id=1&id=2&id=3&id=4", "GET tags/1,2,3,4?least=0"]


def test_calls_that_differ_otherwise_are_several(shop: Shop, profile_store: Watched) -> None:
    query = "{ albums(of: [7, 8]) { tags(least: 1) { name } more: tags(least: 2) { name } posted { url } } }"
    data, errors = ask(shop, profile_store, query)
    assert errors == []
    assert [one["posted"] for one in data["albums"]] == [{"url": "p7"}, {"url": "p8"}]
    assert sorted(shop.seen[1:]) == ["GET tags/7,8?least=1", "GET tags/7,8?least=2", 'POST art {"ids":[7,8]}']


def test_more_keys_than_a_call_may_ask_for(shop: Shop, profile_store: Watched) -> None:
    query = "query ($of: [Int!]) { albums(of: $of) { art { id } } }"
    data, errors = ask(shop, profile_store, query, {"of": [*range(1000, 1250)]})
    assert errors == []
    assert [one["art"]["id"] for one in data["albums"]] == [*range(1000, 1250)]
    assert [one.count("id=") for one in shop.seen[1:]] == [100, 100, 50]


def test_plans_and_the_executor_join_alike(shop: Shop, profile_store: Watched) -> None:
    query = "{ albums(of: [5, 6]) { art { id url } cover { url } } }"

    async def run() -> Any:
        topics = Topics(profile_store)
        data = await SCHEMA.prepared.answer(query, None, {}, Context(topics, Services({"s": shop.app})))
        topics.close()
        return data

    planned, calls = asyncio.run(run()), [*shop.seen]
    shop.seen.clear()
    data, errors = ask(shop, profile_store, query)
    assert (
        planned == data == {"albums": [{"art": {"id": i, "url": f"u{i}"}, "cover": {"url": f"c{i}"}} for i in (5, 6)]}
    )
    assert errors == []
    assert sorted(shop.seen) == sorted(calls)


def test_a_join_without_a_key_is_null(shop: Shop, profile_store: Watched) -> None:
    data, _ = ask(shop, profile_store, "{ albums { cover { id } } }")
    assert [one["cover"] and one["cover"]["id"] for one in data["albums"]] == [1, 2, 3, 2, None, 4]
    assert sorted(shop.seen[1:]) == [f"GET covers/{key}" for key in (1, 2, 3, 4)]


def test_methods_bodies_and_nothing(shop: Shop, profile_store: Watched) -> None:
    query = 'mutation { put(id: 1, title: "a\\"}") { title } patch(id: 2) { title } delete(id: 3) { title } }'
    assert ask(shop, profile_store, query) == (
        {"put": {"title": "PUT"}, "patch": {"title": "PATCH"}, "delete": None},
        [],
    )
    assert shop.seen == ['PUT one/1 {"title":"a\\"}","by":["<1>"]}', "PATCH one/2", "DELETE one/3"]


def test_scalars_and_lists_of_them(shop: Shop, profile_store: Watched) -> None:
    data, errors = ask(shop, profile_store, '{ count names(prefix: "a/b") }')
    assert (data["names"], errors) == (["x", "y"], [])
    assert isinstance(data["count"], int)
    assert "GET names/a/b.json" in shop.seen  # a%2Fb, as the service decodes it


def test_headers(shop: Shop, profile_store: Watched) -> None:
    class Connection:
        headers: ClassVar = {"accept-language": "de", "authorization": "Bearer of the client", "x-other": "1"}

    async def run() -> Any:
        topics = Topics(profile_store)
        context = Context(topics, Services({"s": shop.app}))
        context.request = Connection()  # type: ignore[assignment]
        result = await SCHEMA.execute("{ mine }", {}, context)
        topics.close()
        return result.data

    assert asyncio.run(run()) == {"mine": ["de", "-", "Bearer t0p", "1"]}


@pytest.mark.parametrize(
    ("query", "calls", "message"),
    [
        ('{ fail(how: "busy") { title } }', 3, None),
        ('{ fail(how: "gone") { title } }', 3, "service 's' answered with status 504"),
        ('{ fail(how: "broken") { title } }', 1, "service 's' answered with status 500"),
        ('mutation { post(how: "busy") { title } }', 1, "service 's' answered with status 503"),
    ],
)
def test_only_calls_that_may_be_repeated_are(
    shop: Shop, profile_store: Watched, query: str, calls: int, message: str | None
) -> None:
    _, errors = ask(shop, profile_store, query)
    assert errors == ([message] if message else [])
    assert len(shop.seen) == calls


def test_what_a_service_of_this_server_says_is_told(shop: Shop, profile_store: Watched) -> None:
    assert ask(shop, profile_store, "{ detailed { title } }") == ({"detailed": None}, ["id must be below 10"])


def test_what_another_service_says_is_not(profile_store: Watched) -> None:
    with says(response(b'{"detail": "password"}', "400 Bad Request")) as (url, _):
        answer = execute(SCHEMA, profile_store, "{ detailed { title } }", services={"s": url})
    assert answer == ({"detailed": None}, ["service 's' answered with status 400"])
