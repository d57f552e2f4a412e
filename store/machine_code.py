"""The cache of machine code: what a function compiled to, kept in files for other processes.

It cannot be stale. The folder is named by a digest of the sources of *all* modules that have compiled functions, and of
those which they import: a compiled function contains what it calls, wherever that is written, and the constants that it
uses. (Numba's own cache looks at the one file that the function is written in.) A file's name tells, as Numba's index
does, the signature, the versions of Numba and Python, and the processor.

Each file is written under another name first, and renamed: processes which compile at the same time do not see halves
of files, and what they write is the same.
"""

import contextlib
import hashlib
import logging
import os
import pickle
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import compiler
from numba.core.caching import _Cache
from numba.core.serialize import dumps

ROOT = Path(__file__).parents[1]
PACKAGES = ("data", "pipelines", "schemas", "serving", "store")
SHIPPED = Path(__file__).with_name("compiled_code")
"""Code that came with the package: read if it is there, written by who sets `NUMBA_CACHE_DIR` to it."""
CONTENTS = 8
"""Versions of the sources whose code is kept: there may be several checkouts, and branches."""

_USE = re.compile(r"^from store.compiled import", re.MULTILINE)
_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+(\([^)]*\)|.*)|import\s+([\w.]+))", re.MULTILINE)
_log = logging.getLogger(__name__)


class MachineCode(_Cache):
    """The files of one function, in the form in which Numba asks for them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = f"{function.__module__}.{function.__qualname__}"

    @property
    def cache_path(self) -> str:
        return str(users_folder())

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The compiled function for a signature; None if it is not there, or no longer readable."""
        target.refresh()
        name = self._file(signature, target.codegen())
        for folder in (SHIPPED, users_folder()):
            with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
                data = (folder / sources() / name).read_bytes()
                return compiler.CompileResult._rebuild(target, *pickle.loads(data))  # noqa: S301 - as trusted as the modules themselves
        _tell_compiling()
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keeps a compiled function, where that is possible."""
        if result.library.has_dynamic_globals or any(not lifted.can_cache for lifted in result.lifted):
            raise TypeError(f"{self.name} uses addresses or large arrays of this process: hand them in as arguments")
        if folder := _written():
            _write(folder / self._file(signature, result.codegen), dumps(result._reduce()))

    def _file(self, signature: Any, codegen: Any) -> str:
        key = repr(
            (signature, codegen.magic_tuple(), numba.__version__, sys.version_info, getattr(sys, "abiflags", ""))
        )
        return f"{self.name}-{hashlib.sha256(key.encode()).hexdigest()[:20]}"

    def enable(self) -> None:
        """Does nothing: this cache is always in use."""

    disable = flush = enable


def users_folder() -> Path:
    """Where this user's compiled code lies: in the folder that `NUMBA_CACHE_DIR` names, or the user's cache."""
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "listening-profiles" / "compiled"


@cache
def sources() -> str:
    """A digest of all modules that have compiled functions, and of the ones which they import."""
    texts: dict[Path, str] = {}
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if _USE.search(path.read_text())]
    while found:
        path = found.pop()
        if path not in texts:
            texts[path] = path.read_text()
            found += _imported(texts[path])
    named = sorted(f"{path.relative_to(ROOT)}\0{text}" for path, text in texts.items())
    return hashlib.sha256("\0".join(named).encode()).hexdigest()[:20]


def _imported(text: str) -> Iterator[Path]:
    """The files of these packages which a module's text imports."""
    for module, names, plain in _IMPORT.findall(text):
        if (module or plain).partition(".")[0] in PACKAGES:
            members = (f"{module}.{name}" for name in re.findall(r"\w+", names))
            for name in (module or plain, *members):
                path = ROOT / name.replace(".", "/")
                yield from (file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file())


@cache
def _written() -> Path | None:
    """The folder that this process writes to, made if need be; None if it cannot, which is said once."""
    folder = users_folder() / sources()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        os.utime(folder)
    except OSError as error:
        _log.warning(
            "compiled code cannot be kept, so every start compiles anew: %s; NUMBA_CACHE_DIR names another folder",
            error,
        )
        return None
    _prune(folder.parent)
    return folder


def _prune(folder: Path) -> None:
    """Leaves the code of the sources that were compiled last."""
    with contextlib.suppress(OSError):  # another process may do it, too
        for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-CONTENTS]:
            shutil.rmtree(old, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    """Writes a file, which is there at once or, as it can be done without, not at all."""
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with open(handle, "wb") as file:
                file.write(data)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise


@cache
def _tell_compiling() -> None:
    _log.warning("compiling the numeric code, some seconds; it is kept for later runs")
