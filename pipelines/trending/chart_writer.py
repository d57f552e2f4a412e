"""Charts of windows in the store: a cell for each window, whose value is set anew whenever its plays change."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipelines.runners import outages
from pipelines.trending.panes import Pane
from schemas.topics import CATALOGUE
from schemas.wire import avro
from store import Cell, Row, StoreError, open_store, values
from store.layout import TRENDING, bucket


def rows_of(panes: Iterable[Pane]) -> Iterator[tuple[bytes, Row]]:
    """The rows, or parts of rows, of the table `trending` that hold what panes say."""
    for pane in panes:
        for kind, chart in pane.charts.items():
            topic = CATALOGUE[f"trending{kind}"]
            key = values.row_key(topic, pane.window)
            if key is None:
                raise ValueError(f"{pane.window!r} cannot be a key of topic {topic.name}")
            value = avro.encode(topic.value, {"start": pane.start, "charts": {"topK": chart}})
            yield key, [Cell(topic.place.family, bucket(pane.start), value)]


@dataclass(frozen=True)
class ChartsWriter:
    """Writes panes to the store at `url`; one that is away is waited for."""

    url: str

    def write(self, panes: Sequence[Pane]) -> None:
        """Sets the cells of the panes' windows, all at once."""
        outages.patient(lambda: open_store(self.url).write(TRENDING, rows_of(panes)), f"store {self.url}", StoreError)
