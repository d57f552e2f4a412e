"""The charts of the newest windows of a store, for jobs over files: the same values as a stream's last panes."""

from collections.abc import Iterator

from apache_beam.transforms.window import WindowFn

from pipelines.trending import chart_writer, stored_events, triggers
from pipelines.trending.panes import Pane, added_by_start
from pipelines.trending.plays import Plays, charts_of
from pipelines.trending.recent_set import Listens
from store import Store
from store.layout import TRENDING


def write(store: Store) -> None:
    """Writes the charts of all windows which begin in the last days before the store's latest listen.

    Raises:
        StoreError: the store cannot be read or written.
    """
    found = stored_events.activity(store)
    if found.since is None:
        return
    listens = Listens()
    plays = [change for rows in stored_events.read(store, found, found.since) for change in listens.add(rows)]
    store.write(TRENDING, chart_writer.rows_of(panes(plays, found.since)))


def panes(plays: list[tuple[int, Plays]], since: int) -> Iterator[Pane]:
    """The panes of all windows from `since` on, from the plays of each hour."""
    for name in triggers.WINDOWS:
        in_windows = ((start, part) for hour, part in plays for start in starts(name, hour) if start >= since)
        for start, total in added_by_start(in_windows).items():
            yield Pane(name, start, charts_of(total, triggers.CHART))


def starts(name: str, time: int) -> list[int]:
    """The first seconds of the windows of a name that a time lies in."""
    context = WindowFn.AssignContext(time)
    return [int(window.start) for window in triggers.WINDOWS[name].assign(context)]
