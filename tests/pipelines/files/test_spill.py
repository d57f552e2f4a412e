"""Keeping the parts of shards, in elements and in a file."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipelines.failures import PipelineError
from pipelines.files.spill import InElements, Shuffle, SpillFile

ARRAYS = [np.arange(n, dtype=kind) for n in (0, 1, 1000, 100_000) for kind in (np.uint8, np.uint32, np.int64)]


def check(shuffle: Shuffle) -> None:
    with ThreadPoolExecutor(4) as pool:
        for handles in list(pool.map(lambda _: shuffle.put(ARRAYS), range(8))):
            for handle, array in zip(handles, ARRAYS, strict=True):
                assert shuffle.get(handle).tobytes() == array.tobytes()


def test_in_elements() -> None:
    check(InElements())


def test_in_a_file_without_a_name(tmp_path: Path) -> None:
    with SpillFile(tmp_path / "new") as shuffle:
        check(shuffle)
        assert os.listdir(tmp_path / "new") == []


def test_no_room_is_an_error_with_the_folder_and_the_remedy(tmp_path: Path) -> None:
    spill = SpillFile(tmp_path)
    with spill as shuffle:
        spill._file.close()
        spill._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115
        with pytest.raises(
            PipelineError, match=f"cannot keep intermediate data in {tmp_path}: No space left .*: make room"
        ):
            shuffle.put(ARRAYS)


def test_a_folder_which_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(PipelineError, match="cannot make a temporary file in .*file/x: Not a directory"),
        SpillFile(tmp_path / "file/x"),
    ):
        pass
