"""The arrows between the folders: app → lessons, app → engine, and none back."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BROWSER = {"panel", "panel_material_ui", "bokeh", "param", "tornado"}
FORBIDDEN = {
    "engine": BROWSER | {"app", "lessons", "tests"},
    "lessons": {"app.pages", "tests"},
    "app": {"app.pages", "tests"},
}
PAGES = sorted((ROOT / "app" / "pages").glob("*.py"))


def imported(source: str) -> set[str]:
    """Every module a source names in an import, with all its parents: `from a.b import c` gives a, a.b and a.b.c."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            names |= {start} | {f"{start}.{alias.name}" for alias in node.names}
    return {name.rsplit(".", cut)[0] for name in names for cut in range(name.count(".") + 1)}


def test_every_form_of_import_is_seen():
    assert imported("import a.b as x") == {"a", "a.b"}
    assert imported("from a.b import c") == {"a", "a.b", "a.b.c"}
    assert imported("def f():\n    if True:\n        from a import b") == {"a", "a.b"}
    assert any(name.startswith(".") for name in imported("from . import b"))


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_folder_imports_nothing_it_must_not_know(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files, f"no module in {folder}/"
    wrong = {
        str(file.relative_to(ROOT)): sorted(found)
        for file in files
        if (found := imported(file.read_text(encoding="utf-8")) & FORBIDDEN[folder])
    }
    assert wrong == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_does_not_import_a_page(page):
    # `panel serve` puts the pages' folder on the path, where `import gamma` would find another page.
    names = imported(page.read_text(encoding="utf-8"))
    assert not names & {other.stem for other in PAGES}
    assert not any(name.startswith(".") for name in names)


def test_pages_folder_holds_scripts_only():
    assert not (ROOT / "app" / "pages" / "__init__.py").exists()
    shadowing = {page.stem for page in PAGES} & set(sys.stdlib_module_names)
    assert not shadowing, "a page with the name of a standard module would be imported in its place"


def test_references_share_no_code_with_the_engine():
    source = (ROOT / "tests" / "naive.py").read_text(encoding="utf-8")
    assert not imported(source) & {"engine", "app", "lessons", "numba", "scipy"}
