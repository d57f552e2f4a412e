from pathlib import Path

import pytest

from store import StoreError, open_store
from store.lmdb.lmdb_store import LmdbStore


def test_url_chooses_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILE_STORE", "lmdb:elsewhere")
    store = open_store(f"lmdb:{tmp_path}", create=True)
    assert isinstance(store, LmdbStore)
    assert store.path == tmp_path
    store.close()


def test_url_from_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILE_STORE", f"lmdb:{tmp_path}")
    store = open_store(create=True)
    assert store.url == f"lmdb:{tmp_path}"
    store.close()


def test_default_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROFILE_STORE", raising=False)
    monkeypatch.chdir(tmp_path)
    store = open_store(create=True)
    assert (tmp_path / "data/store/data.mdb").exists()
    store.close()


@pytest.mark.parametrize("url", ["redis://host", "lmdb//folder", "bigtable:project/instance", "/folder"])
def test_unknown_form(url: str) -> None:
    with pytest.raises(
        StoreError, match=f"{url!r} is of no known form: use lmdb:FOLDER or bigtable://PROJECT/INSTANCE"
    ):
        open_store(url)


@pytest.mark.parametrize("rest", ["", "project", "project/", "/instance", "project/instance/table", "p/i?x=1", "p/ i"])
def test_malformed_bigtable_url(rest: str) -> None:
    with pytest.raises(StoreError, match=r"does not name a Bigtable instance: use bigtable://PROJECT/INSTANCE"):
        open_store(f"bigtable://{rest}")
