"""Takes the pictures of the website in the README: `python -m tests.screenshots`."""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.parts.browser import chromium
from tests.parts.processes import free_port
from tests.serving.website import sites

IMAGES = Path(__file__).parents[1] / "docs/images"
DESK = {"viewport": {"width": 1200, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5, "is_mobile": True}
MILLISECONDS = 120_000
"""Until a page has to be complete: the recommender may have to compile its code and to build its graph."""

USER = f"/user/{sites.LISTENER}"
PICTURES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "website-home": ("/", DESK | {"color_scheme": "light"}),
    "website-user": (f"{USER}?year=2012", DESK | {"color_scheme": "light", "whole": True}),
    "website-user-dark": (f"{USER}?year=2013", DESK | {"color_scheme": "dark"}),
    "website-year-phone": (f"{USER}/2012", PHONE | {"color_scheme": "light"}),
    "website-user-phone": (USER, PHONE | {"color_scheme": "dark"}),
}
"""By name: the address, and the options of the window; `whole` takes the page in all its length."""


def main(argv: Sequence[str] | None = None) -> None:
    """Loads the sample, serves it, and takes all pictures."""
    argparse.ArgumentParser("python -m tests.screenshots", description=__doc__).parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        url = f"lmdb:{folder}/store"
        sites.load_sample(url)
        with sites.serving(url, free_port(), Path(folder) / "log") as address, chromium() as browser:
            for name, (path, options) in PICTURES.items():
                take(browser, address + path, IMAGES / f"{name}.png", dict(options))


def take(browser: Browser, address: str, to: Path, options: dict[str, Any]) -> None:
    """Takes the picture of one page when it is complete."""
    whole = options.pop("whole", False)
    context = browser.new_context(timezone_id="Europe/Berlin", reduced_motion="reduce", **options)
    page = context.new_page()
    page.goto(address)
    complete(page)
    page.screenshot(path=to, full_page=whole)
    context.close()
    print(f"{to.name}: {to.stat().st_size // 1000} kB")


def complete(page: Page) -> None:
    """Waits until nothing is loading any more."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=MILLISECONDS)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".loading")).to_have_count(0, timeout=MILLISECONDS)
    expect(page.locator(".failed")).to_have_count(0)


if __name__ == "__main__":
    main()
