"""GraphiQL, the IDE in the browser, from files that a Python package brings along: no foreign host is asked."""

import hashlib
import re
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from serving.headers import COMMON

PATH = "/graphiql"
"""Where the page looks for its scripts, relative to its own folder."""

PACKAGE = "graphene_django_graphiql_static"
PAGE = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


POLICY = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' {' '.join(map(_digest, re.findall('<script>(.+?)</script>', PAGE, re.DOTALL)))}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content-Security-Policy: this server alone, and of scripts within the page only its own. The editor styles inline."""


def page() -> HTMLResponse:
    """The page."""
    return HTMLResponse(PAGE, headers={**COMMON, "content-security-policy": POLICY})


def scripts() -> StaticFiles:
    """The application that serves GraphiQL's scripts and styles: the package's files, none of its code."""
    return StaticFiles(directory=str(files(PACKAGE) / "static" / PACKAGE))
