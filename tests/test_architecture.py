"""Imports point one way: schemas <- store <- pipelines, serving; data knows the schemas alone, pipelines its format.

The console is known to all that are commands, and knows none of them."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "console": set(),
    "schemas": set(),
    "data": {"console", "schemas"},
    "store": {"console", "schemas"},
    "pipelines": {"console", "data", "schemas", "store"},
    "serving": {"console", "schemas", "store"},
}


GATEWAY = (
    "codes",
    "documents",
    "directives",
    "lifetimes",
    "limits",
    "services",
    "topics",
    "errors",
    "times",
    "scalars",
    "spread",
    "fields",
    "checks",
    "sdl",
    "context",
    "plans",
    "executor",
    "explain",
    "schema",
    "claims",
    "transports",
    "router",
)
"""The parts of the gateway, of which each imports those before it alone."""

STRANGERS = {"plans": "executor", "executor": "plans"}
"""Two ways to answer, which share what the fields mean and nothing else."""

ANYWHERE = {"__init__", "__main__", "app", "arguments"}
"""Modules that each folder may have: they mean the same thing there. All other names stand once."""


def modules(package: str) -> list[Path]:
    """The modules below a folder."""
    found = list((ROOT / package).rglob("*.py"))
    assert found
    return found


def imported(path: Path) -> set[str]:
    """The modules that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    for path in modules(package):
        ours = {name.partition(".")[0] for name in imported(path)} & {*MAY_IMPORT, "tests"}
        assert ours <= MAY_IMPORT[package] | {package}, path


def test_the_gateways_parts_import_those_before_them() -> None:
    for path in modules("serving/gateway"):
        part = path.relative_to(ROOT / "serving/gateway").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        before = {*GATEWAY[: GATEWAY.index(part) + 1]} - {STRANGERS.get(part)}
        within = {name.split(".")[2] for name in imported(path) if name.startswith("serving.gateway.")}
        assert within <= before, path


def test_no_name_of_a_module_stands_in_two_folders() -> None:
    names = Counter(path.stem for package in MAY_IMPORT for path in modules(package))
    assert {name for name, times in names.items() if times > 1} <= ANYWHERE


def test_modules_fit_in_a_head() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for package in MAY_IMPORT
        for p in modules(package)
        if (n := len(p.read_text().splitlines())) > 350
    }
    assert not long
