"""Programs which we start, and which must not outlive us."""

import os
import sys
from collections.abc import Sequence

# Linux alone can end a process with its parent, even one that is killed. The parent may be gone by the time of asking.
_TIED = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def tied(command: Sequence[str]) -> list[str]:
    """The command, as one that ends with this process (on Linux)."""
    if sys.platform != "linux":
        return [*command]
    return [sys.executable, "-ISc", _TIED, str(os.getpid()), *command]
