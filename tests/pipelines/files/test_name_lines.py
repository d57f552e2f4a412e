"""Names of items: quoting, UTF-8, ids given twice, and bad lines."""

import csv
import io
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.files.blocks import Range, blocks, buffer_for
from pipelines.files.items import ItemMerger
from pipelines.files.name_lines import LONGEST_LINE, NameParser
from pipelines.files.parts import Part
from pipelines.files.spill import InElements
from schemas.wire import avro
from store import open_store
from tests import stored
from tests.pipelines.jobs import random_events, run_profile, write_events


def names_of(kind: str, data: bytes, path: Path, shards: int = 3) -> tuple[dict[int, str], list[str], int]:
    """The names in a file, the notes of what was wrong, and the number of items with several names."""
    path.write_bytes(data)
    parser, shuffle = NameParser(shards), InElements()
    part = Range(kind, 0, str(path), 0, len(data), len(data))
    names: dict[int, str] = {}
    notes: list[str] = []
    conflicts = 0
    for block in blocks(part, parser.longest, lambda: buffer_for(parser.longest)):
        parsed = parser.parse(block, part, parser.workspace())
        notes += parsed.notes.decode().splitlines()
        for _, rows, wide, array in parsed.parts:
            one = Part((0, 0), rows, wide, shuffle.put([array])[0], kind)
            items = ItemMerger(shuffle).compute([one])
            conflicts += items.conflicts
            names |= {item["id"]: item["name"] for item in map(partial(avro.decode, "Item"), items.values())}
    return names, notes, conflicts


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(
        st.integers(0, 2**63 - 1),
        st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20),
        max_size=20,
    ),
    st.sampled_from(["artists", "tracks"]),
)
def test_names_written_as_csv_come_back(
    tmp_path_factory: pytest.TempPathFactory, names: dict[int, str], kind: str
) -> None:
    text = io.StringIO()
    rows = [(i, name) if kind == "artists" else (i, name, 7) for i, name in names.items()]
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    path = tmp_path_factory.getbasetemp() / "names.txt"
    found, notes, _ = names_of(kind, text.getvalue().encode(), path) if names else ({}, [], 0)
    assert found == names
    assert notes == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b'1\t"AC""DC"', 'AC"DC'),
        (b'1\t"a" and "b"', '"a" and "b"'),
        (b'1\t"', '"'),
        (b'1\t""', ""),
        (b'1\t"""', '"""'),
        (b'1\t""""', '"'),
        (b"1\t", ""),
        (b"1\ta\tb", "a\tb"),
        (b"1\tname\r", "name"),
        (b"1\t \x17x ", " \x17x "),
        ("1\tMünchner Freiheit 東京 🎵".encode(), "Münchner Freiheit 東京 🎵"),
    ],
)
def test_quotes_and_odd_characters(line: bytes, name: str, tmp_path: Path) -> None:
    assert names_of("artists", line + b"\n", tmp_path / "a") == ({1: name}, [], 0)
    assert names_of("albums", line.removesuffix(b"\r") + b"\t5\n", tmp_path / "a") == ({1: name}, [], 0)


@pytest.mark.parametrize(
    ("kind", "line", "reason"),
    [
        ("artists", b"", "empty line"),
        ("artists", b"1", "1 columns instead of 2"),
        ("albums", b"1\tx", "2 columns instead of 3"),
        ("artists", b"x\tname", "the id is not a number of up to 63 bits"),
        ("artists", b"\tname", "the id is not a number of up to 63 bits"),
        ("artists", b"-1\tname", "the id is not a number of up to 63 bits"),
        ("artists", b"9223372036854775808\tname", "the id is not a number of up to 63 bits"),
        ("albums", b"1\tname\tx", "the id of the artist is not a number of up to 63 bits"),
        ("artists", b"1\t" + b"x" * LONGEST_LINE, f"longer than {LONGEST_LINE} bytes"),
    ],
)
def test_bad_lines_are_noted(kind: str, line: bytes, reason: str, tmp_path: Path) -> None:
    good = b"5\tgood" + (b"\t1" if kind == "albums" else b"") + b"\n"
    names, notes, _ = names_of(kind, good + line + b"\n" + good, tmp_path / "a")
    assert names == {5: "good"}
    assert [note.split("\t")[:2] for note in notes] == [["2", reason]]


def test_what_is_not_utf8_is_replaced_and_noted(tmp_path: Path) -> None:
    names, notes, _ = names_of("artists", b"1\tgood\n2\tM\xfcnchen\n3\t\xc3\n4\xa9\tx\n", tmp_path / "a")
    assert names == {1: "good", 2: "M�nchen", 3: "�"}
    assert [note.split("\t")[0] for note in notes] == ["2", "3", "4", "4"]
    assert "not UTF-8" in notes[0]


def test_a_header_is_noted_and_not_counted_as_rejected(tmp_path: Path) -> None:
    events = write_events(tmp_path / "LFM-1b_LEs.txt", random_events(1, 100))
    (tmp_path / "LFM-1b_artists.txt").write_text("id\tname\n1\tone\n")
    (tmp_path / "LFM-1b_albums.txt").write_text("id\tname\tartist\n2\ttwo\t1\n")
    summary = run_profile(events, f"lmdb:{tmp_path}/store", "--max_rejected", "0")
    store = open_store(f"lmdb:{tmp_path}/store")
    assert (stored.names(store, "artists"), stored.names(store, "albums")) == ({1: "one"}, {2: "two"})
    rejects = [line.split("\t") for line in (tmp_path / "rejects.tsv").read_text().splitlines()[1:]]
    assert [line[1:3] for line in rejects] == [["1", "header line"]] * 2
    assert summary.counts["rejected"] == 0


def test_names_in_disorder_reach_the_store_and_the_rejects(tmp_path: Path) -> None:
    """Quotes, ids with several names, and bytes that are not UTF-8, through the whole job."""
    events = write_events(tmp_path / "LFM-1b_LEs.txt", random_events(1, 100))
    names = tmp_path / "LFM-1b_artists.txt"
    names.write_bytes(b'1\t"The ""Best"""\n2\tb\n2\ta\r\n2\t\n3\tM\xfcnchen\n4\t"')
    summary = run_profile(events, f"lmdb:{tmp_path}/store")
    store = open_store(f"lmdb:{tmp_path}/store")
    assert stored.names(store, "artists") == {1: 'The "Best"', 2: "a", 3: "M\ufffdnchen", 4: '"'}
    (kept,) = (tmp_path / "rejects.tsv").read_text().splitlines()[1:]
    assert kept.split("\t")[:2] == [str(names), "5"]
    assert "not UTF-8" in kept
    assert kept.endswith(r"M\\xfcnchen")
    assert (summary.counts["rejected"], summary.counts["renamed"]) == (0, 1)


def test_of_several_names_the_smallest_which_is_not_empty_stays(tmp_path: Path) -> None:
    lines = [b"1\tb\n", b"1\t\n", b"1\ta\n", b"2\t\n", b"2\t\n", b"3\tx\n", b"3\tx\n"]
    for seed in range(5):
        data = b"".join(Random(seed).sample(lines, len(lines)))
        assert names_of("artists", data, tmp_path / "a") == ({1: "a", 2: "", 3: "x"}, [], 1)


def test_names_come_from_many_blocks_and_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", 1000)
    events = write_events(tmp_path / "LFM-1b_LEs.txt", random_events(1, 100))
    random = Random(1)
    names = {random.randrange(10**6): f"name {i} é" for i in range(3000)}
    (tmp_path / "LFM-1b_artists.txt").write_text("".join(f"{i}\t{name}\n" for i, name in names.items()))
    summary = run_profile(
        events, f"lmdb:{tmp_path}/store", "--albums", str(tmp_path / "LFM-1b_artists.txt"), "--max_rejected", "1"
    )
    store = open_store(f"lmdb:{tmp_path}/store")
    assert stored.names(store, "artists") == names
    assert stored.names(store, "albums") == {}
    assert (summary.counts["artists"], summary.counts["rejected"]) == (len(names), len(names))
