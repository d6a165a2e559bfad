"""Exported scripts as a student runs them: by a Python that can import NumPy and nothing of this project."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from app.shell import export

# Without `site` and the environment's settings a Python finds its standard library; the folder given adds the rest.
RUNNER = """
import importlib.util, json, os, runpy, sys, traceback
sys.path.append(sys.argv[1])
for name in ("app", "engine", "lessons", "panel", "numba", "scipy"):
    assert importlib.util.find_spec(name) is None, name
failed = []
for script in json.loads(sys.argv[2]):
    os.chdir(os.path.dirname(script))
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException:
        failed.append(script + "\\n" + traceback.format_exc())
sys.exit("\\n".join(failed) or 0)
"""

# Matplotlib with all that it imports.
FIGURES = (
    "matplotlib", "mpl_toolkits", "contourpy", "cycler", "dateutil", "fontTools", "kiwisolver", "packaging", "PIL",
    "pillow.libs", "pyparsing", "six.py",
)  # fmt: skip

# Further columns that are right to 1e-9 of 1: logarithms, and what a readout adds up from many terms that cancel.
OF_ONE = {
    "lstm": ("cell", "hidden", "forget", "truncated", "vanilla"),
    "esn": ("y", "y2", "residual", "log_error"),
}

Columns = dict[str, np.ndarray]


def bare(folder: Path, *more: str) -> Path:
    """A folder that holds links to NumPy and to those of `more` that are installed, and nothing else."""
    packages = Path(np.__file__).parents[1]
    folder.mkdir(exist_ok=True)
    for name in ("numpy", "numpy.libs", *more):
        if (packages / name).exists() and not (folder / name).exists():
            (folder / name).symlink_to(packages / name)
    return folder


def run(folder: Path, texts: dict[tuple[str, str], str], *more: str) -> dict[tuple[str, str], Columns]:
    """Run scripts by lesson and preset, one after the other in one bare Python; the columns that each writes.

    Each has a folder of its own, `folder`/lesson/preset. `more`: packages that it may import too, as for `bare`.
    """
    scripts = {(stem, preset): folder / stem / preset / f"{stem}.py" for stem, preset in texts}
    for key, script in scripts.items():
        script.parent.mkdir(parents=True)
        script.write_text(texts[key], encoding="utf-8")
    command = [sys.executable, "-I", "-S", "-c", RUNNER, bare(folder / "packages", *more)]
    given = json.dumps([str(script) for script in scripts.values()])
    done = subprocess.run([*command, given], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return {key: read(script.with_suffix(".csv")) for key, script in scripts.items()}


def read(file: Path) -> Columns:
    """The columns of a CSV."""
    with file.open() as opened:
        names, *rows = csv.reader(opened)
    return {name: np.array([float(row[k]) for row in rows]) for k, name in enumerate(names)}


def assert_same(found: Columns, table: Columns, stem: str, where: str = "") -> None:
    """Each column to 1e-9 of its values, or of 1 if that is noted above; where a sum cancels, 1e-12 of the largest."""
    assert list(found) == list(table), where
    for name, values in table.items():
        values = np.asarray(values, dtype=float)
        largest = np.abs(values[np.isfinite(values)]).max(initial=0.0)
        least = 1e-9 if name.startswith("log10") or name in OF_ONE.get(stem, ()) else 1e-12 * largest
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=least, err_msg=f"{stem} {where}: {name}")


def table(model) -> Columns:
    """What the lines of a model's script leave, run here: for tests of single settings."""
    space: dict = {}
    exec(compile(export.lines(model), "script", "exec"), space)
    return {name: np.asarray(values, dtype=float) for name, values in space["table"].items()}


def assert_computed_again(model) -> None:
    """The script's lines compute the model's table, and use nothing of this project."""
    assert_plain(export.lines(model))
    assert_same(table(model), model.table(), model.stem)


def assert_plain(text: str) -> None:
    """A script imports NumPy, Matplotlib and what Python brings, and is short."""
    lines = [line.strip() for line in text.splitlines()]
    imports = [line.split()[1] for line in lines if line.startswith(("import ", "from "))]
    assert {name.split(".")[0] for name in imports} <= {"base64", "math", "random", "numpy", "matplotlib"}
    assert len(lines) <= 110
    assert sum(bool(line) and not line.startswith("#") for line in lines) <= 85
