"""The document of the store names the tables, families, topics and value types that there are."""

import re
from pathlib import Path

from schemas.topics import CATALOGUE
from store import layout

DOCUMENT = (Path(__file__).parents[2] / "docs/store.md").read_text()
ROWS, TOPICS = DOCUMENT.partition("## Rows")[2].split("## Topics")


def test_every_topic_is_documented_with_its_value_and_axis() -> None:
    found: dict[str, tuple[str, str | None]] = {}
    for line in TOPICS.splitlines():
        if line.startswith("| `"):
            names, value, rest = line.strip("|").split("|")
            axis = re.search(r"range axis `(\w+)`", rest)
            found |= {name: (value.strip(), axis[1] if axis else None) for name in re.findall(r"`(\w+)`", names)}
    assert found == {topic.name: (topic.value, topic.axis) for topic in CATALOGUE.values()}


def test_every_table_is_documented() -> None:
    tables = {
        name
        for line in ROWS.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert tables == set(layout.TABLES)


def test_topics_lie_where_the_layout_has_families() -> None:
    for topic in CATALOGUE.values():
        assert topic.place.family in layout.TABLES[topic.place.table]
