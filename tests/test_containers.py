"""The image and the composition hold to the rules of their formats, and to what the project is."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent


def lint(*command: str) -> str:
    tool = TOOLS / command[0]
    if not tool.is_file():
        pytest.skip(f"{command[0]} is not installed: pip install -e '.[test]'")
    run = subprocess.run([str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_dockerfile_is_clean() -> None:
    assert lint("hadolint", "Dockerfile") == ""


def test_the_composition_is_valid() -> None:
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_the_image_holds_all_packages_and_nothing_to_build_with() -> None:
    build, final = (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"COPY {package} " in build
    assert not re.search(r"pip|apt-get|gcc", final)
    assert re.search(r"^USER [1-9]", final, re.MULTILINE)


def test_direct_dependencies_are_constrained_to_the_same_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    constraints = (ROOT / "constraints.txt").read_text().lower().splitlines()[1:]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+(; python_version .*)?", line) for line in constraints)
    assert {d.lower() for d in direct} <= set(constraints)
