"""Profiles as a table equal the oracle, from files and from tables alike, and what is no event is told."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import pipelines
from data.format import SAMPLE
from pipelines.failures import PipelineError
from pipelines.profile_table import TOPICS
from schemas.events import NAMES
from tests import oracle
from tests.oracle import Event
from tests.pipelines.jobs import random_events, write_events


def expected(events: list[Event], k: int = 10) -> list[dict[str, Any]]:
    """The rows of the table: the oracle's topics of all time, charts without their record."""
    found = oracle.profiles(events, k)
    return [{"userId": user, **{t.name: _plain(found[user][t.name]) for t in TOPICS}} for user in sorted(found)]


def _plain(value: Any) -> Any:
    return value["topK"] if isinstance(value, dict) else value


def table_of(events: list[Event]) -> pa.Table:
    return pa.table(dict(zip(NAMES, map(list, zip(*events, strict=True)), strict=True)))


def test_the_sample() -> None:
    with Path(SAMPLE).open() as lines:
        assert pipelines.profiles(SAMPLE).to_pylist() == expected(oracle.parse(lines))


def test_files_and_tables_give_the_same(tmp_path: Path) -> None:
    events = random_events(1)
    paths = [write_events(tmp_path / f"{part}.txt", events[part::3]) for part in range(3)]
    assert pipelines.profiles(paths).to_pylist() == expected(events)
    assert pipelines.profiles(tmp_path / "*.txt").equals(pipelines.profiles(table_of(events[::-1])))


def test_the_length_of_charts() -> None:
    events = random_events(2)
    assert pipelines.profiles(table_of(events), k=3).to_pylist() == expected(events, 3)


def test_no_events_are_no_profiles() -> None:
    empty = pipelines.profiles(table_of(random_events(3))).slice(0, 0)
    assert pipelines.profiles(table_of(random_events(3)).slice(0, 0)).equals(empty)


def test_a_few_lines_that_are_no_events_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    events = random_events(4)
    path = write_events(tmp_path / "events.txt", events)
    path.write_text(path.read_text() + "no event\n")
    assert pipelines.profiles(path).to_pylist() == expected(events)
    assert f"1 of {len(events) + 1:,} lines in {path} are no listening events" in caplog.text


def test_many_lines_that_are_no_events_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "events.txt"
    path.write_text("1\t2\t3\t4\t5\nno event\n")
    with pytest.raises(PipelineError, match="1 of 2 lines in .*events.txt are no listening events"):
        pipelines.profiles(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns("trackId"), "no column trackId"),
        (lambda t: t.set_column(4, "timestamp", t["timestamp"].cast(pa.timestamp("s"))), "of type timestamp"),
        (lambda t: t.set_column(0, "userId", pa.array([None, *[1] * (len(t) - 1)], pa.int64())), "has 1 nulls"),
        (lambda t: t.set_column(1, "artistId", pa.array([-1] * len(t))), "column artistId has negative numbers"),
    ],
)
def test_a_table_that_holds_no_events_is_an_error(change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pipelines.profiles(change(table_of(random_events(5))))


@pytest.mark.parametrize(("package", "heavy"), [("pipelines", "pipelines.profile_table"), ("store", "pyarrow")])
def test_to_import_the_package_imports_no_tables(package: str, heavy: str) -> None:
    code = f"import sys, {package}; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_there_is_nothing_else() -> None:
    with pytest.raises(AttributeError, match="module 'pipelines' has no attribute 'profilez'"):
        pipelines.profilez  # noqa: B018
