"""What a store remembers of itself besides its data: what it holds, and what tells it from others."""

from uuid import uuid4

from store import layout
from store.interface import Store, StoreError

CONTENTS, IDENTITY, LOADED = "contents", "identity", "loaded"
WHOLE, PROFILES = "whole", "profiles"


def check(store: Store, *, whole: bool) -> None:
    """Raises StoreError if the store was built with other contents."""
    contents = store.setting(CONTENTS)
    if contents == PROFILES and whole:
        raise StoreError(
            f"store {store.url} holds profiles without the histories they follow from: add --only profiles to replace "
            "them, or use another --store"
        )
    if contents == WHOLE and not whole:
        raise StoreError(f"store {store.url} holds histories, which --only profiles would lose: use another --store")


def is_new(store: Store) -> bool:
    """Whether no run has prepared the store yet."""
    return store.setting(CONTENTS) is None


def holds_histories(store: Store) -> bool:
    """Whether there are histories to unite events with."""
    return store.setting(CONTENTS) == WHOLE


def prepare(store: Store, *, whole: bool) -> None:
    """Notes in the store what it holds. Profiles without histories replace those of an earlier run."""
    store.set_setting(CONTENTS, WHOLE if whole else PROFILES)
    if not whole:
        store.clear(layout.USERS)


def note_load(store: Store) -> None:
    """Notes that a job has just loaded files."""
    store.set_setting(LOADED, uuid4().hex)


def last_load(store: Store) -> str | None:
    """What tells the last load of files from all others; None if there was none."""
    return store.setting(LOADED)


def identity(store: Store) -> str:
    """What tells this store from all others, also from one that is made anew at its place."""
    found = store.setting(IDENTITY)
    if found is None:
        store.set_setting(IDENTITY, uuid4().hex)
        found = str(store.setting(IDENTITY))
    return found
