"""Whether everybody can use the pages: with a keyboard, a screen reader, a phone, in the light and in the dark."""

import xml.etree.ElementTree as ET
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipelines.runners.golang import NotBuiltError
from tests.parts import node
from tests.serving.website import sites
from tests.serving.website.conftest import Visit
from tests.serving.website.test_user import expected

AXE = "axe-core@4.14.1"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
PAGES = {
    "/": ".people li",
    f"/user/{sites.LISTENER}": ".tiles li",
    f"/user/{sites.LISTENER}?year=2012": ".tiles li",
    f"/user/{sites.HOSTILE}": ".ranked li",
    f"/user/{sites.LISTENER}/2012": ".poster svg",
    "/artist/1": ".ranked li",
    "/user/5": ".nobody",
    "/nothing": ".nobody",
}


def opened(visit: Visit, path: str, **options: Any) -> Page:
    page = visit(path, **options)
    expect(page.locator(PAGES[path]).first).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)
    return page


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that looks for barriers."""
    try:
        return (node.folder([AXE]) / "node_modules/axe-core/axe.min.js").read_text()
    except NotBuiltError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_barrier(visit: Visit, axe: str, path: str, scheme: str) -> None:
    page = opened(visit, path, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    barriers = [
        (violation["id"], [n["html"][:200] for n in violation["nodes"]])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert not barriers


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(visit: Visit, path: str) -> None:
    page = opened(visit, path, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]  # type: ignore[index]


def test_the_range_is_chosen_on_a_phone(visit: Visit) -> None:
    page = opened(visit, f"/user/{sites.LISTENER}", **PHONE)
    page.get_by_role("button", name="Year", exact=True).tap()
    page.get_by_role("combobox", name="Year").select_option("2012")
    plays = expected(None, None)["countPlays"]
    expect(page.locator(".totals dd").first).not_to_have_text(f"{plays:,}")
    page.get_by_role("button", name="Later").tap()
    page.wait_for_url("**?year=2013")


def test_all_can_be_done_with_the_keyboard(visit: Visit) -> None:
    page = opened(visit, f"/user/{sites.LISTENER}?year=2012")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="All time")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Earlier")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**?year=2011")
    expect(page.locator("#main")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("button", name="Earlier")).to_be_focused()  # where it was
    diagram = page.locator("svg.diagram")
    while not diagram.evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(page.locator(".readout")).to_have_text("27 Dec – 2 January 2011: 25 plays (0 in 2010)")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).to_contain_text("3 Jan – 9 January 2011: ")
    page.keyboard.press("Escape")
    expect(page.locator(".readout")).to_contain_text("Peak: ")
    outline = "element => getComputedStyle(element).outlineStyle"
    assert diagram.evaluate(outline) == "solid"


def test_each_page_has_one_heading_and_named_landmarks(visit: Visit) -> None:
    for path in PAGES:
        page = opened(visit, path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("main")).to_have_count(1)
        expect(page.get_by_role("banner")).to_have_count(1)
        expect(page.get_by_role("search")).to_have_count(1)
        assert page.title()


def test_the_picture_of_a_year_is_saved(visit: Visit) -> None:
    for user, year in ((sites.LISTENER, 2012), (sites.HOSTILE, 2010)):
        page = visit(f"/user/{user}/{year}")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download as SVG").click()
        assert download.value.suggested_filename == f"{year}-in-music-of-{user}.svg"
        picture = ET.parse(download.value.path()).getroot()
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        texts = ["".join(text.itertext()).strip("⁨⁩") for text in picture.iter("{http://www.w3.org/2000/svg}text")]
        assert {str(year), f"Listener {user}", "Top artists", "Top tracks"} <= set(texts)
        assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))


def test_a_year_in_music_is_the_oracles(visit: Visit) -> None:
    page = opened(visit, f"/user/{sites.LISTENER}/2012")
    answer = expected(date(2012, 1, 1), date(2013, 1, 1))
    big = page.locator(".big strong").all_text_contents()
    assert big == [
        str(answer["countPlays"]),
        str(answer["mostActiveDay"]["countPlays"]),
        str(answer["longestStreak"]["countDays"]),
        str(answer["newArtists"]["count"]),
    ]
    for i, kind in enumerate(("artist", "album", "track")):
        plays = page.locator(".top-five").nth(i).locator(".plays").all_text_contents()
        top = answer[f"{kind}Charts"]["topK"][:5]
        assert [text.partition(" ")[0] for text in plays] == [str(entry["countPlays"]) for entry in top]
    expect(visit(f"/user/{sites.LISTENER}/1999").get_by_role("heading", level=1)).to_contain_text("nothing in 1999")
