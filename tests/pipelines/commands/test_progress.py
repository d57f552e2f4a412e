"""Progress: a bar on a terminal, log lines elsewhere."""

import logging
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from data.format import SAMPLE
from pipelines.commands import progress


def test_log_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0)
    with caplog.at_level(logging.INFO), progress.shown(1000):
        progress.advance(0, 5)
        progress.advance(500, 15)
        progress.advance(500, 30)
        progress.written(0.5)
        progress.written(0.5)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" events")[0] for line in lines] == ["25%: 20", "50%: 50", "75%: 50", "100%: 50", "100%: 50"]
    assert all(re.search(r"events, [\d,]+/s, \d+ s left$", line) for line in lines)


def test_few_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), progress.shown(1000):
        for _ in range(1000):
            progress.advance(1, 1)
    assert not caplog.records


def test_nothing_is_shown_outside_of_a_job() -> None:
    progress.advance(5, 5)
    progress.written(1)


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    command = [sys.executable, "-m", "pipelines.profile", "--events", SAMPLE, "--store", f"lmdb:{tmp_path}/store"]
    with subprocess.Popen([*command, "--rejects", f"{tmp_path}/r"], stderr=theirs, stdout=subprocess.DEVNULL) as run:
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 1 << 16):
                shown += data
        except OSError:
            pass  # how Linux tells that the other side is closed
    os.close(ours)
    assert run.returncode == 0
    assert re.search(r"100%\|.*15,000 events, [\d,]+/s", shown.decode())
