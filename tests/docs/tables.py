"""Tables of the documents that follow from the code: `python -m tests.docs.tables` writes them anew."""

from pathlib import Path

from schemas.events import NAMES
from schemas.metrics import METRICS, Metric
from schemas.topics import CATALOGUE, topic_of

STORE = Path(__file__).parents[2] / "docs/store.md"
BEGIN, END = "<!-- topics -->\n", "<!-- end of topics -->\n"


def topics() -> str:
    """The table of the catalogue's topics."""
    header = ["topic", "combiner", "field", "window", "of", "value", "range axis"]
    given = [
        [f"`{t.name}`", "", "", "", "what somebody says", t.value, f"`{t.axis}`" if t.axis else ""]
        for t in CATALOGUE.values()
        if t.given
    ]
    lines = [header, ["---"] * len(header), *given, *map(_metric, METRICS)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _metric(metric: Metric) -> list[str]:
    field = "" if metric.of is None else f"`{NAMES[metric.of]}`"
    windows = ", ".join(window.value for window in metric.windows)
    k = f", {metric.k}" if metric.k else ""
    axis = topic_of(metric).axis
    whose = metric.whose.value + ("" if metric.stored else ", computed when read")
    described = [metric.combine.value + k, field, windows, whose, metric.value]
    return [f"`{metric.topic}`", *described, f"`{axis}`" if axis else ""]


def written(document: str) -> str:
    """The part of the document of the store that is the table."""
    return document.partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Writes the table into the document."""
    before, _, rest = STORE.read_text().partition(BEGIN)
    STORE.write_text(before + BEGIN + topics() + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
