"""Functions that Numba compiles when they are first called; what was compiled once is kept for other processes.

Numba itself is imported as late, so that a program that computes nothing does not wait for it.
"""

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any

_OPTIONS = {"nogil": True, "error_model": "numpy"}


class Kernel:
    """A compiled function, which Python and other compiled functions call alike."""

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        update_wrapper(self, function)
        self.py_func = function
        self.targetoptions = options  # Numba asks for them before it inlines a function

    @cached_property
    def _entry(self) -> Any:
        from store import compiling

        return compiling.entry(self.py_func, self.targetoptions)

    @cached_property
    def _part(self) -> Any:
        from store import compiling

        return compiling.part(self.py_func, self.targetoptions)

    @property
    def _numba_type_(self) -> Any:
        """Numba's type of this object where another compiled function names it."""
        from numba import types

        return types.Dispatcher(self._part)

    def __call__(self, *arguments: Any) -> Any:
        return self._entry(*arguments)

    def __reduce__(self) -> str:
        return self.py_func.__qualname__


def jit(function: Callable[..., Any]) -> Kernel:
    """The function compiled: it frees Python's lock, and dividing by zero raises nothing."""
    return Kernel(function, **_OPTIONS)


def inlined(function: Callable[..., Any]) -> Kernel:
    """The function compiled into each place that calls it: for the smallest ones, as each place costs compile time."""
    return Kernel(function, inline="always", **_OPTIONS)
