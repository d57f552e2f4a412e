"""What the server answers for pages and files, and with which headers."""

import json

import pytest
from fastapi import FastAPI

from serving.website.pages import FOLDER, POLICY
from tests.parts import node
from tests.serving.clients import request

PAGES = {"/": "home", "/user/402": "user", "/user/402/2012": "year", "/artist/2041": "artist"}


@pytest.mark.parametrize(("path", "module"), PAGES.items())
def test_each_page_has_its_module_and_strict_headers(app: FastAPI, path: str, module: str) -> None:
    response = request(app, "GET", path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<script type="module" src="/website/{module}.js"></script>' in response.text
    assert response.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/nothing", "/user/", "/user/abc", "/user/-1", "/user/402/2012/3", "/artist/x", "/website/../pages.py"]
)
def test_what_is_not_there_has_a_page_that_says_so(app: FastAPI, path: str) -> None:
    response = request(app, "GET", path, headers={"accept": "text/html,*/*"})
    assert response.status_code == 404
    assert 'src="/website/missing.js"' in response.text
    assert response.headers["content-security-policy"] == POLICY
    assert request(app, "GET", path).json() == {"detail": "Not Found"}


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".html"))
def test_files_are_served_with_their_types(app: FastAPI, name: str) -> None:
    response = request(app, "GET", f"/website/{name}")
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == kinds[name.rpartition(".")[2]]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.content == (FOLDER / name).read_bytes()
    again = request(app, "GET", f"/website/{name}", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_pages_have_nothing_inline() -> None:
    text = (FOLDER / "page.html").read_text()
    assert " style=" not in text
    assert "<style" not in text
    assert " on" not in " ".join(text.split("<")[1:]).replace(" on this page", "")
    for path in FOLDER.glob("*.js"):
        assert not {"innerHTML", "outerHTML", "insertAdjacentHTML", "eval("} & set(path.read_text().split())


def test_ranges_of_days() -> None:
    """The arithmetic of ranges, in Node.js since it needs no browser."""
    script = f"""
        import("{(FOLDER / "range.js").as_uri()}").then(({{ bounds, buckets, label, period, read, shift, write }}) => {{
        const given = ["", "year=2012", "month=2012-12", "from=2012-02-27&to=2012-03-01",
            "from=2012-03-02&to=2012-03-01", "from=2012-02-30&to=2012-03-01", "month=2012-13",
            "year=0000", "year=9999", "year=12"];
        const ranges = given.map((text) => read(new URLSearchParams(text)));
        const previous = ranges.map((range) => shift(range, -1));
        console.log(JSON.stringify({{
            written: ranges.map((range) => new URLSearchParams(write(range)).toString()),
            bounds: ranges.slice(0, 4).map(bounds),
            previous: previous.slice(0, 4).map((range) => range && bounds(range)),
            labels: ranges.slice(0, 4).map(label),
            periods: ranges.slice(0, 4).map((range) => period(range, 3000)),
            weeks: buckets("2012-01-01", "2012-01-24", "WEEK"),
            months: buckets("2011-11-05", "2012-02-01", "MONTH"),
            edges: [shift({{ kind: "year", year: 1 }}, -1), shift({{ kind: "year", year: 9998 }}, 1)],
        }}));
        }});
    """
    found = json.loads(node.run(script, []))
    assert found["written"][:4] == ["", "year=2012", "month=2012-12", "from=2012-02-27&to=2012-03-01"]
    assert found["written"][4:] == [""] * 6
    assert found["bounds"] == [
        {"from": None, "to": None},
        {"from": "2012-01-01", "to": "2013-01-01"},
        {"from": "2012-12-01", "to": "2013-01-01"},
        {"from": "2012-02-27", "to": "2012-03-02"},
    ]
    assert found["previous"] == [
        None,
        {"from": "2011-01-01", "to": "2012-01-01"},
        {"from": "2012-11-01", "to": "2012-12-01"},
        {"from": "2012-02-23", "to": "2012-02-27"},
    ]
    assert found["labels"] == ["All time", "2012", "December 2012", "27 February 2012 – 1 March 2012"]
    assert found["periods"] == ["MONTH", "WEEK", "DAY", "DAY"]
    assert found["weeks"] == ["2011-12-26", "2012-01-02", "2012-01-09", "2012-01-16", "2012-01-23"]
    assert found["months"] == ["2011-11-01", "2011-12-01", "2012-01-01"]
    assert found["edges"] == [None, None]
