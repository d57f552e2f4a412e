import base64
from pathlib import Path

import pytest

from serving import make_key
from serving.keys import OPEN, Keys, KeysError, given_key, hash_of, read_keys
from serving.rights import WRITABLE, Access, Rate
from tests.serving.key_files import line

READ, WRITE = "r" * 16, "w" * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_keys_of_a_file(path: Path) -> None:
    path.write_text(f"# keys\n\n  {line('a', READ, 'read')}{line('b', WRITE, 'write artists schema 50/second 9/day')}")
    keys = read_keys(path)
    assert keys
    assert keys.access(READ) == Access("a", read=True)
    rates = (Rate(50, 1), Rate(9, 86400))
    assert keys.access(WRITE) == Access("b", topics=frozenset({"artists"}), schema=True, rates=rates)
    assert [keys.access(key) for key in (None, "", READ[:-1], READ + "r", WRITE.upper(), hash_of(READ))] == [None] * 6


def test_without_keys_everybody_may_read_and_write_if_they_say_so() -> None:
    assert not Keys()
    assert not OPEN
    assert Keys().access(None) == Access.READ
    assert OPEN.access(None) == Access.WRITE


@pytest.mark.parametrize(
    ("rights", "topics"),
    [
        ("write", WRITABLE),
        ("read write", WRITABLE),
        ("write read", WRITABLE),
        ("write artists albums read", {"artists", "albums"}),
        ("write artists write albums", {"artists", "albums"}),
        ("read schema 1/day", set()),
    ],
)
def test_topics_that_may_be_written(path: Path, rights: str, topics: set[str]) -> None:
    path.write_text(line("a", READ, rights))
    access = read_keys(path).access(READ)
    assert access
    assert access.topics == topics
    assert access.writes(None) is (topics == WRITABLE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# none\n", ": there is no key in it: write `NAME sha256:HASH RIGHT ...`"),
        (line("a", READ, "read") + f"read {WRITE}\n", ":2: neither a name nor a hash"),
        (f"a sha256:{'0' * 63} read\n", ":1: neither a name nor a hash"),
        (line("a/b", READ, "read"), ":1: neither a name nor a hash"),
        (line("a", READ, ""), ":1: neither a name nor a hash"),
        (line("a", READ, "read") + line("a", WRITE, "read"), ":2: there are two keys of the name 'a'"),
        (line("a", READ, "admin"), ":1: 'admin' is no right: write `read`, `write`, `write TOPIC ...` (of albums,"),
        (line("a", READ, "write counts"), ":1: 'counts' is no right"),
        (line("a", READ, "artists write"), ":1: 'artists' is no right"),
        (line("a", READ, "5/second"), ":1: there is no right"),
        (line("a", READ, "read 0/second"), ":1: '0/second' is no right"),
        (line("a", READ, "read 5/week"), ":1: '5/week' is no right"),
    ],
)
def test_files_that_cannot_be_used(path: Path, content: str, message: str) -> None:
    path.write_text(content)
    with pytest.raises(KeysError) as refusal:
        read_keys(path)
    assert str(refusal.value).startswith(f"keys {path}{message}")
    assert READ not in str(refusal.value)
    assert WRITE not in str(refusal.value)


def test_files_that_cannot_be_read(path: Path) -> None:
    with pytest.raises(KeysError, match="No such file or directory: name a text file with --keys"):
        read_keys(path)
    path.write_bytes(b"read \xff\n")
    with pytest.raises(KeysError, match="name a text file with --keys"):
        read_keys(path)


def test_a_file_is_read_again_and_a_wrong_one_changes_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text(line("a", READ, "read"))
    keys = read_keys(path)
    before = keys.access(READ)
    path.write_text("nonsense\n")
    keys.reload()
    assert "the keys stay as they are: " in caplog.text
    assert keys.access(READ) == before
    path.write_text(line("b", WRITE, "write"))
    keys.reload()
    assert before
    assert (keys.access(READ), keys.holds(before)) == (None, False)
    assert keys.access(WRITE)


def test_the_command_makes_keys_that_work(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, *rights in (("site", "read"), ("ingest", "write", "listeningevents", "50/second")):
        assert make_key.main([name, *rights, "--keys", str(path)]) == 0
        key = capsys.readouterr().out.rpartition(": ")[2].strip()
        access = read_keys(path).access(key)
        assert access
        assert access.name == name
        assert len(key) >= 43
        assert key not in path.read_text()
    before = path.read_text()
    assert make_key.main(["site", "read", "--keys", str(path)]) == 1
    assert make_key.main(["other", "admin", "--keys", str(path)]) == 1
    assert path.read_text() == before
    assert "there are two keys of the name 'site'" in capsys.readouterr().err


def test_the_command_prints_the_line_without_a_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_key.main(["site", "read"]) == 0
    said, told = capsys.readouterr().out.splitlines()
    path.write_text(said)
    assert read_keys(path).access(told.rpartition(": ")[2])


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
