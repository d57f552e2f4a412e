"""The wheel works outside the checkout, in any folder, and what its commands print as next works as printed."""

import json
import os
import re
import shlex
import signal
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from console import __version__
from console.program import COMMANDS
from data.format import SAMPLE
from store import open_store
from tests import oracle, stored
from tests.parts import installed

OWN_FOLDERS = ("console", "data", "pipelines", "schemas", "serving", "store")
"""Folders of the user which are called as our packages are."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    own = tmp_path_factory.getbasetemp()
    found = installed.environment(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)
    return {name: value for name, value in found.items() if name not in ("PROFILE_STORE", "PYTHONPATH")}


@pytest.fixture(scope="module")
def expected() -> dict[int, dict[str, Any]]:
    with Path(SAMPLE).open() as lines:
        return oracle.profiles(oracle.parse(lines))


def run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What a command prints."""
    return subprocess.run(
        shlex.split(command), cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


def plays_served_by(command: str, user: int, folder: Path, environment: Mapping[str, str]) -> int:
    """The number of listens of a user that a server answers, started by a command."""
    with subprocess.Popen(
        shlex.split(command), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            address = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
            assert address
            query = {"query": f"{{ getUserProfile(userId: {user}) {{ totalListenCount }} }}"}
            body, headers = json.dumps(query).encode(), {"content-type": "application/json"}
            with urllib.request.urlopen(urllib.request.Request(f"{address[0]}/graphql", body, headers)) as response:
                plays: int = json.load(response)["data"]["getUserProfile"]["totalListenCount"]
        finally:
            server.send_signal(signal.SIGTERM)
    return plays


@pytest.mark.parametrize(
    ("load", "store", "served", "own"),
    [
        ("profiles load --store 'lmdb:my profiles'", "my profiles", "profiles serve --store 'lmdb:my profiles'", ()),
        ("profiles load", "data/store", "profiles serve", OWN_FOLDERS),
        (
            "python -m pipelines.profile --store=lmdb:new",
            "new",
            "python -m serving --store lmdb:new",
            OWN_FOLDERS,
        ),
        ("python -m pipelines.profile", "data/store", "python -m serving", ()),
    ],
)
def test_the_sample_is_loaded_and_served(
    load: str,
    store: str,
    served: str,
    own: tuple[str, ...],
    environment: Mapping[str, str],
    expected: dict[int, dict[str, Any]],
    tmp_path: Path,
) -> None:
    for name in own:
        (tmp_path / name).mkdir()
    said = run(load, tmp_path, environment)
    assert said.splitlines()[-1] == f"Next: {served}"
    assert stored.profiles(open_store(f"lmdb:{tmp_path / store}")) == expected
    user = min(expected)
    assert plays_served_by(f"{served} --port 0", user, tmp_path, environment) == expected[user]["counts"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_calls_itself_by_the_name_it_was_started_by(
    name: str, environment: Mapping[str, str], tmp_path: Path
) -> None:
    for own in OWN_FOLDERS:
        (tmp_path / own).mkdir()
    module = COMMANDS[name].module
    assert run(f"profiles {name} --help", tmp_path, environment).startswith(f"usage: profiles {name} [-h] [--version]")
    assert run(f"python -m {module} --help", tmp_path, environment).startswith(f"usage: python -m {module} [-h]")
    assert run(f"profiles {name} --version", tmp_path, environment) == f"listening-profiles {__version__}\n"


METADATA = """
import json, sys
from importlib import metadata, resources
found = metadata.metadata("listening-profiles")
typed = [name for name in sys.argv[1:] if resources.files(name).joinpath("py.typed").is_file()]
licence = metadata.distribution("listening-profiles").read_text("licenses/LICENSE")
print(json.dumps([found["Version"], found["License-Expression"], licence.split()[:2], typed]))
"""


def test_the_wheel_brings_its_version_licence_and_types(environment: Mapping[str, str], tmp_path: Path) -> None:
    said = run(shlex.join(["python", "-c", METADATA, *OWN_FOLDERS]), tmp_path, environment)
    assert json.loads(said) == [__version__, "Apache-2.0", ["Apache", "License"], [*OWN_FOLDERS]]
