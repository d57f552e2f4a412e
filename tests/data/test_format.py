"""Which files of a data set belong together."""

from pathlib import Path

import pytest

from data.format import EVENTS, KINDS, SAMPLE, SUFFIX, items_file, siblings, spellings


@pytest.mark.parametrize("folder", ["", "music/", "/music/2014/", "gs://bucket/music/", "LFM-1b_LEs/"])
@pytest.mark.parametrize("ending", [".txt", "-sample.txt", ".txt.gz", "-sample.txt.bz2", "-*.txt"])
def test_siblings_share_folder_and_ending(folder: str, ending: str) -> None:
    assert siblings(f"{folder}LFM-1b_LEs{ending}") == {
        "artists": f"{folder}LFM-1b_artists{ending}",
        "albums": f"{folder}LFM-1b_albums{ending}",
        "tracks": f"{folder}LFM-1b_tracks{ending}",
    }


@pytest.mark.parametrize("events", ["events.txt", "LFM-1b_LEs/events.txt", "gs://bucket/*.txt", ""])
def test_other_events_have_no_siblings(events: str) -> None:
    assert siblings(events) == {"artists": None, "albums": None, "tracks": None}


@pytest.mark.parametrize("path", ["a/x.txt", "a/x.txt.gz", "a/x.txt.bz2"])
def test_spellings_start_with_the_path(path: str) -> None:
    assert spellings(path)[0] == path
    assert sorted(spellings(path)) == ["a/x.txt", "a/x.txt.bz2", "a/x.txt.gz"]


def test_sample_is_complete_and_small() -> None:
    assert SAMPLE.endswith(EVENTS + SUFFIX)
    files = [Path(SAMPLE), *(Path(str(path)) for path in siblings(SAMPLE).values())]
    assert sorted(file.name for file in files[1:]) == sorted(items_file(kind) for kind in KINDS)
    assert sum(file.stat().st_size for file in files) < 1e6
