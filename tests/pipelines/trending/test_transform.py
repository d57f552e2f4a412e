"""From listens to charts: pane by pane, and the last pane of each window says what the listens say."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.testing import test_stream as clockwork
from apache_beam.transforms.window import TimestampedValue

from pipelines.trending import triggers
from pipelines.trending.levels import Rows
from pipelines.trending.transform import Trending
from schemas.events import TIME
from tests.oracle import Event
from tests.pipelines.trending import oracle
from tests.pipelines.trending.streams import Outputs, run
from tests.pipelines.trending.test_recent_set import rows

HOUR, DAY = 3600, 86_400
START = 15_000 * DAY


def listen(user: int, item: int, time: int) -> Event:
    return Event(user, item, item + 100, item + 200, START + time)


class Steps:
    """A stream, step by step."""

    def __init__(self) -> None:
        self.stream = clockwork.TestStream().advance_watermark_to(START)

    def add(self, *batches: Rows) -> "Steps":
        """Batches come, and time enough passes for panes."""
        self.stream.add_elements([TimestampedValue(batch, int(batch[TIME].min())) for batch in batches])
        for _ in range(4):
            self.stream.advance_processing_time(triggers.PACE + 1)
        return self

    def reach(self, time: int) -> "Steps":
        """The watermark reaches a time."""
        self.stream.advance_watermark_to(START + time)
        return self


def panes(steps: Steps, place: Path, since: int = 0) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """What each window says, from first to last."""
    steps.stream.advance_watermark_to_infinity()
    outputs = Outputs(place / "panes")
    run(lambda pipeline: pipeline | steps.stream | beam.Map(np.array) | Trending(outputs, since))
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for name, start, charts in outputs.read():
        found.setdefault((name, start), []).append(charts)
    return found


def artists(says: Sequence[dict[str, Any]]) -> list[list[tuple[int, int]]]:
    return [[(count["id"], count["countPlays"]) for count in charts["artists"]] for charts in says]


def follow(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether a window says what is expected, in this order and up to the last; what is overtaken may be left out."""
    following = iter(expected)
    return all(pane in following for pane in found) and found[-1] == expected[-1]


def test_panes(tmp_path: Path) -> None:
    steps = (
        Steps()
        .add(rows([listen(1, 5, 10), listen(2, 5, 20), listen(1, 6, 30)]))
        .add(rows([listen(1, 5, 10), listen(3, 6, 40), listen(4, 6, 50)]))  # the first is a repeat
        .reach(HOUR)
        .add(rows([listen(1, 5, 10)]))  # a repeat changes nothing
        .add(rows([listen(9, 7, 60)], taken=[(1, START + 30, 206)]))  # late, and a listen taken back
        .reach(HOUR + triggers.LATENESS + 1)
        .add(rows([listen(8, 7, 70)]))  # too late for the hour, but not for the day
    )
    found = panes(steps, tmp_path)
    hour = [[(5, 2), (6, 1)], [(6, 3), (5, 2)], [(5, 2), (6, 2), (7, 1)]]
    assert follow(artists(found["HOUR", START]), hour)
    assert follow(artists(found["ROLLING", START - 23 * HOUR]), hour)
    assert follow(artists(found["DAY", START]), [*hour, [(5, 2), (6, 2), (7, 2)]])
    assert follow(artists(found["ROLLING", START]), [*hour, [(5, 2), (6, 2), (7, 2)]])
    assert len(found) == 1 + 1 + 24


def test_deletions(tmp_path: Path) -> None:
    """Taking back before the listen, and erasing a user: plays vanish from windows which are open, and stay away."""
    steps = (
        Steps()
        .add(rows([], taken=[(1, START + 30, 206)]))
        .add(rows([listen(1, 6, 30), listen(1, 5, 40), listen(2, 5, 50)]))
        .reach(2 * HOUR)
        .add(rows([listen(1, 7, 2 * HOUR)], erased=[(1, START + HOUR)]))
        .add(rows([listen(1, 5, 40), listen(1, 8, HOUR), listen(1, 9, HOUR + 1)]))
    )
    found = panes(steps, tmp_path)
    assert follow(artists(found["HOUR", START]), [[(5, 2)], [(5, 1)]])
    assert follow(artists(found["HOUR", START + HOUR]), [[(9, 1)]])
    assert artists(found["DAY", START])[-1] == [(5, 1), (7, 1), (9, 1)]


def test_windows_which_began_before_all_is_known_are_left_out(tmp_path: Path) -> None:
    steps = Steps().add(rows([listen(1, 5, HOUR - 1), listen(1, 6, HOUR)]))
    found = panes(steps, tmp_path, since=START + HOUR)
    assert found.keys() == {("HOUR", START + HOUR), ("ROLLING", START + HOUR)}
    assert artists(found["HOUR", START + HOUR]) == [[(6, 1)]]


def test_a_clock_far_ahead_does_no_harm(tmp_path: Path) -> None:
    steps = Steps().add(rows([listen(1, 5, 10), Event(1, 6, 6, 6, 2**40)]))
    assert artists(panes(steps, tmp_path)["HOUR", START]) == [[(5, 1)]]


def test_any_order_and_any_repeats_end_alike(tmp_path: Path) -> None:
    random = Random(5)
    events = [
        listen(random.randrange(20), random.randrange(80), random.randrange(30 * HOUR))._replace(
            album=random.randrange(9)
        )
        for _ in range(2000)
    ]
    taken = [(e.user, e.time, e.track) for e in random.sample(events, 50)]
    erased = {3: START + 20 * HOUR, 4: START + 40 * HOUR}
    every = rows(events, taken, [*erased.items(), (3, START + HOUR)])
    order = [*range(every.shape[1])] * 2
    random.shuffle(order)
    steps = Steps()
    for part in np.array_split(np.array(order), 6):
        steps.add(every[:, part])
    found = panes(steps, tmp_path)
    last = {window: says[-1] for window, says in found.items() if any(says[-1].values())}
    assert last == oracle.windows(oracle.counting(events, taken, erased))
    assert len(last) == 30 + 2 + 53
