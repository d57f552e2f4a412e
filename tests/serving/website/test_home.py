"""The first page."""

import re

import pytest
from playwright.sync_api import Page, Request, expect

from tests import oracle
from tests.serving.website import sites
from tests.serving.website.conftest import Visit

WIRE = 150_000
REQUESTS = 5


def test_recently_active_listeners_are_listed(visit: Visit) -> None:
    page = visit("/")
    people = page.locator(".people li")
    expect(people).to_have_count(12)
    last = {event.user: event.time for event in sorted(sites.sample(), key=lambda event: event.time)}
    last |= {sites.HOSTILE: sites.hostile_history()[-1].time, sites.BEYOND: sites.HOSTILE_START}
    ranked = sorted(last, key=lambda user: (-last[user], user))[:12]
    assert [link.get_attribute("href") for link in page.locator(".people a").all()] == [f"/user/{u}" for u in ranked]
    expect(people.first).to_contain_text(f"{len(sites.history(ranked[0])):,} plays")
    expect(page.locator(".people + .fresh")).to_contain_text(f"{len(last)} listeners in all")


def test_a_listener_is_found_by_the_beginning_of_the_id(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Find a user by id").press_sequentially("3745")
    option = page.locator("#found option")
    expect(option).to_have_attribute("value", str(sites.LISTENER))
    page.get_by_label("Find a user by id").fill(str(sites.LISTENER))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/user/{sites.LISTENER}")


def test_an_id_that_is_none_is_said(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Find a user by id").fill("4e5")
    page.keyboard.press("Enter")
    expect(page.locator("#search-problem")).to_have_text("A user’s id is a whole number.")


@pytest.mark.parametrize(("path", "ready"), [("/", ".people li"), (f"/user/{sites.LISTENER}", ".ranked li")])
def test_the_first_page_is_small(visit: Visit, path: str, ready: str) -> None:
    page = visit("about:blank")
    sent: list[Request] = []
    page.on("requestfinished", lambda request: sent.append(request))
    page.goto(path)
    expect(page.locator(ready).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in sent]
    assert 10_000 < sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) < WIRE
    assert 1 <= sum(request.url.endswith("/graphql") for request in sent) <= REQUESTS


def test_the_query_of_the_page_opens_in_graphiql(visit: Visit) -> None:
    page = visit("/")
    link = page.get_by_role("link", name="this GraphQL query")
    expect(link).to_have_attribute("href", re.compile("trendingArtists"))  # as soon as the page knows it
    link.click()
    expect(page.locator("#graphiql")).to_contain_text("trendingArtists")
    run(page)
    expect(page.locator("#graphiql")).to_contain_text("countPlays")


def run(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()


def test_the_focus_stays_on_a_link_while_what_is_trending_is_shown_anew(visit: Visit) -> None:
    page = visit("/")
    page.clock.install()
    page.reload()
    link = page.locator(".columns a").nth(2)
    link.focus()
    page.locator(".columns + .fresh").evaluate("age => age.classList.add('before')")
    page.clock.run_for(20_000)
    expect(page.locator(".fresh.before")).to_have_count(0)
    expect(link).to_be_focused()


def test_what_is_trending_can_be_had_by_day_and_by_hour(visit: Visit) -> None:
    page = visit("/")
    latest = max(event.time for event in sites.sample())
    hour = latest - latest % 3600
    for name, first, end in (
        ("24 hours", hour + 3600 - 86_400, hour + 3600),
        ("Day", latest - latest % 86_400, latest - latest % 86_400 + 86_400),
        ("Hour", hour, hour + 3600),
    ):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()  # for the keyboard's next step
        expect(page.locator(".columns")).to_be_visible()
        listens = [event for event in sites.sample() if first <= event.time < end]
        top = oracle.chart((event.artist for event in listens), 10)["topK"]
        rows = page.locator(".columns > div").first.locator("li")
        expect(rows).to_have_count(len(top))
        assert rows.locator("strong").all_text_contents() == [str(entry["countPlays"]) for entry in top]
        hrefs = [link.get_attribute("href") for link in rows.locator("a").all()]
        assert hrefs == [f"/artist/{entry['id']}" for entry in top]
