"""Imports point one way: schemas <- store <- pipelines, serving; data knows the schemas alone, pipelines its format."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "schemas": set(),
    "data": {"schemas"},
    "store": {"schemas"},
    "pipelines": {"data", "schemas", "store"},
    "serving": {"schemas", "store"},
}


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    modules = list((ROOT / package).rglob("*.py"))
    assert modules
    for path in modules:
        ours = imported(path) & {*MAY_IMPORT, "tests"}
        assert ours <= MAY_IMPORT[package] | {package}, path


def test_modules_fit_in_a_head() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for package in MAY_IMPORT
        for p in (ROOT / package).rglob("*.py")
        if (n := len(p.read_text().splitlines())) > 350
    }
    assert not long
