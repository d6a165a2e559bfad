"""The arrows between the rooms of the house: app/pages → lessons → parts and base classes of the shell → engine."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "app" / "pages").glob("*.py"))
LESSONS = sorted(path.parent for path in (ROOT / "lessons").glob("*/lesson.md"))
BROWSER = {"panel", "panel_material_ui", "bokeh", "param", "tornado"}
# What a folder must not know.
FORBIDDEN = {
    "engine": BROWSER | {"app", "lessons", "tests"},
    "lessons": {"app.pages", "tests"},
    "app/parts": {"app.shell", "app.pages", "app.static", "lessons", "tests"},
    "app/shell": {"app.pages", "lessons", "tests"},
    "app/pages": {"app.parts", "lessons", "engine", "tests"},
}
# Of the shell a lesson knows the base classes, kinds of parameters, and what works beside a page.
BASES = {f"app.shell.{name}" for name in ("model", "view", "sequence", "text", "export", "job", "latest")}


def imported(source: str) -> set[str]:
    """Every module a source names in an import, with all its parents: `from a.b import c` gives a, a.b and a.b.c."""
    return {name.rsplit(".", cut)[0] for name in named(source) for cut in range(name.count(".") + 1)}


def named(source: str) -> set[str]:
    """The same without parents, wherever in the file the import stands: under a condition, in a function."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            names |= {f"{start}.{alias.name}" for alias in node.names}
    return names


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def breaches(folder: Path, forbidden: set[str]) -> dict[str, list[str]]:
    """Files of a folder that import what they must not, with what it is."""
    files = sorted(folder.rglob("*.py"))
    assert files, f"no module in {folder}"
    found = {str(file.relative_to(ROOT)): sorted(imported(read(file)) & forbidden) for file in files}
    return {file: names for file, names in found.items() if names}


def test_every_form_of_import_is_seen():
    assert imported("import a.b as x") == {"a", "a.b"}
    assert imported("from a.b import c") == {"a", "a.b", "a.b.c"}
    assert imported("def f():\n    if True:\n        from a import b") == {"a", "a.b"}
    assert any(name.startswith(".") for name in imported("from . import b"))


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_folder_imports_nothing_it_must_not_know(folder):
    assert breaches(ROOT / folder, FORBIDDEN[folder]) == {}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_knows_no_other_lesson_and_of_the_shell_only_the_base_classes(lesson):
    others = {f"lessons.{other.name}" for other in LESSONS if other != lesson}
    shell = {f"app.shell.{file.stem}" for file in (ROOT / "app" / "shell").glob("[!_]*.py")}
    assert breaches(lesson, others | (shell - BASES)) == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_does_not_import_a_page(page):
    # `panel serve` puts the pages' folder on the path, where `import gamma` would find another page.
    names = imported(read(page))
    assert not names & {other.stem for other in PAGES}
    assert not any(name.startswith(".") for name in names)


def modules() -> dict[str, Path]:
    """All our modules by their dotted name; a package by its folder's."""
    files = [file for top in ("app", "engine", "lessons") for file in (ROOT / top).rglob("*.py")]
    parts = {file: file.relative_to(ROOT).with_suffix("").parts for file in files}
    return {".".join(name[:-1] if name[-1] == "__init__" else name): file for file, name in parts.items()}


def arrows(known: dict[str, Path]) -> dict[str, set[str]]:
    """For each module those it imports: of `from a.b import c` the module a.b.c, or a.b if c is a name in it."""
    return {
        name: {target if target in known else target.rpartition(".")[0] for target in named(read(file))} & known.keys()
        for name, file in known.items()
    }


def test_no_module_comes_back_to_itself():
    graph = arrows(modules())
    assert len(graph) > 100 and "engine" in {target.split(".")[0] for target in graph["lessons.gamma.model"]}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def test_the_shell_names_no_lesson():
    stems = {lesson.name for lesson in LESSONS} - {"unrolled"}  # also the name of the site, and of its log
    for file in [*(ROOT / "app" / "shell").glob("*.py"), *(ROOT / "app" / "parts").glob("*.py")]:
        words = {node.value for node in ast.walk(ast.parse(read(file))) if isinstance(node, ast.Constant)}
        assert not {word for word in words if isinstance(word, str)} & stems, file


def test_pages_folder_holds_scripts_only():
    assert not (ROOT / "app" / "pages" / "__init__.py").exists()
    shadowing = {page.stem for page in PAGES} & set(sys.stdlib_module_names)
    assert not shadowing, "a page with the name of a standard module would be imported in its place"


def test_references_share_no_code_with_the_engine():
    for file in (ROOT / "tests").glob("naive*.py"):
        assert not imported(read(file)) & {"engine", "app", "lessons", "numba", "scipy"}, file
