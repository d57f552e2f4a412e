"""The document of the store names the tables, families, topics and value types that there are."""

import re
from pathlib import Path

from schemas.topics import CATALOGUE
from store import layout
from tests.docs import tables

DOCUMENT = (Path(__file__).parents[2] / "docs/store.md").read_text()
ROWS = DOCUMENT.partition("## Rows")[2].partition("## Topics")[0]


def test_the_table_of_topics_is_that_of_the_catalogue() -> None:
    assert tables.written(DOCUMENT) == tables.topics(), "run python -m tests.docs.tables"


def test_every_table_is_documented() -> None:
    tables = {
        name
        for line in ROWS.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert tables == set(layout.TABLES)


def test_topics_lie_where_the_layout_has_families() -> None:
    stored = [topic for topic in CATALOGUE.values() if topic.given or topic.metric.stored]  # type: ignore[union-attr]
    assert len(stored) > 20
    for topic in stored:
        assert topic.place.family in layout.TABLES[topic.place.table]
