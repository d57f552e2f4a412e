"""The wheel, built and installed into a virtual environment which sees the other packages of this one."""

import fcntl
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(folder: Path) -> Mapping[str, str]:
    """The variables of a shell in which a virtual environment with the installed wheel is active.

    Args:
        folder: a temporary folder, in which the environment is made, once for all processes of a test run.
    """
    home = folder / "installed"
    with (folder / "installed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            _install(_built(folder), home)
    return {**os.environ, "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(home)}


def _install(wheel: Path, home: Path) -> None:
    venv.create(home)
    packages = next(home.glob("lib/python*/site-packages"))
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))  # their own .pth files, as of an editable install, stay out
    _pip("--python", str(home / "bin/python"), "install", "--no-deps", "--no-index", str(wheel))


def _built(folder: Path) -> Path:
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments, "--quiet"], check=True, capture_output=True, text=True)
