"""The command `profiles` knows every command that there is, and imports none of them to tell so."""

import json
import subprocess
import sys
from pathlib import Path

from console.dispatcher import parser
from console.program import COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGES = ("data", "pipelines", "schemas", "serving", "store")


def runnable() -> set[str]:
    """The modules which `python -m` runs."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    names = (path.relative_to(ROOT).with_suffix("") for path in paths if '__name__ == "__main__"' in path.read_text())
    return {".".join(name.parts).removesuffix(".__main__") for name in names}


def test_every_command_has_a_name() -> None:
    assert {command.module for command in COMMANDS.values()} == runnable()


def test_the_help_has_a_line_for_each_command() -> None:
    lines = parser().format_help().splitlines()
    for name, command in COMMANDS.items():
        assert [line.split() for line in lines].count([name, *command.help.split()]) == 1


def test_the_help_imports_nothing_but_the_standard_library() -> None:
    code = (
        f"import json, sys; sys.path.insert(0, {str(ROOT)!r}); from console.dispatcher import parser;"
        "parser().format_help(); print(json.dumps([*sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-ISc", code], capture_output=True, check=True)
    imported = {name.partition(".")[0] for name in json.loads(run.stdout)}
    assert imported <= {*sys.stdlib_module_names, "__main__", "console"}


def test_a_stream_asks_for_its_broker() -> None:
    command = [sys.executable, "-c", "from console.dispatcher import main; main()", "stream"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.endswith("profiles stream: error: argument --kafka: expected one argument\n")


def test_an_unknown_command_is_refused() -> None:
    command = [sys.executable, "-c", "from console.dispatcher import main; main()", "lod"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "invalid choice: 'lod' (choose from " in run.stderr
