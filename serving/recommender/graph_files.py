"""The graph in files: one folder for each build, NumPy arrays which processes map into memory and share.

The file `current` names the folder in use; it is replaced in one step, so readers find a whole build or the one before.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from serving.recommender.graph import Adjacency, Graph, GraphError
from serving.recommender.user_plays import FIELDS

FORMAT = 2
"""Version of the files; a build of another version is made again."""

CURRENT = "current"
HEADER = "header.json"


@dataclass(frozen=True)
class Header:
    """What a build says about itself.

    Attributes:
        started: when its first row was read, in seconds since the epoch: it holds all changes before.
        day: days since the epoch for which its popularity holds.
    """

    started: float
    day: int
    format: int = FORMAT


@dataclass(frozen=True)
class Build:
    """The graphs of all fields.

    Attributes:
        user_ids: int64[users], ascending.
        versions: uint64[users]: the versions of the rows that the graphs were made from.
    """

    header: Header
    user_ids: NDArray[np.int64]
    versions: NDArray[np.uint64]
    graphs: Mapping[str, Graph]

    @property
    def edges(self) -> int:
        """The edges of all graphs."""
        return sum(len(graph.days) for graph in self.graphs.values())


def folder_for(store: str) -> Path:
    """Where the graph of a store is, by the store's URL: in its folder, or else in the user's cache."""
    if store.startswith("lmdb:"):
        return Path(store.removeprefix("lmdb:")) / "graph"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "listening-profiles" / quote(store, safe="")


def parts(folder: Path, field: str) -> dict[str, Path]:
    """The files of one graph, by what they hold."""
    names = ("item_ids", "user_starts", "user_edges", "item_starts", "item_edges", "days", "popularity")
    return {name: folder / f"{field}-{name}.npy" for name in names}


def load(folder: Path) -> Build | None:
    """The current build in a folder; None if there is none, or one of another format.

    Raises:
        GraphError: it cannot be read.
    """
    for last_try in (False, True):
        name = current(folder)
        if name is None:
            return None
        try:
            return _load(folder / name)
        except (OSError, ValueError, KeyError, TypeError) as error:
            if last_try or current(folder) == name:  # else another process has just replaced and removed it
                raise GraphError(f"the graph in {folder / name} cannot be read: {error}: delete {folder}") from error
    return None


def current(folder: Path) -> str | None:
    """The name of the current build."""
    try:
        return (folder / CURRENT).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise GraphError(f"the graph in {folder} cannot be read: {error.strerror}: choose another --graph") from error


def _load(folder: Path) -> Build | None:
    header = json.loads((folder / HEADER).read_text())
    if header["format"] != FORMAT:
        return None
    graphs = {field: graph(parts(folder, field)) for field in FIELDS}
    return Build(Header(**header), _map(folder / "user_ids.npy"), _map(folder / "versions.npy"), graphs)


def graph(paths: Mapping[str, Path]) -> Graph:
    """The graph in some files, as `parts` names them."""
    of = {name: _map(path) for name, path in paths.items()}
    users, items = Adjacency(of["user_starts"], of["user_edges"]), Adjacency(of["item_starts"], of["item_edges"])
    return Graph(of["item_ids"], users, items, of["days"], of["popularity"])


def _map(path: Path) -> NDArray[Any]:
    mapped = np.load(path, mmap_mode="r")
    return np.asarray(mapped).view(np.ndarray)


@contextmanager
def building(folder: Path) -> Iterator[Path | None]:
    """A folder for a new build, which becomes the current one at the end; None if another process is building.

    Raises:
        GraphError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            _remove_others(folder, current(folder))
            new = folder / f"build-{uuid4().hex}"
            new.mkdir()
            try:
                yield new
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
            _switch(folder, new.name)
    except OSError as error:
        raise GraphError(
            f"the graph cannot be written to {folder}: {error.strerror or error}: "
            "make room, or choose another folder with --graph"
        ) from error


def write_header(folder: Path, header: Header) -> None:
    """Completes a build."""
    (folder / HEADER).write_text(json.dumps(asdict(header)))


def _switch(folder: Path, name: str) -> None:
    following = folder / f"{CURRENT}.new"
    following.write_text(name)
    os.replace(following, folder / CURRENT)
    _remove_others(folder, name)


def _remove_others(folder: Path, kept: str | None) -> None:
    # Processes which have mapped the files keep them until they let go.
    for path in folder.glob("build-*"):
        if path.name != kept:
            shutil.rmtree(path, ignore_errors=True)
