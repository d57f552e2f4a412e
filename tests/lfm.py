"""The sample of LFM-1b, where it lies beside the repository: research data, which cannot be part of it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EVENTS = "shared/data/lfm-1b-sample/LFM-1b_LEs-sample.txt"


def sample() -> Path:
    """The sample's events, in a folder beside the repository or beside one of the folders that it lies in."""
    found = next((folder / EVENTS for folder in ROOT.parents if (folder / EVENTS).is_file()), None)
    return found or pytest.skip("the sample of LFM-1b is not here")
