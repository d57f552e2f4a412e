"""The guide for contributors names files, folders and tests that there are, and its glossary is in order."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def test_its_paths_exist() -> None:
    paths = re.findall(r"`([\w./*]+/[\w./*]*|[\w/]+\.(?:py|txt|md))`", TEXT)
    assert len(paths) > 20
    missing = [path for path in paths if not list(ROOT.glob(path.rstrip("/")))]
    assert not missing


def test_its_example_of_one_test_exists() -> None:
    example = re.search(r"`pytest -n0 (\S+)::(\w+)`", TEXT)
    assert example
    assert f"def {example[2]}(" in (ROOT / example[1]).read_text()


def test_the_glossary_is_in_order() -> None:
    words = re.findall(r"^\| (.+?) \|", TEXT.partition("## Glossary")[2], re.MULTILINE)[1:]
    assert len(words) > 20
    assert words == sorted(words, key=str.lower)
