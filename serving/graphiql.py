"""GraphiQL, the IDE in the browser, from files that a Python package brings along: no foreign host is asked."""

from importlib.resources import files
from pathlib import Path

from fastapi.staticfiles import StaticFiles

PATH = "/graphiql"
"""Where the page looks for its scripts, relative to its own folder."""

PACKAGE = "graphene_django_graphiql_static"
PAGE = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


def scripts() -> StaticFiles:
    """The application that serves GraphiQL's scripts and styles: the package's files, none of its code."""
    return StaticFiles(directory=str(files(PACKAGE) / "static" / PACKAGE))
