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


FILLED = " filled"


def bring_up_to_date(*, fill: bool) -> None:
    """Empties the cache if the sources have changed, as Numba does not see a change in a module which another calls.

    Args:
        fill: fill it, too. Processes which compile at the same time may take each other's files.
    """
    STAMP.parent.mkdir(exist_ok=True)
    with STAMP.open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        known, sources = stamp.read(), _sources()
        if known.removesuffix(FILLED) != sources:
            for path in ROOT.glob("[!.]*/**/__pycache__/*.nb[ic]"):
                path.unlink()
            known = sources
        if fill and not known.endswith(FILLED):
            _fill()
            known += FILLED
        stamp.truncate(0)
        stamp.write(known)


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
