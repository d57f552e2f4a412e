"""The machine code that all processes of a test run share: compiled by one of them, before the others start."""

import subprocess
import sys
import tempfile

from store.machine_code import sources, users_folder


def fill() -> None:
    """Runs the commands which compile most, if these sources were not compiled yet: two loads into one store."""
    if not (users_folder() / sources()).exists():
        with tempfile.TemporaryDirectory() as folder:
            options = ["--store", f"lmdb:{folder}/store", "--rejects", f"{folder}/rejects.tsv"]
            for _ in range(2):
                command = [sys.executable, "-m", "pipelines.profile", *options]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
