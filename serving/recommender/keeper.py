"""Keeping the graph in step with the store, in the background: changed users go into the overlay, and at times all is
built again.

The change feed tells of changes within a second. As it may miss one, the versions of all rows are compared from time
to time too.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from serving.recommender import graph_files
from serving.recommender.build import CancelledError, build, unchanged, versions_in
from serving.recommender.graph import GraphError, Plays
from serving.recommender.graph_files import Build
from serving.recommender.overlay import joined
from serving.recommender.ranking import compile_walks
from serving.recommender.user_plays import FAMILIES, FIELDS, plays_of, version_of
from serving.recommender.view import View
from store import Store, StoreError
from store.changes import Follower
from store.layout import USERS, row_key

log = logging.getLogger("serving.recommender")

LOOK_SECONDS = 0.5
"""Between two looks at the change feed."""

COMPARE_SECONDS = 600.0
"""Between two comparisons of all versions."""

USERS_AT_ONCE = 256
"""Changed users whose rows are read at once."""

RETRY_SECONDS = 10.0
"""Between the starts of two builds."""

LARGEST_OVERLAY = 0.02
"""The part of the edges above which the graph is built again; up to `SMALL_OVERLAY` edges do not matter."""

SMALL_OVERLAY = 20_000


class Changed(NamedTuple):
    """A user who has changed since the graph was built.

    Attributes:
        read: when the row was about to be read, in seconds since the epoch.
        version: the row's version.
        plays: what the user plays now, by field.
    """

    read: float
    version: int
    plays: Mapping[str, Plays]


class State(NamedTuple):
    """What requests are answered from.

    Attributes:
        as_of: the time up to which changes of the store are in the views, in seconds since the epoch.
        built: when the graph beneath the overlay was built.
    """

    views: Mapping[str, View]
    as_of: float
    built: float


class Keeper:
    """Has a thread which keeps `state` up to date; `state` is None until there is a graph.

    Every process that serves has one; of those that share a folder, one at a time builds.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self.state: State | None = None
        self._store, self._folder = store, folder
        self._stopping = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._follower: Follower | None = None
        self._loaded: tuple[str, Build] | None = None
        self._pending: set[int] = set()
        self._changed: dict[int, Changed] = {}
        self._compared: float | None = None
        self._build_started: float | None = None

    def start(self) -> None:
        """Starts the thread, if it has not been started."""
        self._start("follow", self._follow)

    def stop(self) -> None:
        """Ends the threads, whatever they are doing, before it returns."""
        self._stopping.set()
        for thread in self._threads.values():
            thread.join()

    def _start(self, name: str, target: Callable[[], None]) -> None:
        running = self._threads.get(name)
        if running is None or not running.is_alive():
            self._threads[name] = threading.Thread(target=target, name=f"graph: {name}", daemon=True)
            self._threads[name].start()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            with _logged():
                self.step()
            self._stopping.wait(LOOK_SECONDS)

    def _start_build(self) -> None:
        now = time.monotonic()
        if self._build_started is None or now - self._build_started > RETRY_SECONDS:
            self._build_started = now
            self._start("build", self._rebuild)

    def _rebuild(self) -> None:
        with _logged():
            build(self._store, self._folder, self._loaded and self._loaded[1], self._stopping.is_set)

    def step(self) -> None:
        """Brings the state up to date, as far as there is a build; else starts one.

        Raises:
            StoreError: the store cannot be read.
            GraphError: the graph cannot be read.
        """
        now = time.time()
        self._follower = self._follower or Follower(self._store)
        replaced = self._load()
        if self._loaded is None:
            self._start_build()
            return
        self._pending |= {change.user for change in self._follower.read()}
        if self._compared is None or time.monotonic() - self._compared > COMPARE_SECONDS:
            self._pending |= self._different(*self._loaded)
            self._compared = time.monotonic()
        if self._read_pending() or replaced or self.state is None:
            views = self._views(self._loaded[1])
            if self.state is None:
                compile_walks(next(iter(views.values())))
            self.state = State(views, now, self._loaded[1].header.started)
        self.state = self.state._replace(as_of=now)
        if self._edges() > max(SMALL_OVERLAY, LARGEST_OVERLAY * self._loaded[1].edges):
            self._start_build()

    def _load(self) -> bool:
        """Loads the current build, if it is another one than before; whether it is."""
        name = graph_files.current(self._folder)
        if name is None or (self._loaded and self._loaded[0] == name):
            return False
        loaded = graph_files.load(self._folder)
        if loaded is None:
            return False
        self._loaded = name, loaded
        self._changed = {user: c for user, c in self._changed.items() if c.read >= loaded.header.started}
        return True

    def _different(self, _: str, loaded: Build) -> set[int]:
        """The users whose rows have other versions than those that the state was made from."""
        users, versions = versions_in(self._store)
        differ = unchanged(loaded, users, versions) < 0
        now = dict(zip(users[differ].tolist(), versions[differ].tolist(), strict=True))
        gone = dict.fromkeys(np.setdiff1d(loaded.user_ids, users).tolist(), 0)
        reverted = self._changed.keys() - now.keys() - gone.keys()
        seen = {user: change.version for user, change in self._changed.items()}
        return {user for user, version in {**now, **gone}.items() if seen.get(user) != version} | reverted

    def _read_pending(self) -> bool:
        """Reads the rows of the users who may have changed; whether there were any."""
        users = sorted(self._pending)
        for first in range(0, len(users), USERS_AT_ONCE):
            part = users[first : first + USERS_AT_ONCE]
            read = time.time()
            rows = self._store.rows(USERS, [row_key(user) for user in part], FAMILIES)
            for user in part:
                row = rows.get(row_key(user), ())
                self._changed[user] = Changed(read, version_of(row), plays_of([row]))
        self._pending.clear()
        return bool(users)

    def _views(self, loaded: Build) -> Mapping[str, View]:
        return {
            field: View(
                loaded.graphs[field],
                loaded.user_ids,
                loaded.header.day,
                *joined({user: change.plays[field] for user, change in self._changed.items()}),
            )
            for field in FIELDS
        }

    def _edges(self) -> int:
        """The edges of the overlay."""
        return sum(len(plays.items) for change in self._changed.values() for plays in change.plays.values())


@contextmanager
def _logged() -> Iterator[None]:
    """What goes wrong is logged, and tried again."""
    try:
        yield
    except CancelledError:
        log.info("building the graph was cancelled")
    except (StoreError, GraphError) as error:
        log.error("the graph cannot be brought up to date, which will be tried again: %s", error)
    except Exception:
        log.exception("the graph cannot be brought up to date, which will be tried again")
