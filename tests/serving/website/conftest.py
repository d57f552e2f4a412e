from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect

from tests.parts.browser import NoBrowserError, chromium
from tests.parts.processes import free_port
from tests.serving.website import sites

Visit: TypeAlias = Callable[..., Page]
"""Opens a path of the site in a new window; options are those of Playwright's contexts."""

ZONE = "Europe/Berlin"
SECONDS = 20_000
"""Milliseconds until what does not come fails a test."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. While it runs, the process has a running event loop, so it ends with the module."""
    try:
        with chromium() as browser:
            expect.set_options(timeout=SECONDS)
            yield browser
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def store_of_site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a store with the sample and a few strange listeners."""
    url = f"lmdb:{tmp_path_factory.mktemp('site') / 'store'}"
    sites.fill(url)
    return url


@pytest.fixture(scope="session")
def site(store_of_site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over it, which the tests of a process share."""
    with sites.serving(store_of_site, free_port(), tmp_path_factory.mktemp("log") / "serving.log") as address:
        yield address


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Opens pages; the test fails if one of them throws, breaks the policy or asks another host."""
    contexts = []
    wrong: list[str] = []

    def noticed(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            wrong.append(message.text)

    def thrown(error: Error) -> None:
        wrong.append(str(error))

    def visit(path: str, **options: Any) -> Page:
        context = browser.new_context(**{"base_url": site, "timezone_id": ZONE, **options})
        context.set_default_timeout(SECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", noticed)
        page.on("pageerror", thrown)
        page.on("request", lambda request: _own(site, request.url, wrong))
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not wrong


def _own(site: str, url: str, wrong: list[str]) -> None:
    if not url.startswith((site, site.replace("http", "ws"), "blob:", "about:")):
        wrong.append(f"a request to {url}")
