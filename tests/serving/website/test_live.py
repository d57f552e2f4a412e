"""Listens as they happen, over a server and a store of their own."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from store import open_store
from tests.oracle import Event
from tests.parts.processes import free_port
from tests.pipelines.jobs import run_profile, write_events
from tests.serving.website import sites
from tests.serving.website.conftest import Visit

USER = 77
START = 1_400_000_000
PLAYS = {1: 6, 2: 5, 3: 4}
"""Plays of three tracks, each of its own album and artist."""

SEND = """mutation ($userId: Long!, $event: ListeningEventInput!) {
    sendListeningEvent(userId: $userId, event: $event) { timestamp }
}"""


class Site:
    """A server that can be stopped, and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.url = f"lmdb:{folder / 'store'}"
        self.log = folder / "serving.log"
        self.port = free_port()
        self.running = ExitStack()
        self.sent = 0
        events = [Event(USER, i, i, i, START + 1000 * i + n) for i, plays in PLAYS.items() for n in range(plays)]
        run_profile(write_events(folder / "events.txt", events), self.url)

    def start(self) -> str:
        self.running = ExitStack()
        return self.running.enter_context(sites.serving(self.url, self.port, self.log))

    def stop(self) -> None:
        self.running.close()

    def add(self, events: list[Event]) -> None:
        """Adds listens to the store, as another process would."""
        store = open_store(self.url)
        sites.listen(store, events)
        store.close()

    def send(self, track: int) -> None:
        """Sends a listen by a mutation, of now or some seconds ago: no two of one second."""
        self.sent += 1
        event = {"artistId": track, "albumId": track, "trackId": track, "timestamp": int(time.time()) - 20 + self.sent}
        body = {"query": SEND, "variables": {"userId": USER, "event": event}}
        answer = httpx.post(f"http://127.0.0.1:{self.port}/graphql", json=body, timeout=30).json()
        assert "errors" not in answer, answer


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(own_site: Site) -> str:
    """The address that `visit` opens pages of."""
    return f"http://127.0.0.1:{own_site.port}"


def tracks(page: Page) -> list[str]:
    return page.get_by_role("region", name="Top tracks").locator(".named > :first-child").all_text_contents()


def live(page: Page) -> Page:
    expect(page.locator(".live")).to_have_text("Live")
    expect(page.locator(".totals dd").first).to_have_text(str(sum(PLAYS.values())))
    return page


def test_a_listen_from_elsewhere_shows_with_its_move(own_site: Site, visit: Visit) -> None:
    page = live(visit(f"/user/{USER}"))
    marked = page.evaluate("document.body.dataset.same = 'page'")
    chart = page.get_by_role("region", name="Top tracks")
    assert tracks(page) == ["Unknown track 1", "Unknown track 2", "Unknown track 3"]
    own_site.send(2)
    expect(page.locator(".totals dd").first).to_have_text("16")
    own_site.send(2)
    expect(chart.locator("li").first).to_contain_text("Unknown track 2")
    expect(chart.locator("li").first.locator(".moved")).to_have_text("▲ 1")
    expect(chart.locator("li").nth(1).locator(".moved")).to_have_text("▼ 1")
    assert tracks(page) == ["Unknown track 2", "Unknown track 1", "Unknown track 3"]
    own_site.send(9)
    expect(chart.locator("li").nth(3).locator(".moved")).to_have_text("new")
    expect(page.locator("#announcements")).to_contain_text("New listen: Unknown track 9 by Unknown artist 9")
    expect(page.locator(".since")).to_contain_text("just now")
    expect(page.locator(".total")).to_have_text("18 listens in all")
    assert page.evaluate("document.body.dataset.same") == marked  # it was not loaded anew


def test_a_listen_leaves_the_reader_where_they_are(own_site: Site, visit: Visit) -> None:
    page = live(visit(f"/user/{USER}?year=2014"))
    diagram, readout, focused = page.locator("svg.diagram"), page.locator(".readout"), "document.activeElement"
    page.get_by_text("As a table").click()
    diagram.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    shown = readout.text_content()
    own_site.add([Event(USER, 1, 1, 1, START + 1)])  # in 2014, but of another week than the one that is read
    expect(page.locator(".totals dd").first).to_have_text("16")
    expect(diagram).to_be_focused()
    expect(readout).to_have_text(shown or "")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(readout).to_have_text(shown or "")
    expect(page.locator("details.numbers table")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.textContent") == "As a table"


def test_the_play_button_changes_the_own_chart(visit: Visit) -> None:
    page = live(visit(f"/user/{USER}"))
    other = live(visit(f"/user/{USER}"))
    button = page.get_by_role("button", name="Play Unknown track 2 by Unknown artist 2")
    counts = page.get_by_role("region", name="Top tracks").locator("li", has_text="track 2").locator("strong")
    expect(counts).to_have_text("5")
    button.click()
    expect(counts).to_have_text("6")
    expect(button).to_have_text("✓")
    expect(button).to_have_text("▶")
    button.click()
    expect(counts).to_have_text("7")
    assert tracks(page)[0] == "Unknown track 2"
    expect(other.locator(".totals dd").first).to_have_text("17")
    expect(button).to_be_enabled()


def test_a_play_that_fails_is_said(visit: Visit) -> None:
    page = live(visit(f"/user/{USER}"))
    page.route("**/graphql", lambda route: route.abort())
    page.get_by_role("button", name="Play Unknown track 1 by Unknown artist 1").click()
    expect(page.locator(".notices p", has_text="Not played: The server cannot be reached.")).to_be_visible()
    assert tracks(page)[0] == "Unknown track 1"


def test_a_lost_connection_is_said_and_what_was_missed_is_shown(own_site: Site, visit: Visit) -> None:
    page = live(visit(f"/user/{USER}"))
    own_site.stop()
    expect(page.locator(".live")).to_have_text("Connection lost")
    own_site.add([Event(USER, 3, 3, 3, 1_500_000_000 + n) for n in range(5)])
    own_site.start()
    expect(page.locator(".live")).to_have_text("Live")
    expect(page.locator(".totals dd").first).to_have_text("20")
    assert tracks(page) == ["Unknown track 3", "Unknown track 1", "Unknown track 2"]
    own_site.send(1)
    expect(page.locator(".totals dd").first).to_have_text("21")
