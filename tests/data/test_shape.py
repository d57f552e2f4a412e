"""The shape of a generated data set: users, items, times, names and their untidiness."""

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.format import KINDS, items_file
from data.generation import generate
from data.listeners import Users
from data.made_up_names import quoted
from data.music import Catalogue, has_name, items_for
from tests.data.reading import rows_of

EVENTS = 200_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("by_user")
    generate(folder, EVENTS, seed=1)
    return folder


@pytest.fixture(scope="module")
def events(folder: Path) -> NDArray[np.int64]:
    """int64[5, EVENTS]: user, artist, album, track, timestamp."""
    return np.array((folder / "LFM-1b_LEs.txt").read_bytes().split(), np.int64).reshape(-1, 5).T


def distinct(*columns: NDArray[np.int64]) -> int:
    return len(np.unique(np.stack(columns), axis=1).T)


def test_grouped_by_user_newest_first_but_for_a_few(events: NDArray[np.int64]) -> None:
    users, times = events[0], events[4]
    same = users[1:] == users[:-1]
    assert (times[1:] <= times[:-1])[same].all()
    pieces = Counter(users[np.flatnonzero(np.append(True, ~same))].tolist())
    assert Counter(pieces.values()).keys() == {1, 2}
    twice = [user for user, count in pieces.items() if count == 2]
    assert len(twice) == 1
    rows = np.flatnonzero(users == twice[0])
    assert np.diff(rows).max() > EVENTS / 4
    assert (np.diff(times[rows]) <= 0).all()


def test_tails_are_heavy(events: NDArray[np.int64]) -> None:
    plays = np.unique(events[0], return_counts=True)[1]
    assert 50 < len(plays) < 200
    assert plays.max() > 5 * np.median(plays) > 25 * plays.min()
    for column, share in ((1, 0.15), (2, 0.09), (3, 0.07)):
        counts = np.sort(np.unique(events[column], return_counts=True)[1])[::-1]
        assert counts[: len(counts) // 100].sum() > share * EVENTS
        assert np.median(counts) < 0.001 * EVENTS


def test_users_and_items_grow_as_in_lfm() -> None:
    full = 1_088_161_692
    assert [items_for(kind, full) for kind in KINDS] == [3_190_371, 15_991_038, 32_291_134]
    assert [items_for(kind, 51_631) for kind in KINDS] == [4_102, 8_879, 19_155]
    assert len(Users.for_events(50_000_000, 1).ids) == round(50_000_000 / 9_044)
    assert len(Users.for_events(10_000, 1).ids) == 20


def test_favourites_are_repeated(events: NDArray[np.int64]) -> None:
    users, artists, albums, tracks, _ = events
    assert 10 < EVENTS / distinct(users, artists) < 20
    assert 2 < EVENTS / distinct(users, tracks) < 4
    on_album = np.unique(np.stack([tracks, albums]), axis=1, return_counts=True)
    main_album: dict[int, int] = {}
    for track, count in zip(on_album[0][0].tolist(), on_album[1].tolist(), strict=True):
        main_album[track] = max(main_album.get(track, 0), count)
    assert 0.03 < 1 - sum(main_album.values()) / EVENTS < 0.09


def test_listening_follows_the_clock(events: NDArray[np.int64]) -> None:
    times = events[4]
    assert np.isin([2006, 2010, 2014], times.astype("M8[s]").astype("M8[Y]").astype(int) + 1970).all()
    assert times.min() >= np.datetime64("2005-01-01", "s").astype(int)
    assert times.max() < np.datetime64("2015-01-01", "s").astype(int)
    hours = np.bincount(times // 3600 % 24, minlength=24)
    assert hours[18:22].sum() > 4 * hours[3:7].sum()
    gaps = -np.diff(times)[np.diff(events[0]) == 0]
    assert 120 < np.median(gaps) < 400
    assert 0.05 < (gaps > 3600).mean() < 0.2


def test_some_events_are_repeated_some_on_another_album(events: NDArray[np.int64]) -> None:
    users, artists, albums, tracks, times = events
    once = distinct(users, artists, albums, tracks, times)
    assert 0.001 < (EVENTS - once) / EVENTS < 0.004
    assert 10 < once - distinct(users, artists, tracks, times) < 200
    assert distinct(users, artists, tracks, times) == distinct(users, tracks, times)


def test_a_few_ids_are_wide(events: NDArray[np.int64]) -> None:
    for column in events[:4]:
        assert 0 < (column > 2**31).sum() < 0.01 * EVENTS
        assert (column > 2**40).any()
        assert column.min() > 0


def test_events_and_names_agree(folder: Path, events: NDArray[np.int64]) -> None:
    names = {kind: rows_of(folder, kind) for kind in KINDS}
    for kind, column in zip(KINDS, events[1:4], strict=True):
        ids = [int(row[0]) for row in names[kind]]
        assert ids == sorted(set(ids))
        unknown = set(column.tolist()) - set(ids)
        assert 0 < len(unknown) < 0.01 * len(ids)
    artist_of = {int(album): int(artist) for album, _, artist in names["albums"]}
    assert all(artist_of.get(album, artist) == artist for artist, album in events[1:3].T.tolist())
    artist_of = {int(track): int(artist) for track, _, artist in names["tracks"]}
    assert all(artist_of.get(track, artist) == artist for artist, track in events[[1, 3]].T.tolist())


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_quoted_as_csv_does(folder: Path, kind: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter="\t", lineterminator="\n").writerows(rows_of(folder, kind))
    assert written.getvalue() == (folder / items_file(kind)).read_bytes().decode()


@pytest.mark.parametrize("name", ['"', '""', 'a "b" c', 'ends "so"', "", " a ", "\x17", "夜"])
def test_any_name_is_quoted_as_csv_does(name: str) -> None:
    assert next(csv.reader([f"1\t{quoted([name])[0]}\t2\n"], delimiter="\t")) == ["1", name, "2"]


def test_names_are_untidy(folder: Path) -> None:
    for kind in KINDS:
        names = [row[1] for row in rows_of(folder, kind)]
        for untidy in ('"', "\x17", "ö", "夜", "א", "🎵", "\u200d", "\u0308"):
            assert any(untidy in name for name in names), (kind, untidy)
        assert any(name != name.lstrip() for name in names)
        assert any(name != name.rstrip() for name in names)
    albums = [row[1] for row in rows_of(folder, "albums")]
    assert 0.03 < albums.count("") / len(albums) < 0.05


def test_albums_and_tracks_belong_to_their_artist() -> None:
    catalogue = Catalogue.for_events(10_000)
    tracks = np.arange(catalogue.size("tracks"))
    artists = catalogue.artist_of("tracks", tracks)
    albums = catalogue.main_album(artists, tracks)
    assert (catalogue.artist_of("albums", albums) == artists).all()
    assert (np.diff(albums) >= 0).all()
    assert not has_name("tracks", tracks).all()
