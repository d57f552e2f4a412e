from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from serving.app import create_app
from serving.setup import Settings
from store import open_store
from tests.serving import listeners
from tests.serving.clients import Watched


@pytest.fixture(scope="session")
def profile_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded store with a few users; read only, since all tests share it."""
    folder: Path = tmp_path_factory.mktemp("profiles")
    store = open_store(f"lmdb:{folder}", create=True)
    listeners.fill(store)
    yield store.url
    store.close()


@pytest.fixture
def profile_store(profile_url: str) -> Watched:
    """That store, watched."""
    return Watched(open_store(profile_url))


@pytest.fixture
def app(profile_store: Watched) -> FastAPI:
    """The application over it, with the schema that comes with the project; it has read nothing for requests yet.

    It calls a recommender that cannot be reached, so that none runs in the background.
    """
    app = create_app(DEFAULT_SCHEMA, profile_store, Settings({"recommender": "http://127.0.0.1:1"}))
    profile_store.forget()
    return app
