"""The documents name the options which the commands have, all of them, with their defaults."""

import argparse
import re
from pathlib import Path

import pytest

from pipelines import backfill, profile, recompute

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/pipelines.md").read_text()
STREAMING = (ROOT / "docs/streaming.md").read_text()
LOADING, BACKFILLING, RECOMPUTING = re.split(r"^## (?:Backfilling|Recomputing)$", DOCUMENT, flags=re.MULTILINE)


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    return {name for action in parser._actions for name in action.option_strings} - {"-h", "--help", "--version"}


def documented(text: str) -> set[str]:
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `--")]
    return {option for row in rows for option in re.findall(r"--\w+", row)}


def test_the_options_of_profile_are_documented() -> None:
    assert documented(LOADING) | documented(STREAMING) == options_of(profile.parser())


def test_the_options_of_backfill_are_documented() -> None:
    shared = set(re.findall(r"--\w+", BACKFILLING.partition("as above")[0].rpartition("\nand ")[2]))
    assert documented(BACKFILLING) | shared == options_of(backfill.parser())


def test_the_options_of_recompute_are_documented() -> None:
    assert documented(RECOMPUTING) | {"--store"} == options_of(recompute.parser())


def test_the_documented_defaults_hold() -> None:
    parser = profile.parser()
    for name, default in re.findall(r"^\| `--(\w+)[^|]*\|[^|]*Default: `?([\d.]+)`? \|$", LOADING, re.MULTILINE):
        assert parser.get_default(name) == float(default)
    assert f"Default: `{parser.get_default('rejects')}`" in LOADING


@pytest.mark.parametrize(
    "document", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "data/README.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", document.read_text()):
        assert (document.parent / target).exists(), target
