"""How the parts of a shard travel from those who read to those who merge.

On a cluster they travel in the elements. On one machine, where the runner would hold them all in memory, they lie in a
temporary file, and only their places travel. The file has no name: whatever ends the process frees its room.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.failures import PipelineError

Bytes = NDArray[np.uint8]


class Shuffle(Protocol):
    """Keeps arrays until they are merged."""

    def put(self, arrays: Sequence[NDArray[Any]]) -> list[Any]:
        """Handles, which can be pickled, of arrays."""

    def get(self, handle: Any) -> Bytes:
        """The bytes of an array."""


@dataclass(frozen=True)
class InElements:
    """The handle of an array is its bytes."""

    def put(self, arrays: Sequence[NDArray[Any]]) -> list[Any]:
        return [array.tobytes() for array in arrays]

    def get(self, handle: Any) -> Bytes:
        return np.frombuffer(handle, np.uint8)


@dataclass(frozen=True)
class InFile:
    """The handle of an array is its offset and length in the process's spill file `name`."""

    name: str

    def put(self, arrays: Sequence[NDArray[Any]]) -> list[Any]:
        return _files[self.name].put(arrays)

    def get(self, handle: Any) -> Bytes:
        return _files[self.name].get(*handle)


class SpillFile:
    """A temporary file in `folder` for the time of a `with` statement, which gives its `Shuffle`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._end = 0
        self._lock = Lock()

    def __enter__(self) -> InFile:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self.folder, buffering=0)
        except OSError as error:
            raise PipelineError(f"cannot make a temporary file in {self.folder}: {error.strerror}") from error
        name = f"{id(self)}"
        _files[name] = self
        return InFile(name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del _files[f"{id(self)}"]
        self._file.close()

    def put(self, arrays: Sequence[NDArray[Any]]) -> list[tuple[int, int]]:
        with self._lock:
            start = self._end
            self._end += sum(array.nbytes for array in arrays)
        handles = []
        for array in arrays:
            self._write(memoryview(array.view(np.uint8)), start)  # type: ignore[arg-type]
            handles.append((start, array.nbytes))
            start += array.nbytes
        return handles

    def _write(self, data: memoryview, offset: int) -> None:
        try:
            while data:
                written = os.pwrite(self._file.fileno(), data, offset)
                data, offset = data[written:], offset + written
        except OSError as error:
            raise PipelineError(
                f"cannot keep intermediate data in {self.folder}: {error.strerror}: make room there and run again"
            ) from error

    def get(self, offset: int, length: int) -> Bytes:
        data = np.empty(length, np.uint8)
        view = memoryview(data)  # type: ignore[arg-type]
        while view:
            got = os.preadv(self._file.fileno(), [view], offset)
            if not got:
                raise PipelineError(f"intermediate data in {self.folder} is gone: run again")
            view, offset = view[got:], offset + got
        return data


_files: dict[str, SpillFile] = {}
