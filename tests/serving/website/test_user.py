"""A listener's page, against the oracle."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from playwright.sync_api import Page, expect

from tests.oracle import Event
from tests.serving.history import oracle
from tests.serving.website import sites
from tests.serving.website.conftest import ZONE, Visit

USER = f"/user/{sites.LISTENER}"
HISTORY = sites.history(sites.LISTENER)
NAMES = sites.names()
TILES = ("countPlays", "countArtists", "countAlbums", "countTracks", "countDays")


def expected(
    first: date | None, end: date | None, zone: str = ZONE, per: str = "MONTH", history: Sequence[Event] = HISTORY
) -> dict[str, Any]:
    return oracle.listening(history, first, end, zone, per, 10)


def figures(page: Page) -> list[str]:
    return page.locator(".totals div dd:nth-child(2)").all_text_contents()


def chart(page: Page, title: str) -> list[tuple[str, str]]:
    rows = page.get_by_role("region", name=title).locator(".ranked li")
    return list(
        zip(
            rows.locator(".named > :first-child").all_text_contents(),
            rows.locator(".count strong").all_text_contents(),
            strict=True,
        )
    )


def shows(page: Page, answer: dict[str, Any]) -> None:
    """The page shows the totals and the charts of an answer."""
    expect(page.locator(".totals div dd:nth-child(2)").first).to_have_text(f"{answer['countPlays']:,}")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    assert figures(page) == [f"{answer[name]:,}" for name in TILES]
    for kind in ("artist", "album", "track"):
        entries = answer[f"{kind}Charts"]["topK"]
        names = [name(kind, entry["id"]) for entry in entries]
        plays = [f"{entry['countPlays']:,}" for entry in entries]
        assert chart(page, f"Top {kind}s") == list(zip(names, plays, strict=True))


def name(kind: str, item: int) -> str:
    known = NAMES[f"{kind}s"].get(item)
    if known is None:
        return f"Unknown {kind} {item}"
    return "".join(chr(0x2400 + ord(c)) if c < " " else c for c in known) if known.strip() else f"Untitled {kind}"


def test_all_time(visit: Visit) -> None:
    page = visit(USER)
    shows(page, expected(None, None))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Listener {sites.LISTENER}")
    expect(page.locator(".since")).to_contain_text("Listening since 17 January 2007")
    expect(page.locator(".fresh").first).to_contain_text("As of ")
    shares = page.get_by_role("region", name="Top artists").locator(".share")
    top = expected(None, None)["artistCharts"]["topK"][0]["countPlays"]
    expect(shares.first).to_have_text(f"{round(1000 * top / len(HISTORY)) / 10:g}%")


def test_the_range_picker_changes_all_and_stays_in_the_address(visit: Visit) -> None:
    page = visit(USER)
    shows(page, expected(None, None))
    page.get_by_role("button", name="Year", exact=True).click()
    shows(page, expected(date(2013, 1, 1), date(2014, 1, 1)))
    page.get_by_role("combobox", name="Year").select_option("2012")
    year = expected(date(2012, 1, 1), date(2013, 1, 1))
    shows(page, year)
    assert page.url.endswith(f"{USER}?year=2012")
    page.get_by_role("button", name="Month", exact=True).click()
    page.get_by_label("Month").and_(page.locator("input")).fill("2012-05")
    shows(page, expected(date(2012, 5, 1), date(2012, 6, 1)))
    assert page.url.endswith("?month=2012-05")
    page.get_by_role("button", name="Earlier").click()
    shows(page, expected(date(2012, 4, 1), date(2012, 5, 1)))
    page.get_by_role("button", name="Days", exact=True).click()
    page.get_by_label("First day").fill("2012-02-10")
    page.get_by_label("Last day").fill("2012-03-20")
    shows(page, expected(date(2012, 2, 10), date(2012, 3, 21)))
    assert page.url.endswith("?from=2012-02-10&to=2012-03-20")
    page.reload()
    shows(page, expected(date(2012, 2, 10), date(2012, 3, 21)))
    page.goto(f"{USER}?year=2012")
    shows(page, year)
    page.get_by_role("button", name="All time").click()
    shows(page, expected(None, None))
    page.go_back()
    shows(page, year)


def test_totals_and_activity_stand_against_the_year_before(visit: Visit) -> None:
    page = visit(f"{USER}?year=2012")
    now = expected(date(2012, 1, 1), date(2013, 1, 1), per="WEEK")
    before = expected(date(2011, 1, 1), date(2012, 1, 1), per="WEEK")
    shows(page, now)
    growth = round(100 * (now["countPlays"] - before["countPlays"]) / before["countPlays"])
    expect(page.locator(".totals .change").first).to_have_text(f"{growth:+}% on 2011")
    page.get_by_text("As a table").click()
    cells = page.locator(".numbers tbody tr")
    expect(cells).not_to_have_count(0)
    assert sum(map(int, cells.locator("td:nth-child(2)").all_text_contents())) == now["countPlays"]
    assert sum(map(int, cells.locator("td:nth-child(3)").all_text_contents())) == before["countPlays"]
    bars = sorted(int(text) for text in cells.locator("td:nth-child(2)").all_text_contents() if text != "0")
    assert bars == sorted(bucket["countPlays"] for bucket in now["activity"])


def test_hours_and_days_are_those_of_the_chosen_time_zone(visit: Visit) -> None:
    page = visit(f"{USER}?timeZone=Asia%2FKathmandu")
    for zone in ("Asia/Kathmandu", "America/Los_Angeles"):
        answer = expected(None, None, zone)
        page.get_by_label("Time zone").select_option(zone)
        shows(page, answer)
        expect(page.locator(".fresh").first).to_contain_text(zone.replace("_", " "))
        cells = page.locator(".heat tbody td span").all_text_contents()
        assert list(map(int, cells)) == [n for hours in answer["weekHours"] for n in hours]
    assert page.url.endswith("?timeZone=America%2FLos_Angeles")


def test_landmarks_and_new_artists(visit: Visit) -> None:
    page = visit(f"{USER}?year=2012")
    answer = expected(date(2012, 1, 1), date(2013, 1, 1))
    marks = page.get_by_role("region", name="Landmarks").locator("strong")
    expect(marks.first).to_have_text(f"{answer['mostActiveDay']['countPlays']} plays")
    expect(marks.nth(1)).to_have_text(f"{answer['longestStreak']['countDays']} days")
    new = page.get_by_role("region", name="New artists")
    expect(new.locator(".lead")).to_have_text(f"{answer['newArtists']['count']} discovered in 2012")
    found = new.locator(".chips bdi").all_text_contents()
    assert found == [name("artist", entry["id"]) for entry in answer["newArtists"]["topK"]]


def test_a_range_without_plays(visit: Visit) -> None:
    page = visit(f"{USER}?year=1999")
    expect(page.locator(".totals dd").first).to_have_text("0")
    expect(page.get_by_role("region", name="Top tracks")).to_contain_text("No plays on these days.")
    expect(page.get_by_role("region", name="Hours of the week")).to_contain_text("No plays on these days.")


def test_recommendations_say_why(visit: Visit) -> None:
    page = visit(USER)
    tiles = page.get_by_role("region", name="You may like").locator(".tiles li")
    expect(tiles.first).to_be_visible()
    assert tiles.count() == 8
    known = {f"/artist/{event.artist}" for event in HISTORY}
    for link in tiles.locator("strong a").all():
        assert link.get_attribute("href") not in known
    assert {link.get_attribute("href") for link in tiles.locator(".because a").all()} <= known
    expect(tiles.locator(".because").first).to_contain_text("because you listen to ")


def test_names_lead_to_the_artists(visit: Visit) -> None:
    page = visit(USER)
    top = expected(None, None)["artistCharts"]["topK"][0]["id"]
    page.get_by_role("region", name="Top artists").locator("li a").first.click()
    page.wait_for_url(f"**/artist/{top}", wait_until="commit")
    expect(page.locator(".ranked li").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Artist{name('artist', top)}")
    plays = [event.user for event in sites.sample() if event.artist == top]
    assert figures(page)[:2] == [str(len(set(plays))), f"{len(plays):,}"]
    listeners = sorted(set(plays), key=lambda user: (-plays.count(user), user))
    assert chart(page, "Top listeners") == [(str(user), str(plays.count(user))) for user in listeners[:25]]


def test_an_unknown_listener_and_an_unknown_artist(visit: Visit) -> None:
    expect(visit("/user/5").get_by_role("heading", level=1)).to_have_text("Nobody has the id 5")
    page = visit("/artist/123456789")
    expect(page.get_by_role("heading", level=1)).to_have_text("ArtistUnknown artist 123456789")
    expect(page.locator("main")).to_contain_text("Nobody has listened to this artist yet.")


def test_ids_beyond_the_numbers_of_javascript_are_exact(visit: Visit) -> None:
    page = visit(f"/user/{sites.BEYOND}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Listener {sites.BEYOND}")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    assert chart(page, "Top artists") == [(f"Unknown artist {sites.BEYOND}", "1")]
    href = page.get_by_role("region", name="Top artists").locator("li a").get_attribute("href")
    assert href == f"/artist/{sites.BEYOND}"


def test_an_error_is_said_and_can_be_tried_again(visit: Visit) -> None:
    page = visit("about:blank")
    page.route("**/graphql", lambda route: route.abort())
    page.goto(USER)
    expect(page.get_by_role("alert").filter(has_text="That did not work.").first).to_contain_text(
        "The server cannot be reached."
    )
    page.unroute("**/graphql")
    page.get_by_role("button", name="Try again").first.click()
    shows(page, expected(None, None))


def test_a_slow_answer_is_said(visit: Visit) -> None:
    page = visit("about:blank")
    page.clock.install()
    page.route("**/graphql", lambda _: None)
    page.goto("/")
    expect(page.locator(".loading").first).to_be_visible()
    expect(page.get_by_text("This takes longer than usual …")).to_have_count(0)
    page.clock.fast_forward(4000)
    expect(page.get_by_text("This takes longer than usual …").first).to_be_visible()


def test_names_are_text_whatever_is_in_them(visit: Visit) -> None:
    page = visit(f"/user/{sites.HOSTILE}")
    shown = [text for text, _ in chart_when_there(page)]
    for found, given in zip(shown, sites.HOSTILE_NAMES, strict=True):
        assert found == visible(given)
    expect(page.locator(".ranked img, .ranked script, .ranked svg svg")).to_have_count(0)
    for path in (f"/user/{sites.HOSTILE}/2010", f"/artist/{sites.FIRST_HOSTILE}"):
        page.goto(path)
        expect(page.locator("main")).to_contain_text(sites.HOSTILE_NAMES[0])
    assert page.evaluate("window.hacked") is None


def chart_when_there(page: Page) -> list[tuple[str, str]]:
    expect(page.get_by_role("region", name="Top tracks").locator("li")).to_have_count(len(sites.HOSTILE_NAMES))
    return chart(page, "Top tracks")


def visible(text: str) -> str:
    pictures = "".join(chr(0x2400 + ord(c)) if c < " " else c for c in text)
    return pictures if len(pictures) <= 200 else pictures[:200] + "…"
