"""`python -m app.new_lesson NAME`: write lesson, page and test of that name from the files beside this one.

The files make a leaky counter. In them NAME stands for the lesson's name, KIND for the name of its model's class, and
ORDER for its place in the course. Nothing is overwritten.
"""

import ast
import importlib.util
import keyword
import re
import sys
from pathlib import Path

FILES = Path(__file__).parent / "files"
ROOT = Path(__file__).parents[2]
# Where each file goes; `{name}` is the lesson's name.
PLACES = {
    "lesson.md.txt": "lessons/{name}/lesson.md",
    "card.svg.txt": "lessons/{name}/card.svg",
    "model.py.txt": "lessons/{name}/model.py",
    "view.py.txt": "lessons/{name}/view.py",
    "page.py.txt": "app/pages/{name}.py",
    "test.py.txt": "tests/lessons/{name}/test_{name}.py",
}
# Addresses that the site has already.
TAKEN = ("components", "index", "liveness", "static")


def write(name: str, root: Path = ROOT) -> list[Path]:
    """Write the lesson's files and return their paths.

    Raises ValueError for a name that can be none, FileExistsError where a file is there. Then nothing is written.
    """
    texts = {place.format(name=name): (FILES / file).read_text("utf-8") for file, place in PLACES.items()}
    kind = "".join(part.capitalize() for part in name.split("_"))
    _check(name)
    if kind in _imported(texts):
        raise ValueError(f"NAME: {name!r} given; its class would be called {kind}, and a part of the shell is")
    for place in texts:
        if (root / place).exists():
            raise FileExistsError(f"NAME: {place} is there already; nothing was written")
    order = str(_next_order(root))
    for place, text in texts.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("NAME", name).replace("KIND", kind).replace("ORDER", order), encoding="utf-8")
    return [root / place for place in texts]


def _check(name: str) -> None:
    """A page's script is found by its name: no module that Python knows may have it, as the page would shadow it."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name) or keyword.iskeyword(name):
        raise ValueError(
            f"NAME: {name!r} given; allowed are up to 31 small letters, digits and _, first a letter, and no word of "
            "Python's own"
        )
    if name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise ValueError(f"NAME: {name!r} given; a module has this name, and the page would shadow it")
    if name in TAKEN:
        raise ValueError(f"NAME: {name!r} given; the site has something else at /{name}")


def _imported(texts: dict[str, str]) -> set[str]:
    """What the Python files import by name."""
    sources = [ast.parse(text) for place, text in texts.items() if place.endswith(".py")]
    imports = [node for source in sources for node in ast.walk(source) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in imports for alias in node.names}


def _next_order(root: Path) -> int:
    """The place after the last lesson."""
    texts = [path.read_text("utf-8") for path in (root / "lessons").glob("*/lesson.md")]
    found = [re.search(r"^order = (\d+)", text, re.MULTILINE) for text in texts]
    return 1 + max((int(order.group(1)) for order in found if order), default=0)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: make lesson NAME=counter")
    try:
        written = write(sys.argv[1])
    except (ValueError, FileExistsError) as problem:
        sys.exit(str(problem))
    print(*(path.relative_to(ROOT) for path in written), sep="\n")
    print(f"Run it: make serve, then open /{sys.argv[1]}")


if __name__ == "__main__":
    main()
