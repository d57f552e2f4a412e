"""Bad input and bad luck: a clear error or a counted reject, and nothing lost."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipelines import backfill, profile
from pipelines.failures import PipelineError
from store import Store, open_store
from store.bigtable import rpc
from store.digest import digest
from store.histories.deletions import Deletions
from store.profiles import union
from store.profiles.rows import Rows
from tests import oracle, stored
from tests.oracle import Event
from tests.parts import bigtable
from tests.parts.processes import free_port, limited
from tests.pipelines.jobs import random_events, run_backfill, run_profile, write_events

GOOD = random_events(1, 1000)
PROFILE = [sys.executable, "-m", "pipelines.profile"]


def text_of(events: list[Event]) -> bytes:
    return "".join("\t".join(map(str, event)) + "\n" for event in events).encode()


def rejects_in(folder: Path) -> list[list[str]]:
    return [line.split("\t") for line in (folder / "rejects.tsv").read_text().splitlines()[1:]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1\t2\t3\t4", "4 columns instead of 5"),
        (b"1\t2\t3\t4\t5\t6", "6 columns instead of 5"),
        (b"1\tx\t3\t4\t5", "not a number"),
        (b"-1\t2\t3\t4\t5", "negative number"),
        (b"99999999999999999999\t2\t3\t4\t5", "number of more than 63 bits"),
        (b"", "empty line"),
        (b"1\t2\t3\t4\t5\0", "NUL byte"),
        (b"\xff\xfe", "1 columns instead of 5"),
        (b"1" * 100_000, "longer than 100 bytes"),
    ],
)
def test_a_bad_line_is_kept_with_its_number_and_reason(line: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text_of(GOOD[:500]) + line + b"\n" + text_of(GOOD[500:]))
    summary = run_profile(path, f"lmdb:{tmp_path}/store")
    ((file, number, why, text),) = rejects_in(tmp_path)
    assert (file, number, why) == (str(path), "501", reason)
    assert text == line[:200].decode("ascii", "backslashreplace").encode("unicode_escape").decode()
    assert summary.counts["rejected"] == 1
    assert stored.profiles(open_store(f"lmdb:{tmp_path}/store")) == oracle.profiles(GOOD)


def test_line_numbers_hold_across_blocks_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.files.blocks.BLOCK", 500)
    monkeypatch.setattr("pipelines.files.event_parser._BAD_AT_ONCE", 2)
    expected = []
    for name in "ab":
        lines = text_of(GOOD[:300]).splitlines()
        for i in (0, 7, 8, 9, 150, 299):
            lines.insert(i, b"bad %d" % i)
        (tmp_path / name).write_bytes(b"\n".join(lines))
        expected += [
            [str(tmp_path / name), str(i + 1), "1 columns instead of 5", line.decode()]
            for i, line in enumerate(lines)
            if line.startswith(b"bad")
        ]
    run_profile([tmp_path / "a", tmp_path / "b"], f"lmdb:{tmp_path}/store", "--max_rejected", "0.1")
    assert rejects_in(tmp_path) == expected


def test_a_header_is_noted_and_not_counted_as_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"user_id\tartist_id\talbum_id\ttrack_id\ttimestamp\n" + text_of(GOOD))
    summary = run_profile(path, f"lmdb:{tmp_path}/store", "--max_rejected", "0")
    assert [(number, reason) for _, number, reason, *_ in rejects_in(tmp_path)] == [("1", "header line")]
    assert summary.counts["rejected"] == 0
    assert stored.profiles(open_store(f"lmdb:{tmp_path}/store")) == oracle.profiles(GOOD)


def test_too_many_rejects_stop_the_run_before_anything_is_written(tmp_path: Path) -> None:
    events = write_events(tmp_path / "a.txt", GOOD)
    store = f"lmdb:{tmp_path}/store"
    run_profile(events, store)
    before = digest(open_store(store))
    (tmp_path / "b.txt").write_bytes(text_of(random_events(2, 97)) + b"bad\n" * 3)
    with pytest.raises(PipelineError, match=r"3 of 1\d\d lines of events were rejected, more than 1.00%: nothing was"):
        run_profile(tmp_path / "b.txt", store)
    assert len(rejects_in(tmp_path)) == 3
    assert digest(open_store(store)) == before
    assert run_profile(tmp_path / "b.txt", store, "--max_rejected", "0.05").counts["rejected"] == 3


def test_bad_names_are_judged_by_themselves(tmp_path: Path) -> None:
    events = write_events(tmp_path / "LFM-1b_LEs.txt", GOOD)
    (tmp_path / "LFM-1b_artists.txt").write_text("1\tgood\nbad\n")
    with pytest.raises(PipelineError, match="1 of 2 lines of artists were rejected"):
        run_profile(events, f"lmdb:{tmp_path}/store")


def test_only_bad_lines_are_no_events(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("bad\n")
    with pytest.raises(PipelineError, match="no listening event in .*a.txt"):
        run_profile(tmp_path / "a.txt", f"lmdb:{tmp_path}/store", "--max_rejected", "1")


def test_files_which_are_missing_or_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    with pytest.raises(PipelineError, match="no file matches .*: check --events"):
        run_profile(tmp_path / "missing.txt", f"lmdb:{tmp_path}/store")
    with pytest.raises(PipelineError, match=r"nothing to read: .*empty.txt is empty"):
        run_profile(tmp_path / "empty.txt", f"lmdb:{tmp_path}/store")
    events = write_events(tmp_path / "a.txt", GOOD)
    with pytest.raises(PipelineError, match="no file matches .*: check --tracks"):
        run_profile(events, f"lmdb:{tmp_path}/store", "--tracks", str(tmp_path / "missing.txt"))


def test_a_line_of_a_gigabyte_needs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.write(text_of(GOOD[:500]))
        file.truncate(file.tell() + (1 << 30))  # a hole: NUL bytes that take no room on the disk
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + text_of(GOOD[500:]))
    run = """from pipelines.profile import main; main(); print(open("/proc/self/status").read())"""
    options = ["--events", str(path), "--store", f"lmdb:{tmp_path}/store", "--rejects", f"{tmp_path}/rejects.tsv"]
    said = subprocess.run([sys.executable, "-c", run, *options], check=True, capture_output=True, text=True).stdout
    most = re.search(r"VmHWM:\s*(\d+) kB", said)
    assert most
    assert int(most[1]) < 800_000
    assert [(number, reason) for _, number, reason, _ in rejects_in(tmp_path)] == [("501", "longer than 100 bytes")]
    assert stored.profiles(open_store(f"lmdb:{tmp_path}/store")) == oracle.profiles(GOOD)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--evnts", "x"], "no option --evnts: did you mean --events?"),
        (["--max_rejected", "2"], "2 is not between 0 and 1"),
        (["--k", "0"], "0 is not above 0"),
        (["--direct_running_mode", "multi_processing"], "loses data"),
        (["--store", "redis://x"], "is of no known form: use lmdb:FOLDER or bigtable://PROJECT/INSTANCE"),
    ],
)
def test_wrong_options(options: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises((PipelineError, SystemExit)) as caught:
        profile.main(["--store", f"lmdb:{tmp_path}/store", *options])
    assert message in str(caught.value) + capsys.readouterr().err


def test_rejects_which_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(text_of(GOOD) + b"bad\n")
    with pytest.raises(PipelineError, match="cannot write rejected lines to /dev/full.*: see --rejects"):
        run_profile(tmp_path / "a.txt", f"lmdb:{tmp_path}/store", "--rejects", "/dev/full")


def run_limited(tmp_path: Path, limit: int, events: Path) -> subprocess.CompletedProcess[str]:
    """Runs the job where no file may be longer than `limit` bytes, as on a full disk."""
    store, rejects = f"lmdb:{tmp_path}/store", f"{tmp_path}/rejects.tsv"
    command = [*PROFILE, "--events", str(events), "--store", store, "--rejects", rejects]
    return subprocess.run(limited(command, limit), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("share", [0.3, 2])
def test_a_full_disk(share: float, tmp_path: Path) -> None:
    """First there is no room for the intermediate data, then none for the store."""
    events = random_events(1, 20_000, users=300, years=9)
    path = write_events(tmp_path / "a.txt", events)
    run = run_limited(tmp_path, int(20 * len(events) * share), path)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("error: ")
    assert "make room" in run.stderr
    assert "Traceback" not in run.stderr
    assert ("intermediate data" in run.stderr) == (share < 1)
    run_profile(path, f"lmdb:{tmp_path}/store")
    assert stored.profiles(open_store(f"lmdb:{tmp_path}/store")) == oracle.profiles(events)


def test_a_killed_run_leaves_whole_rows_and_the_next_one_completes(tmp_path: Path) -> None:
    events = random_events(1, 30_000, users=2000, years=5)
    path = write_events(tmp_path / "a.txt", events)
    expected = oracle.profiles(events)
    store = f"lmdb:{tmp_path}/store"
    killed = 0
    for size in (300_000, 2_000_000, 4_000_000):  # bytes which were committed
        command = [*PROFILE, "--events", str(path), "--store", store, "--rejects", f"{tmp_path}/r", "--shards", "64"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            data = tmp_path / "store/data.mdb"
            while run.poll() is None and not (data.exists() and data.stat().st_size > size):
                time.sleep(0.001)
            run.send_signal(signal.SIGKILL)
        killed += run.returncode == -signal.SIGKILL
        found = stored.profiles(open_store(store))
        assert all(profile == expected[user] for user, profile in found.items())
    assert killed
    assert not list(tmp_path.glob("tmp*"))
    run_profile(path, store)
    assert stored.profiles(open_store(store)) == expected


def test_bigtable_which_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGTABLE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    with pytest.raises(PipelineError, match="Bigtable does not answer at 127.0.0.1"):
        run_profile(write_events(tmp_path / "a.txt", GOOD), "bigtable://tests/unreachable")


def test_bigtable_which_goes_away(emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulator ends when the first rows are to be written."""
    monkeypatch.setattr(rpc, "PATIENCE_SECONDS", 1)
    write = union.write
    with ExitStack() as running:
        host = running.enter_context(bigtable.emulator(tmp_path))
        monkeypatch.setenv("BIGTABLE_EMULATOR_HOST", host)

        def write_without_it(store: Store, rows: Rows, new: Deletions, *, announce: bool) -> None:
            running.close()
            write(store, rows, new, announce=announce)

        monkeypatch.setattr(union, "write", write_without_it)
        with pytest.raises(PipelineError, match=f"Bigtable does not answer at {host}: .*: start the emulator"):
            run_profile(write_events(tmp_path / "a.txt", GOOD), "bigtable://tests/gone")


def test_a_store_of_another_layout(tmp_path: Path) -> None:
    store = open_store(f"lmdb:{tmp_path}/store", create=True)
    store.set_setting("layout", "0")
    store.close()
    with pytest.raises(PipelineError, match="has layout version 0, this program reads and writes version"):
        run_profile(write_events(tmp_path / "a.txt", GOOD), f"lmdb:{tmp_path}/store")


def test_backfill_needs_a_store_with_data(tmp_path: Path) -> None:
    events = write_events(tmp_path / "a.txt", GOOD)
    with pytest.raises(PipelineError, match="there is no store in"):
        run_backfill(events, f"lmdb:{tmp_path}/store")
    open_store(f"lmdb:{tmp_path}/store", create=True)
    with pytest.raises(PipelineError, match="has no data yet"):
        run_backfill(events, f"lmdb:{tmp_path}/store")
    run_profile(events, f"lmdb:{tmp_path}/store")
    with pytest.raises(PipelineError, match="--from must be before --to"):
        run_backfill(events, f"lmdb:{tmp_path}/store", "--from", "2012-01-01", "--to", "2012-01-01")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "01/02/2012"], "argument --from: 01/02/2012 is not a date like 2012-03-01"),
        (["--to", "2012-02-30"], "argument --to: 2012-02-30 is not a date like 2012-03-01"),
        (["--users", "1,x"], "argument --users: 1,x is not a list of ids like 402,1007"),
        (["--users=-1"], "argument --users: -1 is not a list of ids"),
        (["--users", str(2**63)], "is not a list of ids"),
    ],
)
def test_wrong_options_of_a_backfill(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        backfill.main(["--events", "x", *options])
    assert message in capsys.readouterr().err
