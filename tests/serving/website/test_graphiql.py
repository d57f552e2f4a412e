"""GraphiQL in a browser, from the files that the server brings along."""

import json
import time
from typing import Any

from playwright.sync_api import WebSocket

from tests.serving.website.conftest import SECONDS, Visit

UPDATES = "subscription { listeningEventUpdate { timestamp } }"


def test_subscriptions_run_over_a_websocket(visit: Visit) -> None:
    sent: list[dict[str, Any]] = []

    def follow(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(json.loads(frame)))

    page = visit(f"/graphql?q={UPDATES}")
    page.on("websocket", follow)
    page.locator(".graphiql-execute-button").click()
    deadline = time.monotonic() + SECONDS / 1000
    while not any(message["type"] == "subscribe" for message in sent) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    asked = [message["payload"]["query"].split() for message in sent if message["type"] == "subscribe"]
    assert asked == [UPDATES.split()]
