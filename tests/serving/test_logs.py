import io
import logging
import re

import pytest

from serving.logs import FORMAT, OneLine, escape

FORGED = "x\n2026-11-30 12:00:00,000 CRITICAL root: forged"


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO]:
    """A logger, and what it has written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine(FORMAT))
    log = logging.Logger("of a test")
    log.addHandler(handler)
    return log, stream


@pytest.mark.parametrize("separator", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_message_is_one_line(written: tuple[logging.Logger, io.StringIO], separator: str) -> None:
    log, stream = written
    log.info("schema %s is applied", FORGED.replace("\n", separator))
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("CRITICAL root: forged is applied")
    assert re.match(r"\S+ \S+ INFO of a test: schema x\\", line)


def test_a_traceback_forges_no_line(written: tuple[logging.Logger, io.StringIO]) -> None:
    log, stream = written
    try:
        raise ValueError(FORGED + "\x1b[2J")
    except ValueError:
        log.exception("it failed")
    first, *others = stream.getvalue().splitlines()
    assert first.endswith("ERROR of a test: it failed")
    assert len(others) > 2
    assert all(line.startswith("    ") for line in others)
    assert "\x1b" not in stream.getvalue()


def test_letters_of_all_scripts_stay() -> None:
    assert escape("Ünï \\n עברית 👩‍👩‍👧 \t\x1b[1m\x00") == "Ünï \\n עברית 👩‍👩‍👧 \\t\\x1b[1m\\x00"
