import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store.machine_code import CONTENTS, PACKAGES, ROOT

_PROGRAM = """
import numpy as np
from store import varint
out = np.zeros(20, np.uint8)
print(varint.put_long(out, 0, 100), *out[:2])
"""
_TOLD = "compiling the numeric code"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packages."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / "copy" / package, ignore=shutil.ignore_patterns("__pycache__", "sample")
        )
    return tmp_path / "copy"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a program with the packages of a folder, and a cache of its own."""

    def run(copy: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-B", "-c", _PROGRAM],
            cwd=copy,
            env={**_environment(), "XDG_CACHE_HOME": str(tmp_path / "cache"), **environment},
            capture_output=True,
            text=True,
            check=True,
        )

    return run


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "PYTHONPATH")}


def test_code_is_compiled_once(copy: Path, run: Run) -> None:
    first, second = run(copy), run(copy)
    assert first.stdout == second.stdout == "2 200 1\n"
    assert _TOLD in first.stderr
    assert second.stderr == ""


@pytest.mark.parametrize("module", ["store/hashing.py", "serving/recommender/graph.py"])
def test_a_change_in_any_module_with_compiled_functions_compiles_anew(copy: Path, run: Run, module: str) -> None:
    run(copy)
    with (copy / module).open("a") as file:
        file.write("\n")
    assert _TOLD in run(copy).stderr


def test_a_change_in_a_module_that_another_calls_is_seen(copy: Path, run: Run) -> None:
    run(copy)
    source = (copy / "store/varint.py").read_text()
    put, rest = source.split("@jit\ndef put_long")
    (copy / "store/inner.py").write_text(put)
    (copy / "store/varint.py").write_text(f"from store.inner import *\n@jit\ndef put_long{rest}")
    assert run(copy).stdout == "2 200 1\n"
    _change(copy / "store/inner.py", "p += 1", "p += 2")
    assert run(copy).stdout == "3 200 0\n"


def test_a_constant_of_a_module_that_compiles_nothing_is_seen(copy: Path, run: Run) -> None:
    (copy / "store/constants.py").write_text("STEP = 1\n")
    _change(copy / "store/varint.py", "from store.compiled", "from store.constants import STEP\nfrom store.compiled")
    _change(copy / "store/varint.py", "p += 1", "p += STEP")
    assert run(copy).stdout == "2 200 1\n"
    (copy / "store/constants.py").write_text("STEP = 3\n")
    assert run(copy).stdout == "4 200 0\n"


def test_where_nothing_can_be_written_it_runs_and_says_so_once(copy: Path, run: Run) -> None:
    for _ in range(2):
        done = run(copy, XDG_CACHE_HOME="/dev/null")
        assert done.stdout == "2 200 1\n"
        assert done.stderr.count("compiled code cannot be kept") == 1
        assert done.stderr.count(_TOLD) == 1


def test_code_beside_the_package_is_read(copy: Path, run: Run) -> None:
    shipped = copy / "store/compiled_code"
    run(copy, NUMBA_CACHE_DIR=str(shipped))
    os.chmod(shipped, 0o555)
    done = run(copy, XDG_CACHE_HOME="/dev/null")
    assert done.stdout == "2 200 1\n"
    assert done.stderr == ""


def test_code_of_old_sources_is_removed(copy: Path, run: Run, tmp_path: Path) -> None:
    compiled = tmp_path / "cache/listening-profiles/compiled"
    for age in range(CONTENTS + 2):
        (compiled / f"old{age}").mkdir(parents=True)
        os.utime(compiled / f"old{age}", (1e9 - age, 1e9 - age))
    run(copy)
    assert {f"old{age}" for age in range(CONTENTS - 1)} < {path.name for path in compiled.iterdir()}
    assert len(list(compiled.iterdir())) == CONTENTS


def test_processes_compile_at_the_same_time(copy: Path, tmp_path: Path) -> None:
    environment = {**_environment(), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-B", "-c", _PROGRAM]
    running = [
        subprocess.Popen(
            command, cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for _ in range(4)
    ]
    assert [process.communicate()[0] for process in running] == ["2 200 1\n"] * 4


def _change(module: Path, text: str, change: str) -> None:
    source = module.read_text()
    assert text in source
    module.write_text(source.replace(text, change, 1))
