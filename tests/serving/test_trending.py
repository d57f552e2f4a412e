"""From files to GraphQL: what all users play most, with names."""

from pathlib import Path
from typing import Any

import pytest

from schemas import DEFAULT_SCHEMA
from schemas.topics import UNKNOWN_NAME
from serving.app import create_app
from store import open_store
from store.layout import META
from tests.pipelines.jobs import run_profile, write_events
from tests.pipelines.trending import oracle
from tests.pipelines.trending.oracle import HOUR
from tests.pipelines.trending.test_newest import NEWEST, SINCE, random_events
from tests.serving.clients import Watched, ask

FIELD = """trending{0}s(window: $window, from: $from, to: $to) {{
    start charts {{ topK {{ id countPlays {1} {{ id name }} }} }}
}}"""
FIELDS = " ".join(FIELD.format(item.capitalize(), item) for item in ("artist", "album", "track"))
QUERY = f"query ($window: TrendingWindow!, $from: Long, $to: Long) {{ {FIELDS} }}"


@pytest.mark.parametrize("window", ["HOUR", "DAY", "ROLLING"])
def test_windows_of_a_range(window: str, store_url: str, tmp_path: Path) -> None:
    events = random_events(500, 4)
    run_profile(write_events(tmp_path / "events.txt", events), store_url)
    every = oracle.windows(oracle.counting(events, (), {}), SINCE)
    start, stop = NEWEST // HOUR * HOUR - 20 * HOUR, NEWEST // HOUR * HOUR - 4 * HOUR
    store = Watched(open_store(store_url))
    app = create_app(DEFAULT_SCHEMA, store)
    assert ask(app, QUERY, {"window": window}) == {"data": served(every, window, 0, NEWEST + 1)}
    store.reads.clear()
    answer = ask(app, QUERY, {"window": window, "from": start, "to": stop})
    assert answer == {"data": served(every, window, start, stop)}
    assert len([read for read in store.reads if read[0].table != META]) == 1  # the names are known already
    store.close()


def served(every: dict[tuple[str, int], dict[str, Any]], window: str, start: int, stop: int) -> dict[str, Any]:
    """What the query shall answer, of items without names."""
    starts = sorted(at for name, at in every if name == window and start <= at < stop)
    return {
        f"trending{kind.capitalize()}": [
            {"start": at, "charts": {"topK": [named(count, kind[:-1]) for count in every[window, at][kind]]}}
            for at in starts
        ]
        for kind in ("artists", "albums", "tracks")
    }


def named(count: dict[str, int], item: str) -> dict[str, Any]:
    return {**count, item: {"id": count["id"], "name": UNKNOWN_NAME}}
