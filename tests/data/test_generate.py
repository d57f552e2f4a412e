"""The command that generates a data set: what the same arguments give, orders, malformed lines, errors."""

import re
from pathlib import Path

import pytest

from data.format import KINDS, SAMPLE, items_file
from data.generate import main
from data.generation import generate
from tests.data.reading import NAMES_OF_FILES, bytes_of, is_valid, lines_of, rows_of


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    for name in ("once", "again"):
        generate(tmp_path / name, 50_000, seed=1)
    assert bytes_of(tmp_path / "once") == bytes_of(tmp_path / "again")


def test_number_of_processors_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.listeners.BATCH", 1_000)
    monkeypatch.setattr("data.made_up_names.CHUNK", 1_000)
    monkeypatch.setattr("data.dataset.CHUNK", 1_000)
    for processors in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda count=processors: count)
        generate(tmp_path / str(processors), 20_000, seed=5, bad=0.01)
    assert bytes_of(tmp_path / "1") == bytes_of(tmp_path / "3")
    ids = [int(row[0]) for row in rows_of(tmp_path / "1", "tracks")]
    assert len(ids) > 5_000
    assert ids == sorted(ids)


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    generate(tmp_path / "1", 1_000, seed=1)
    generate(tmp_path / "2", 1_000, seed=2)
    one, two = bytes_of(tmp_path / "1"), bytes_of(tmp_path / "2")
    assert all(one[name] != two[name] for name in NAMES_OF_FILES)


def test_the_sample_is_what_the_command_makes(tmp_path: Path) -> None:
    readme = (Path(SAMPLE).parents[1] / "README.md").read_text(encoding="utf-8")
    command = re.search(r"python -m data\.generate (.*) data/sample\n", readme)
    assert command
    assert main([*command[1].split(), str(tmp_path)]) == 0
    assert bytes_of(tmp_path) == bytes_of(Path(SAMPLE).parent)


def test_both_orders_hold_the_same_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("listeners", "dataset"):
        monkeypatch.setattr(f"data.{module}.BATCH", 5_000)
    generate(tmp_path / "clean", 60_000, seed=1)
    for order in ("user", "time"):
        generate(tmp_path / order, 60_000, seed=1, order=order, bad=0.1)
    by_user, by_time = lines_of(tmp_path / "user"), lines_of(tmp_path / "time")
    assert sorted(by_user) == sorted(by_time)
    assert [line for line in by_user if is_valid(line)] == lines_of(tmp_path / "clean")
    times = [int(line.split()[4]) for line in by_time if is_valid(line)]
    assert times == sorted(times)
    for name in map(items_file, KINDS):
        assert (tmp_path / "user" / name).read_bytes() == (tmp_path / "time" / name).read_bytes()


@pytest.mark.parametrize("share", [0.001, 0.3])
def test_share_of_bad_lines(tmp_path: Path, share: float) -> None:
    generate(tmp_path, 20_000, seed=3, bad=share)
    lines = lines_of(tmp_path)
    bad = [number for number, line in enumerate(lines) if not is_valid(line)]
    assert len(lines) - len(bad) == 20_000
    assert len(bad) / len(lines) == pytest.approx(share, rel=0.05)
    assert min(bad) < len(lines) / 4 < len(lines) * 3 / 4 < max(bad)


def test_bad_lines_are_bad_in_many_ways(tmp_path: Path) -> None:
    generate(tmp_path, 2_000, seed=3, bad=0.5)
    bad = [line[:-1] for line in lines_of(tmp_path) if not is_valid(line)]
    assert b"" in bad
    assert any(b"\0" in line for line in bad)
    assert any(b"\t-" in line for line in bad)
    assert any(b"yesterday" in line for line in bad)
    assert any(len(field) > 19 and field.isdigit() for line in bad for field in line.split(b"\t"))
    assert any(line.startswith(b"9223372036854775808\t") for line in bad)
    assert {line.count(b"\t") + 1 for line in bad} == {1, 4, 5, 6}


@pytest.mark.parametrize("events", [1, 2, 3, 7, 60])
@pytest.mark.parametrize("order", ["user", "time"])
def test_small_sizes(tmp_path: Path, events: int, order: str) -> None:
    generate(tmp_path, events, seed=0, order=order, bad=0.5)
    assert sum(map(is_valid, lines_of(tmp_path))) == events
    assert len(lines_of(tmp_path)) == 2 * events


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--events", "1_000", "--seed", "1", "--bad", "0.001", str(tmp_path / "new" / "folder")]) == 0
    said = capsys.readouterr()
    assert "1,000 events of 6 users by user, 1 malformed lines" in said.out
    assert said.err == ""
    assert sorted(bytes_of(tmp_path / "new" / "folder")) == sorted(NAMES_OF_FILES)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--events", "0"], "0 is not between 1 and 2,147,483,647"),
        (["--events", "1e6"], "'1e6' is not a whole number such as 10_000_000"),
        (["--seed", "-1"], "-1 is not between 0 and"),
        (["--bad", "1"], "1 is not at least 0 and less than 1"),
        (["--bad", "nan"], "nan is not at least 0 and less than 1"),
        (["--bad", "few"], "'few' is not a number such as 0.001"),
        (["--order", "artist"], "invalid choice: 'artist'"),
    ],
)
def test_wrong_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--events", "10", "--seed", "1", *arguments, str(tmp_path)])
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["--events", "10", "--seed", "1", str(tmp_path / "file")]) == 1
    assert "File exists" in capsys.readouterr().err


def test_failing_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path, 100, seed=1)
    before = bytes_of(tmp_path)

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("data.generation._write_names", fail)
    assert main(["--events", "200", "--seed", "1", str(tmp_path)]) == 1
    assert bytes_of(tmp_path) == before
