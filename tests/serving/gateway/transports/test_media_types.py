import pytest

from serving.gateway.transports.media_types import (
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    HTML,
    JSON,
    MULTIPART,
    MediaRange,
    parse_accept,
    preferred,
)

SINGLE = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)
MANY = (EVENT_STREAM, MULTIPART)
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
APOLLO = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "single", "many"),
    [
        ("", None, None),
        ("*/*", JSON, None),
        ("application/*", JSON, None),
        ("text/*", None, None),
        (URQL, GRAPHQL_RESPONSE, EVENT_STREAM),
        (APOLLO, JSON, MULTIPART),
        ('multipart/mixed; boundary="graphql"; subscriptionSpec="1.0", application/json', JSON, MULTIPART),
        ("multipart/mixed;deferSpec=20220824,application/json", JSON, None),
        (f"{GRAPHQL_RESPONSE},{JSON};q=0.9", GRAPHQL_RESPONSE, None),
        (f"{GRAPHQL_RESPONSE};q=0.5, {JSON}", JSON, None),
        ("TEXT/EVENT-STREAM", EVENT_STREAM, EVENT_STREAM),
        ("text/event-stream, application/json", JSON, EVENT_STREAM),
        ("text/event-stream, application/json;q=0.4", EVENT_STREAM, EVENT_STREAM),
        ("text/event-stream;q=0.1, multipart/mixed", EVENT_STREAM, MULTIPART),
        ("text/event-stream;q=0, application/json", JSON, None),
        ("application/json;q=0, */*", GRAPHQL_RESPONSE, None),
        ("*/*, application/json;q=0", GRAPHQL_RESPONSE, None),
        ("application/json;q=0", None, None),
        ("application/jsonx, xapplication/json, application/json+x", None, None),
        ('x/y;a="text/event-stream, application/json"', None, None),
        (",;,  ,q=1", None, None),
    ],
)
def test_what_is_preferred(header: str, single: str | None, many: str | None) -> None:
    assert preferred(header, SINGLE) == single
    assert preferred(header, MANY) == many


def test_browsers_prefer_pages() -> None:
    assert preferred(BROWSER, (JSON, HTML)) == HTML
    assert preferred("*/*", (JSON, HTML)) == JSON


def test_parameters() -> None:
    assert parse_accept('a/B; C="x;,y" ;q=0.25, d/e') == [
        MediaRange("a/b", {"c": "x;,y"}, 0.25),
        MediaRange("d/e", {}, 1.0),
    ]
    assert [item.quality for item in parse_accept("a/b;q=x, a/b;q=-1, a/b;q=7, a/b;q=0.")] == [1, 1, 1, 0]
