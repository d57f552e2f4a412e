"""Every step of the page computes what the oracle says, and the page shows the steps as they are."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from store import open_store
from tests import oracle, stored
from tests.docs.steps import common
from tests.docs.steps.page import CODE, STEPS, command, shown
from tests.pipelines.jobs import random_events, write_events

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/from-naive-to-fast.md").read_text()


def lines_of(profiles: dict[int, dict[str, Any]]) -> list[str]:
    """The lines of users which follow from the values of topics."""
    charts = ("topartists", "topalbums", "toptracks")
    return sorted(
        common.line(
            user,
            profile["counts"],
            profile["firstlisten"],
            profile["lastlisten"],
            ([(c["id"], c["countPlays"]) for c in profile[chart]["topK"]] for chart in charts),
        )
        for user, profile in profiles.items()
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_step_computes_what_the_oracle_says(step: str, tmp_path: Path) -> None:
    events = random_events(1)
    source, out = write_events(tmp_path / "events.txt", events), tmp_path / "out.tsv"
    subprocess.run(command(step, source, out), check=True, capture_output=True, text=True)
    lines = out.read_text().splitlines() if out.is_file() else lines_of(stored.profiles(open_store(f"lmdb:{out}")))
    assert sorted(lines) == lines_of(oracle.profiles(events))


@pytest.mark.parametrize("step", CODE)
def test_the_page_shows_the_step_as_it_is(step: str) -> None:
    assert shown(step) in PAGE


def test_the_page_has_the_figures_of_all_steps() -> None:
    table = re.search(r"<!-- steps -->\n(.*?)\n<!-- end of steps -->", PAGE, re.DOTALL)
    assert table
    assert [row.split("|")[1].strip() for row in table[1].splitlines()[2:]] == [step.title for step in STEPS.values()]


def test_blocks_are_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "BLOCK", 50)
    path = write_events(tmp_path / "events.txt", random_events(2, 100))
    found = [*common.blocks(str(path))]
    assert len(found) > 10
    assert all(block.endswith(b"\n") for block in found)
    assert b"".join(found) == path.read_bytes()
