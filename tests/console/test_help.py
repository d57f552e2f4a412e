"""What a command tells of itself needs none of the libraries that it works with."""

import subprocess
import sys

import pytest

from console.program import COMMANDS

HEAVY = {"apache_beam", "confluent_kafka", "fastapi", "grpc", "httpx", "numba", "pyarrow", "strawberry", "uvicorn"}

SCRIPT = """
import runpy, sys
sys.argv = [sys.argv[1], "--help"]
try:
    runpy.run_module(sys.argv[0], run_name="__main__")
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize("module", sorted({command.module for command in COMMANDS.values()} - {"data.replay"}))
def test_help_imports_little(module: str) -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT, module], capture_output=True, text=True, check=True)
    assert "--help" in run.stdout
    assert not HEAVY & {*run.stderr.split()}
