"""The cache of compiled code, which all processes of a test run share."""

import fcntl
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("pipelines", "store")
STAMP = ROOT / "store/__pycache__/compiled"


def bring_up_to_date() -> None:
    """Empties and fills the cache, unless it was filled from the present sources.

    Numba looks only at the module of a function, so it does not see changes of functions which that one calls; and
    processes which fill an empty cache at the same time may take each other's files.
    """
    STAMP.parent.mkdir(exist_ok=True)
    with STAMP.open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        sources = _sources()
        if stamp.read() == sources:
            return
        stamp.truncate(0)
        for path in ROOT.glob("[!.]*/**/__pycache__/*.nb[ic]"):
            path.unlink()
        _fill()
        stamp.write(sources)


def _sources() -> str:
    """A digest of the modules that hold compiled functions."""
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    texts = (path.read_bytes() for path in paths)
    return hashlib.sha256(b"\0".join(text for text in texts if b"njit" in text)).hexdigest()


def _fill() -> None:
    """Runs the commands which use it: a first load, and one into a store that has data."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--store", f"lmdb:{folder}/store", "--rejects", f"{folder}/rejects.tsv"]
        for _ in range(2):
            subprocess.run([sys.executable, "-m", "pipelines.profile", *options], check=True, stdout=subprocess.DEVNULL)
