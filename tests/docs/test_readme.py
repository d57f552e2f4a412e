"""The README's quick start, as a newcomer types it: the pipeline, then the server, then a query."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from data.format import SAMPLE
from tests import oracle

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def ask(address: str, query: str) -> Any:
    request = urllib.request.Request(
        f"{address}/graphql", json.dumps({"query": query}).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def quick_start(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the README's pipeline ran, and what it said."""
    folder = tmp_path_factory.mktemp("quick-start")
    command = re.search(r"&& python (-m pipelines.profile [^#]*)#", README)
    assert command
    run = subprocess.run([sys.executable, *command[1].split()], cwd=folder, capture_output=True, text=True, check=True)
    return folder, run.stdout


def test_the_pipeline_says_what_it_did_and_what_is_next(quick_start: tuple[Path, str]) -> None:
    _, said = quick_start
    with Path(SAMPLE).open() as lines:
        events = oracle.distinct(oracle.parse(lines))
    assert said.startswith(f"{len(events):,} events of {len({e.user for e in events}):,} users in ")
    assert said.endswith("Next: python -m serving\n")


def test_the_server_answers_the_query_of_the_readme(quick_start: tuple[Path, str]) -> None:
    with Path(SAMPLE).open() as lines:
        profiles = oracle.profiles(oracle.parse(lines))
    query = re.search(r"```graphql\n(.*?userId: (\d+).*?)```", README, re.DOTALL)
    assert query
    expected = profiles[int(query[2])]
    command = [sys.executable, "-m", "serving", "--port", "0"]
    with subprocess.Popen(
        command, cwd=quick_start[0], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address
            answer = ask(address[0], query[1])["data"]["getUserProfile"]
        finally:
            server.send_signal(signal.SIGTERM)
    assert answer["totalListenCount"] == expected["counts"]
    assert answer["firstListenEvent"] == expected["firstlisten"]
    assert answer["lastListenEvent"] == expected["lastlisten"]
    assert [c["countPlays"] for c in answer["artistCharts"]["topK"]] == [
        c["countPlays"] for c in expected["topartists"]["topK"]
    ]
    assert all(c["artist"]["name"] is not None for c in answer["artistCharts"]["topK"])
