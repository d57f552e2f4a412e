"""The website as part of an application: one shell of HTML for all pages, and a module of JavaScript for each."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from string import Template

from fastapi import FastAPI
from fastapi.requests import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.convertors import Convertor, register_url_convertor

from serving.headers import COMMON, WithHeaders

FOLDER = Path(__file__).with_name("files")
SHELL = Template((FOLDER / "page.html").read_text(encoding="utf-8"))

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
"""Content-Security-Policy: this server alone, nothing inline, and no text ever becomes markup or code."""

HEADERS = {**COMMON, "content-security-policy": POLICY, "cache-control": "no-cache"}


class Id(Convertor[str]):
    """Digits of a path, as many as an id may have: more are no address of any page."""

    regex = "[0-9]{1,19}"

    def convert(self, value: str) -> str:
        """The digits; pages read them by themselves."""
        return value

    def to_string(self, value: str) -> str:
        """The digits."""
        return value


register_url_convertor("id", Id())

PAGES = {
    "home": "/",
    "artist": "/artist/{artist:id}",
    "user": "/user/{user:id}",
    "year": "/user/{user:id}/{year:id}",
}
"""The path of each page; its module has its name."""


def add_to(app: FastAPI, *, graphiql: bool) -> None:
    """Adds the website to an application; `graphiql`: whether its pages lead to their queries in GraphiQL."""
    query = '<a id="query" href="/graphql">this GraphQL query</a>' if graphiql else "one GraphQL query"

    def answer(module: str, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
        return HTMLResponse(SHELL.substitute(module=module, query=query), status, HEADERS)

    def page(module: str) -> Callable[[Request], Awaitable[HTMLResponse]]:
        async def endpoint(_request: Request) -> HTMLResponse:
            return answer(module)

        return endpoint

    async def missing(request: Request, error: Exception) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return answer("missing", HTTPStatus.NOT_FOUND)
        return JSONResponse({"detail": getattr(error, "detail", "Not Found")}, HTTPStatus.NOT_FOUND)

    for name, path in PAGES.items():
        app.add_route(path, page(name))
    app.mount("/website", WithHeaders(StaticFiles(directory=FOLDER), HEADERS))
    app.add_exception_handler(HTTPStatus.NOT_FOUND, missing)
