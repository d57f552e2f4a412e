"""The page about adding a metric, done as it says, in a copy of the packages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipelines.jobs import random_events, run_profile, write_events

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adding-a-metric.md").read_text()
PACKAGES = ("console", "data", "pipelines", "schemas", "serving", "store")

CATALOGUE, FIELD, KIND, ORACLE = re.findall(r"```(?:text|graphql)\n(.*?)```", PAGE, re.DOTALL)[:4]

READ = """
import sys
from pathlib import Path
from serving.app import create_app
from store import open_store
from store.profiles.computed import computed
from tests import oracle
from tests.pipelines.jobs import random_events
from tests.serving.clients import ask
store = open_store(sys.argv[1])
app = create_app(Path("schemas/user-profile.gql"), store)
for user, profile in oracle.profiles(random_events(1, n=400, users=5)).items():
    query = "{ getUserProfile(userId: %d) { distinctAlbumsPerYear { start countDistinct } } }" % user
    answer = ask(app, query)
    assert answer["data"]["getUserProfile"]["distinctAlbumsPerYear"] == profile["distinctalbumsperyear"], answer
print(*(topic for topic, found in computed(store).items() if found.metric.stored))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and the tests' oracle, with the lines of the page."""
    for package in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / package, tmp_path / "copy" / package, ignore=shutil.ignore_patterns("__pycache__"))
    insert(tmp_path / "copy/schemas/metrics.py", "METRICS: tuple[Metric, ...] = (\n", CATALOGUE)
    insert(tmp_path / "copy/schemas/user-profile.gql", "type UserProfile {\n", FIELD)
    insert(tmp_path / "copy/schemas/user-profile.gql", "", KIND)
    insert(tmp_path / "copy/tests/oracle.py", '        "counts": len(history),\n', ORACLE)
    return tmp_path / "copy"


def insert(path: Path, after: str, lines: str) -> None:
    """Puts lines after the first place where some text is."""
    text = path.read_text()
    assert after in text
    before, found, rest = text.partition(after) if after else ("", "", text)
    path.write_text(before + found + lines + rest)


def run(folder: Path, *arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_the_page_does_what_it_says(copy: Path, tmp_path: Path) -> None:
    events = write_events(tmp_path / "events.txt", random_events(1, n=400, users=5))
    store = f"lmdb:{tmp_path}/store"
    run_profile(events, store)  # by the program as it is
    assert run(copy, "-c", READ, store).split() == ["distinctalbumsperyear"]
    recompute = re.search(r"python -m (pipelines.recompute .*)\n", PAGE)
    assert recompute
    run(copy, "-m", *recompute[1].split(), "--store", store)
    assert run(copy, "-c", READ, store).split() == []


def test_it_is_one_line_each() -> None:
    assert [part.count("\n") for part in (CATALOGUE, FIELD, KIND, ORACLE)] == [1, 1, 1, 1]
