import logging
from pathlib import Path

import pytest

from pipelines.runners import golang
from pipelines.runners.golang import NotBuiltError

GO = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
{does}
"""


def install(folder: Path, does: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the only `go` a script that does something, and the cache a folder of its own."""
    (folder / "go").write_text(GO.format(does=does))
    (folder / "go").chmod(0o755)
    only(folder, monkeypatch)


def only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))


def test_a_program_is_built_once_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path, 'printf built > "$GOBIN/thing"', monkeypatch)
    with caplog.at_level(logging.WARNING):
        path = golang.program("example.org/thing", "v1.2.3", "thing")
        assert golang.program("example.org/thing", "v1.2.3", "thing") == path
    assert path == tmp_path / "cache/listening-profiles/bin/thing-v1.2.3"
    assert path.read_text() == "built"
    assert (tmp_path / "calls").read_text() == "install example.org/thing@v1.2.3\n"
    assert caplog.messages == ["building example.org/thing@v1.2.3, once for all: this takes a minute or two"]


def test_a_build_that_fails_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "echo no such module >&2; exit 1", monkeypatch)
    with pytest.raises(NotBuiltError, match=r"`go install example.org/thing@v1` failed: no such module"):
        golang.program("example.org/thing", "v1", "thing")
    assert [path.name for path in (tmp_path / "cache/listening-profiles/bin").iterdir()] == ["thing-v1.lock"]


def test_without_go_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotBuiltError, match=r"no `go` to build example.org/thing@v1 with: install Go"):
        golang.program("example.org/thing", "v1", "thing")
