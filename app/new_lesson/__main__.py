"""`python -m app.new_lesson NAME`: write lesson, page and test of that name from the files beside this one.

The files make a lesson called `counter`, a leaky counter; its name is replaced everywhere. Nothing is overwritten.
"""

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


def write(name: str, root: Path = ROOT) -> list[Path]:
    """Write the lesson's files and return their paths.

    Raises ValueError for a name that is no module's, or that would shadow one; FileExistsError where a file is there.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name) or name in sys.stdlib_module_names:
        raise ValueError(
            f"NAME: {name!r} given; allowed are small letters, digits and _, first a letter, and no name of a module "
            "of Python's own, which the page would shadow"
        )
    texts = {root / place.format(name=name): (FILES / file).read_text("utf-8") for file, place in PLACES.items()}
    for path in texts:
        if path.exists():
            raise FileExistsError(f"NAME: {path.relative_to(root)} is there already; nothing was written")
    kind = "".join(part.capitalize() for part in name.split("_"))
    order = 1 + len(list((root / "lessons").glob("*/lesson.md")))
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        named = text.replace("counter", name).replace("Counter", kind).replace("ORDER", str(order))
        path.write_text(named, encoding="utf-8")
    return list(texts)


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
