"""Opening a store by its URL."""

import os

from store.interface import Store, StoreError

DEFAULT_STORE = "lmdb:data/store"
VARIABLE = "PROFILE_STORE"
FORMS = "lmdb:FOLDER or bigtable://PROJECT/INSTANCE"


def open_store(url: str | None = None, *, create: bool = False) -> Store:
    """The store at `url`, at PROFILE_STORE, or at `lmdb:data/store`.

    Args:
        url: `lmdb:FOLDER` or `bigtable://PROJECT/INSTANCE`; with BIGTABLE_EMULATOR_HOST the latter is the emulator.
        create: create the folder, or the tables and column families, where missing.

    Raises:
        StoreError: the URL has no known form, or the store does not exist, cannot be reached, or has another layout.
    """
    url = url or os.environ.get(VARIABLE) or DEFAULT_STORE
    if url.startswith("lmdb:"):
        from store.lmdb.lmdb_store import LmdbStore

        return LmdbStore.open(url, create=create)
    if url.startswith("bigtable://"):
        from store.bigtable.bigtable_store import BigtableStore

        return BigtableStore.open(url, create=create)
    raise StoreError(f"store {url!r} is of no known form: use {FORMS}")
