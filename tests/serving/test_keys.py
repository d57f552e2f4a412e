import base64
from pathlib import Path

import pytest

from serving.keys import OPEN, Access, Keys, KeysError, given_key, read_keys

READ, WRITE = "r" * 16, "w" * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_keys_of_a_file(path: Path) -> None:
    path.write_text(f"# keys\n\n  read\t{READ}\nwrite {WRITE}\r\nread {'ü' * 16}\n")
    keys = read_keys(path)
    assert keys
    assert [keys.access(key) for key in (READ, WRITE, "ü" * 16)] == [Access.READ, Access.WRITE, Access.READ]
    assert [keys.access(key) for key in (None, "", READ[:-1], READ + "r", WRITE.upper())] == [None] * 5


def test_without_keys_everybody_may_read_and_write_if_they_say_so() -> None:
    assert not Keys()
    assert not OPEN
    assert Keys().access(None) is Access.READ
    assert OPEN.access(None) is Access.WRITE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# none\n", ": there is no key in it: write `read KEY` or `write KEY`, one to a line"),
        (f"read {READ}\nadmin {WRITE}\n", ":2: neither `read KEY` nor `write KEY`"),
        (f"read {READ} {WRITE}\n", ":1: neither `read KEY` nor `write KEY`"),
        ("write\n", ":1: neither `read KEY` nor `write KEY`"),
        (f"read {READ[:-1]}\n", ":1: the key is too short: take one of 16 characters at least"),
    ],
)
def test_files_that_cannot_be_used(path: Path, content: str, message: str) -> None:
    path.write_text(content)
    with pytest.raises(KeysError) as refusal:
        read_keys(path)
    assert str(refusal.value).startswith(f"keys {path}{message}")
    assert READ[:-1] not in str(refusal.value)


def test_files_that_cannot_be_read(path: Path) -> None:
    with pytest.raises(KeysError, match="No such file or directory: name a text file with --keys"):
        read_keys(path)
    path.write_bytes(b"read \xff\n")
    with pytest.raises(KeysError, match="name a text file with --keys"):
        read_keys(path)


def basic(text: bytes) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(text).decode()}"}


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, None),
        ({"x-api-key": READ}, READ),
        ({"x-api-key": READ, **basic(b"anybody:other")}, READ),
        (basic(f"anybody:{READ}".encode()), READ),
        (basic(b"anybody:with:colon"), "with:colon"),
        (basic(b"\xff:a"), None),
        ({"authorization": "Basic !"}, None),
        ({"authorization": f"Bearer {READ}"}, None),
    ],
)
def test_given_key(headers: dict[str, str], key: str | None) -> None:
    assert given_key(headers) == key
