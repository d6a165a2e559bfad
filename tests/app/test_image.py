"""What the image leaves out is used nowhere: no page imports it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# All pages built, every preset's first picture drawn, as JSON.
LOOK = """
import sys
import app.__main__
from app.shell import address, frames
from app.shell.assets import page_stems
from app.shell.room import room
for stem in page_stems():
    found = room(stem)
    model = found.model_class()
    for preset in found.lesson.presets:
        address.apply_preset(model, found.lesson.preset_values, preset.name)
    frames.figures(found.view, model)
    model.close()
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def slim():
    spec = importlib.util.spec_from_file_location("slim", ROOT / "deploy" / "slim.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_page_imports_what_the_image_leaves_out():
    imported = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"panel", "bokeh", "numba", "lessons"} <= {*imported.stdout.split()}
    assert not {*slim().UNUSED} & {*imported.stdout.split()} - {"_distutils_hack"}, "a start-up file of setuptools"


def test_slimming_takes_tests_and_leaves_code(tmp_path):
    for name in ("pandas/core.py", "scipy/linalg/tests/test_a.py", "scipy/linalg/_a.so", "numpy/_a.pyi",
                 "panel/dist/panel.js", "panel/dist/bundled/a.js", "panel/__pycache__/a.pyc",
                 "pandas-3.dist-info/RECORD", "scipy-1.dist-info/RECORD"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    slim().main(tmp_path)
    left = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())
    assert left == ["panel/dist/panel.js", "scipy-1.dist-info/RECORD", "scipy/linalg/_a.so"]
