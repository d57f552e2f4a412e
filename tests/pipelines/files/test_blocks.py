"""Files in blocks: every line arrives once, however the file is cut."""

import bz2
import gzip
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

from pipelines.failures import PipelineError
from pipelines.files.blocks import blocks, buffer_for, match

LONGEST = 50
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}


def lines_of(path: Path) -> list[bytes]:
    """The lines in order of range and offset; AssertionError if the offsets of the blocks are not in order, from 0."""
    found: list[bytes] = []
    offsets = []
    for part in match("events", [str(path)]):
        for block in blocks(part, LONGEST, lambda: buffer_for(LONGEST)):
            text = block.text[block.start : block.end].tobytes()
            assert text.endswith(b"\n")
            found += text[:-1].split(b"\n")
            offsets.append(block.offset)
    assert offsets[0] == 0
    assert all(before < after for before, after in pairwise(offsets))
    return found


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("block", [1, 7, 64, 100, 1000])
@pytest.mark.parametrize("final", [b"\n", b""])
def test_every_line_arrives_once(
    suffix: str, block: int, final: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", block)
    random = Random(block)
    lines = [bytes(random.choices(b"ab\t", k=random.randrange(LONGEST))) for _ in range(200)] + [b"end"]
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(COMPRESS[suffix](b"\n".join(lines) + final))
    assert lines_of(path) == lines


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("block", [10, 64, 1000])
@pytest.mark.parametrize("length", [LONGEST + 1, 333, 5000])
def test_lines_which_are_too_long_are_cut(
    suffix: str, block: int, length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", block)
    lines = [b"a" * 20, b"b" * length, b"c", b"", b"d" * length, b"e" * length, b"f"]
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(COMPRESS[suffix](b"\n".join(lines)))
    found = lines_of(path)
    assert [line for line in found if len(line) <= LONGEST] == [b"a" * 20, b"c", b"", b"f"]
    assert [line[:1] for line in found] == [b"a", b"b", b"c", b"", b"d", b"e", b"f"]


def test_members_of_a_compressed_file_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"a\nb") + gzip.compress(b"c\n") + gzip.compress(b""))
    assert lines_of(path) == [b"a", b"bc"]


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
def test_incomplete_compressed_files_are_an_error(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(COMPRESS[suffix](np.random.default_rng(1).bytes(10_000))[:-20])
    with pytest.raises(PipelineError, match=f"cannot read {path}"):
        lines_of(path)


def test_what_is_not_compressed_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(b"1\t2\n")
    with pytest.raises(PipelineError, match="cannot read"):
        lines_of(path)


def test_ranges_cover_the_files_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", 10)
    for name, size in (("b", 25), ("a", 10), ("c", 0)):
        (tmp_path / name).write_bytes(b"x" * size)
    found = match("events", [f"{tmp_path}/*", f"{tmp_path}/a"], first_file=3)
    assert [(r.file, Path(r.path).name, r.start, r.end, r.size) for r in found] == [
        (3, "a", 0, 10, 10),
        (4, "b", 0, 10, 25),
        (4, "b", 10, 20, 25),
        (4, "b", 20, 25, 25),
    ]


def test_no_file_and_no_content_are_errors(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    with pytest.raises(PipelineError, match="no file matches .*: check --events"):
        match("events", [f"{tmp_path}/*.tsv"])
    with pytest.raises(PipelineError, match="nothing to read: .*empty.txt is empty"):
        match("events", [f"{tmp_path}/*.txt"])
    with pytest.raises(PipelineError, match="cannot look for 'nowhere://x'"):
        match("events", ["nowhere://x"])


def test_a_file_which_shrinks_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\nb\nc\n")
    (part,) = match("events", [str(path)])
    path.write_bytes(b"a\n")
    with pytest.raises(PipelineError, match="became shorter"):
        list(blocks(part, LONGEST, lambda: buffer_for(LONGEST)))
