"""`make lesson NAME=…`: what it writes passes lint, types and tests as it is; a bad name writes nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.new_lesson.__main__ import ROOT, write

NAMES = ("counter", "leaky_sum2")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the checkout with two new lessons. It shares the engine, whose compiled kernels lie beside it."""
    copy = tmp_path_factory.mktemp("checkout")
    there = [f"{name}{ending}" for name in NAMES for ending in ("", ".py")]  # somebody may have made one by that name
    for name in ("app", "lessons", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", *there))
    for name in ("engine", "pyproject.toml", "README.md"):
        (copy / name).symlink_to(ROOT / name)
    for name in NAMES:
        run(copy, "app.new_lesson", name)
    return copy


def run(folder: Path, *arguments: str) -> None:
    """`python -m …` in a folder, whose modules come before those of this checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_new_lessons_pass_lint_and_types(checkout):
    scripts = [f"app/pages/{name}.py" for name in NAMES]
    folders = [f"{parent}/{name}" for name in NAMES for parent in ("lessons", "tests/lessons")]
    run(checkout, "ruff", "check", "--no-cache", *scripts, *folders)
    run(checkout, "ruff", "format", "--check", "--no-cache", *scripts, *folders)
    run(checkout, "mypy", *scripts, *(folder for folder in folders if folder.startswith("lessons")))


def test_new_lessons_pass_all_tests(checkout):
    own = [f"tests/lessons/{name}" for name in NAMES]
    every = [f"tests/app/test_{kind}.py" for kind in ("lessons", "contract", "reader", "imports")]
    every.append("tests/lessons/test_plain_scripts.py")
    run(checkout, "pytest", "-q", "-p", "no:cacheprovider", *own, *every, "-k", " or ".join((*NAMES, "orders")))


@pytest.mark.parametrize(
    "name",
    [
        "", "Counter", "2nd", "a-b", "../x", "a/b", "lambda", "json", "numpy", "app", "static", "card", "view",
        "page_model", "a" * 32, "esn\n", "{name}",
    ],
)  # fmt: skip
def test_a_bad_name_is_refused_and_writes_nothing(tmp_path, name):
    with pytest.raises(ValueError, match="NAME: "):
        write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["lessons/counter/lesson.md", "app/pages/counter.py"])
def test_what_is_there_is_not_overwritten(tmp_path, there):
    (tmp_path / there).parent.mkdir(parents=True)
    (tmp_path / there).write_text("mine")
    with pytest.raises(FileExistsError, match=f"NAME: {there} is there already"):
        write("counter", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / there]
    assert (tmp_path / there).read_text() == "mine"


def test_a_lesson_of_this_site_is_refused():
    before = (ROOT / "lessons/esn/lesson.md").read_bytes()
    with pytest.raises(FileExistsError, match=r"lessons/esn/lesson\.md is there already"):
        write("esn")
    assert (ROOT / "lessons/esn/lesson.md").read_bytes() == before
