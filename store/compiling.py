"""How Numba compiles our functions: each function that Python calls as one piece, together with all that it calls.

Numba by itself makes a complete program of every function and every variant of it: optimised, with two wrappers, and
down to machine code, though a function that only others call is copied into them and optimised there again. Here such a
part is only translated, which takes a third of the time. What is done so is Numba's own, version 0.68.
"""

from collections.abc import Callable
from typing import Any

from numba.core.codegen import CodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher
from numba.core.types import unliteral  # type: ignore[attr-defined]

from store.machine_code import MachineCode


class _Dispatcher(CPUDispatcher):
    def get_call_template(self, args: Any, kws: Any) -> Any:
        """As Numba's, but a number that is written down in the call makes no variant of its own."""
        return super().get_call_template([unliteral(arg) for arg in args], kws)


class _Part(_Dispatcher):
    """A function for other compiled functions to call: translated, then optimised as a part of each of them."""

    def compile(self, sig: Any) -> Any:
        """Translates the function for the types of its arguments; the key by which Numba knows the result."""
        arguments = tuple(sig)
        with global_compiler_lock, self._compiling_counter:
            if arguments not in self.overloads:
                result = self._compiler.compile(arguments, None)
                _finish(result.library)
                key = object()
                self.targetctx.insert_user_function(key, result.fndesc, [result.library])
                self.overloads[arguments] = result._replace(entry_point=key)
        return self.overloads[arguments].entry_point


def _finish(library: CodeLibrary) -> None:
    """Ends a library of functions which is only going to be linked into others."""
    for other in dict.fromkeys(library._linking_libraries):
        library._reload_init.update(other._reload_init)
        library._final_module.link_in(other._get_module_for_linking(), preserve=True)
    library._finalize_dynamic_globals()
    library._finalized = True


def entry(function: Callable[..., Any], options: dict[str, Any]) -> CPUDispatcher:
    """A function for Python to call, whose machine code is kept."""
    made = _Dispatcher(function, targetoptions={"nopython": True, "no_cfunc_wrapper": True, **options})
    made._cache = MachineCode(function)
    return made


def part(function: Callable[..., Any], options: dict[str, Any]) -> CPUDispatcher:
    """A function for compiled functions to call."""
    wrappers = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
    made = _Part(function, targetoptions={"nopython": True, **wrappers, **options})
    made._compiler._customize_flags = _without_code
    return made


def _without_code(flags: Any) -> Any:
    flags.no_compile = True
    return flags
