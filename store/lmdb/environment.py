"""What this process has open of LMDB, which allows each file to be open only once in a process.

A store that nobody holds any longer is closed when it is collected. By then the weak reference to it is gone already,
and a cursor or a traceback may hold its `lmdb.Environment` for as long as it likes: neither tells whether the file is
still open. So it is known by an entry of its own, which lives until the file is closed.
"""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary, finalize

import lmdb


class Environment:
    """An `lmdb.Environment` in a folder: open until `close` has returned, whoever else holds what.

    Attributes:
        env: the environment itself, open.
    """

    def __init__(self, path: Path, **options: Any) -> None:
        self.env = lmdb.open(str(path), **options)
        self._path = path
        self._file = _identity(path)
        self._closing = threading.RLock()  # a collection may begin while its own thread is closing

    def is_in_place(self) -> bool:
        """Whether the folder still holds the file that is open: it may have been deleted or replaced meanwhile."""
        return _identity(self._path) == self._file

    def close_with(self, owner: object) -> "finalize[..., object]":
        """Closes the file when `owner` is collected, or before if what is returned is called."""
        closing = finalize(owner, self.close)
        closing.atexit = False  # threads may still be reading then
        _open[self._path] = self
        return closing

    def close(self) -> None:
        """Closes the file. Who calls it a second time, waits until the first has closed it."""
        with self._closing:
            self.env.close()


_open: WeakValueDictionary[Path, Environment] = WeakValueDictionary()
"""By folder. `finalize` holds an entry until the store is collected, and then the call of `close` itself does."""


def close_leftover(path: Path) -> None:
    """Closes what is open in a folder, though no store is known there: its store is being collected at this moment."""
    leftover = _open.pop(path, None)
    if leftover:
        leftover.close()


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = (path / "data.mdb").stat()
        return found.st_dev, found.st_ino
    return None
