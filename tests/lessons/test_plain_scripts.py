"""The exported script of every preset gives the page's numbers where this project is not."""

import json

import pytest

from app.shell import export, lessons, notebook
from app.shell.assets import page_stems
from tests.app.pages import model_at
from tests.lessons import plain

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
each_lesson = pytest.mark.parametrize("stem", STEMS)


def script(stem: str, preset: str) -> str:
    return export.script(model_at(stem, preset=preset), "test", f"{stem}?preset={preset}")


@each_lesson
def test_scripts_of_all_presets_give_the_table_without_this_project(stem, tmp_path):
    presets = [preset.name for preset in lessons.load(stem).presets]
    found = plain.run(tmp_path, {(stem, preset): script(stem, preset) for preset in presets})
    for preset in presets:
        plain.assert_same(found[stem, preset], model_at(stem, preset=preset).table(), stem, preset)


@each_lesson
def test_scripts_are_short_and_import_numpy_and_matplotlib_only(stem):
    for preset in lessons.load(stem).presets:
        plain.assert_plain(script(stem, preset.name))


def test_figures_are_drawn_where_matplotlib_is(tmp_path):
    pytest.importorskip("matplotlib")
    # one of each lesson is enough: all draw alike
    chosen = [(stem, lessons.load(stem).presets[-1].name) for stem in STEMS]
    plain.run(tmp_path, {(stem, preset): script(stem, preset) for stem, preset in chosen}, *plain.FIGURES)
    for stem, preset in chosen:
        assert (tmp_path / stem / preset / f"{stem}.png").read_bytes().startswith(b"\x89PNG"), stem


@each_lesson
def test_the_notebook_has_the_code_of_the_script_in_cells(stem):
    model = model_at(stem)
    found = json.loads(notebook.notebook(model, "A title", "gamma?x=1*4"))
    about, *cells = found["cells"]
    assert (found["nbformat"], about["cell_type"]) == (4, "markdown")
    assert "# A title" in "".join(about["source"]) and r"gamma?x=1\*4" in "".join(about["source"])
    assert {cell["cell_type"] for cell in cells} == {"code"} and len(cells) >= 3
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])
    code = "\n\n".join("".join(cell["source"]) for cell in cells)
    assert code.split() == export.code(model).split()
    for cell in cells:
        compile("".join(cell["source"]), "cell", "exec")
