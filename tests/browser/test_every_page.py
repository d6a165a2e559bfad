"""What every page owes its reader, checked on each page found in the folder."""

import csv
import io
import subprocess
import sys

import numpy as np
import param
import pytest

from app.shell import lessons
from app.shell.assets import page_stems
from app.shell.room import classes, room
from tests.app.pages import malformed

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
# Where the first slider of a page, or what is downstream of the plot that is edited, would not do.
SLIDER = {
    "parity": "n_steps",
    "unrolled": "W11",
    "vanishing": "w",
    "lstm": "n_steps",
    "narx": "few",
    "delay_lines": "n_steps",
}
DOWNSTREAM = {"esn": "h", "gamma": "a1", "vanishing": "h", "unrolled": "h1", "narx": "a1"}


def slider(stem: str) -> str:
    """A slider that changes the picture: the first of the page."""
    model, view = classes(stem)
    numbers = [name for name in view.controls if isinstance(model.param[name], param.Number)]
    return SLIDER.get(stem) or next(name for name in numbers if not isinstance(model.param[name], param.Boolean))


def edited_and_downstream(stem: str) -> tuple[str, str]:
    """The plot that is edited by hand, and a trace downstream of it: the one that is predicted."""
    strips = room(stem).view.stack.strips
    edited = next(strip.name for strip in strips if strip.edits)
    return edited, DOWNSTREAM.get(stem) or next(strip.columns[0] for strip in strips if strip.predicts)


each_page = pytest.mark.parametrize("stem", STEMS)


def by(stem: str, share: float) -> float:
    """To the left, but not where this would leave too few steps."""
    return share if slider(stem) in ("n_steps", "few") else -share


@each_page
def test_arrow_keys_and_player_move_cursor_diagram_and_numbers_together(reader, stem):
    page = reader(stem)
    page.press("Home")
    seen = []
    positions = range(1, min(4, page.frame["steps"]) + 1)
    for step in positions:
        band = page.page.evaluate("unrolled.doc.get_model_by_name('time-band').left")
        assert band == step - 0.5
        assert page.text(".player .now") == str(step)
        assert f"({step})" in page.text("#numbers .eq")
        diagram_shows(page, page.frame["live"]["text"])
        seen.append(page.text("#numbers .eq"))
        page.press("ArrowRight")
    assert len(set(seen)) == len(positions)
    # The player runs to the end and stops.
    page.page.locator("#speed").select_option("10")
    last = page.frame["positions"]
    page.page.evaluate(f"unrolled.moveTo({max(1, last - 5)})")
    page.page.locator("[data-act=play]").click()
    page.page.wait_for_function(f"unrolled.p === {last} && !unrolled.player.on", timeout=5000)


def diagram_shows(page, fed: dict[str, str]) -> None:
    """Each text that the frame feeds has a place in the diagram and stands there, and no place but a note is left."""
    texts = page.page.locator(".diagram [data-text]")
    shown = texts.evaluate_all("all => all.map(e => [e.dataset.text, e.textContent])")
    places = {name for name, _ in shown}
    assert any(fed.values()) and fed.keys() <= places
    assert {name for name in places - fed.keys() if not name.endswith((".note", ".label"))} == set()
    for name, text in shown:
        assert name not in fed or text == fed[name], name


def click_sets_one_step_and_all_downstream(page, edited: str, downstream: str) -> None:
    before = page.columns()
    step = min(3, page.frame["steps"])
    value = 0.0 if before[edited][step - 1] > 0.5 else 1.0
    page.click_plot(edited, step, value)
    after = page.columns()
    changed = [k + 1 for k, (old, new) in enumerate(zip(before[edited], after[edited], strict=True)) if old != new]
    assert changed == [step]
    assert after[edited][step - 1] == pytest.approx(value, abs=0.06)
    moved = [
        k + 1 for k, (old, new) in enumerate(zip(before[downstream], after[downstream], strict=True)) if old != new
    ]
    assert moved and min(moved) >= step
    assert page.frame["t"] == step


@each_page
def test_click_and_drag_repaint_and_the_copied_url_restores_the_picture(reader, stem):
    page = reader(stem)
    click_sets_one_step_and_all_downstream(page, *edited_and_downstream(stem))
    before = page.columns()
    picture = page.page.locator(".plots:visible").first.screenshot()
    page.drag_slider(slider(stem), by(stem, 0.13))
    assert page.columns() != before
    assert page.page.locator(".plots:visible").first.screenshot() != picture
    page.press("ArrowRight", "ArrowRight")
    shown, frame = page.columns(), page.frame
    page.open(page.address().split("/", 3)[3])
    # The address writes numbers with 12 digits; a slider can leave noise beyond them.
    restored = page.columns()
    assert list(restored) == list(shown)
    for name in shown:
        np.testing.assert_allclose(finite(restored[name]), finite(shown[name]), rtol=1e-9, err_msg=name)
    for part in ("t", "live", "numbers", "sentence", "steps", "notices"):
        assert page.frame[part] == frame[part], part


@each_page
def test_malformed_urls_give_the_default_and_a_notice(reader, stem):
    page = reader(stem)
    columns, cursor = page.columns(), page.frame["t"]
    # All of them are tried on each page without a browser; what the browser does with them is the same on each.
    for query in malformed(stem)[:: 4 if stem == STEMS[0] else 5]:
        page.open(f"{stem}?{query}")
        np.testing.assert_equal(page.columns(), columns, err_msg=query)
        assert page.frame["t"] == cursor, query
        assert len(page.page.locator("main .notices p").all_inner_texts()) == query.count("&") + 1
        assert "Traceback" not in page.page.content() and "site-packages" not in page.page.content(), query


@each_page
def test_prediction_is_scored_and_each_challenge_fails_at_the_default_and_passes_with_its_solution(reader, stem):
    page = reader(stem)
    page.open_tab("tasks")
    prediction_is_hidden_scored_and_explained(page, lessons.load(stem).predict)
    start_over(page, stem)
    for number in range(3):
        page.click(f"[data-task=challenge-{number}] summary")
        assert not page.frame["challenges"][number]["passed"]
        page.click(f'[data-solve="{number}"]')
        # what is trained beside the page comes when it comes
        page.page.wait_for_selector(f"[data-task=challenge-{number}][data-passed]")
        start_over(page, stem)


def start_over(page, stem: str) -> None:
    page.click("[data-act=reset]")
    page.page.locator("#preset").select_option(lessons.load(stem).presets[0].name)
    page.settle()


def prediction_is_hidden_scored_and_explained(page, task) -> None:
    page.click('[data-predict="start"]')
    strip = page.page.evaluate("unrolled.strips.all.find(strip => strip.predicts).name")
    hidden = page.columns()[strip]
    assert all(value is None or value != value for value in hidden), "the answer must not be on the page"
    assert page.text("#numbers") == "" or "hidden" in page.page.locator("#numbers").inner_text()
    low, high = page.page.evaluate(f"(r => [r.start, r.end])(unrolled.strips.plot('{strip}').y_range)")
    page.drag_plot(strip, (1, low + 0.2 * (high - low)), (3, low + 0.85 * (high - low)))
    assert len(set(page.page.evaluate("unrolled.strips.guess"))) > 1
    page.click('[data-predict="reveal"]')
    verdict = page.text("[data-task=predict] .verdict")
    truth = page.columns()[strip]
    guess = page.page.evaluate("unrolled.strips.guess")
    within = page.frame["score"]["within"]
    assert within >= task.tolerance
    right = sum(abs(a - b) <= within for a, b in zip(truth, guess, strict=True))
    assert verdict.startswith(f"{right} of {len(truth)} steps right")
    assert "The first wrong step is t =" in verdict
    # A perfect prediction is accepted too.
    page.click('[data-predict="start"]')
    page.page.evaluate("values => { unrolled.strips.guess = values }", truth)
    page.click('[data-predict="reveal"]')
    assert page.text("[data-task=predict] .verdict").startswith(f"{len(truth)} of {len(truth)} steps right")


@each_page
def test_quiz_tells_the_reason_of_every_answer_and_the_worked_example_steps_through_the_page(reader, stem):
    page = reader(stem)
    page.open_tab("tasks")
    for number, question in enumerate(lessons.load(stem).quiz):
        box = page.page.locator(f"[data-task=quiz-{number}]")
        for choice in [k for k in range(len(question.choices)) if k != question.answer] + [question.answer]:
            box.locator(f'input[value="{choice}"]').check()
            assert box.locator(".reason:visible").count() == 1
            assert (box.locator(".reason.right:visible").count() == 1) == (choice == question.answer)
    assert page.text(".badge") == "4 of 8"
    page.open_tab("lesson")
    steps = lessons.load(stem).example
    for step in steps:
        page.click('[data-example="next"]')
        assert page.page.locator(".example-step:visible").count() == 1
        if step.cursor:
            assert page.frame["position"] == step.cursor
        if step.preset:
            assert f"preset={step.preset}" in page.frame["query"]
    assert page.page.locator('[data-example="next"]').is_disabled()


@each_page
def test_csv_and_script_reproduce_the_plotted_numbers(reader, stem, tmp_path):
    page = reader(stem)
    page.drag_slider(slider(stem), by(stem, 0.1))
    shown, table = page.columns(), read_csv(page.download("csv"))
    compared = [name for name in table if name in shown]
    assert edited_and_downstream(stem)[1] in compared and "t" in compared
    for name in compared:
        np.testing.assert_array_equal(finite(table[name]), finite(shown[name]), err_msg=name)
    (tmp_path / "again.py").write_text(page.download("script"))
    subprocess.run([sys.executable, "again.py"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    again = read_csv((tmp_path / f"{stem}.csv").read_text())
    assert list(again) == list(table)
    for name in table:
        np.testing.assert_allclose(again[name], table[name], rtol=1e-9, atol=1e-9, err_msg=name)


def read_csv(text: str) -> dict[str, np.ndarray]:
    rows = list(csv.reader(io.StringIO(text)))
    return {name: np.array([float(row[k]) for row in rows[1:]]) for k, name in enumerate(rows[0])}


def finite(values) -> np.ndarray:
    """Values as the plots draw them: what is not finite is left blank."""
    array = np.array([np.nan if value is None else value for value in values], dtype=float)
    return np.where(np.isfinite(array), array, np.nan)


@each_page
def test_presets_sliders_reset_and_pin(reader, stem):
    page = reader(stem)
    start = page.columns()
    for preset in lessons.load(stem).presets:
        page.page.locator("#preset").select_option(preset.name)
        page.settle()
        assert page.frame["preset"] == preset.name
        assert page.page.locator(f'.preset-note[data-preset="{preset.name}"]').is_visible()
    page.page.locator("#preset").select_option(lessons.load(stem).presets[0].name)
    page.settle()
    np.testing.assert_equal(page.columns(), start)
    page.click("[data-act=pin]")
    pinned = page.page.evaluate("unrolled.doc.get_model_by_name('time-pinned').data.t.map(steps => steps.length)")
    assert pinned == [page.frame["steps"]]
    page.drag_slider(slider(stem), by(stem, 0.2))
    assert page.columns() != start
    page.click("[data-act=reset]")
    np.testing.assert_equal(page.columns(), start)


@each_page
def test_dark_theme_changes_plots_and_presenter_mode_enlarges_and_hides_answers(reader, stem):
    page = reader(f"{stem}?theme=light")
    colours = (
        "[...unrolled.doc._all_models.values()].filter(m => m.type === 'LinearAxis').map(m => m.major_label_text_color)"
    )
    before = page.page.evaluate(colours)
    page.press("d")
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"
    after = page.page.evaluate(colours)
    assert all(old != new for old, new in zip(before, after, strict=True))
    page.press("d")
    assert page.page.evaluate(colours) == before
    page.press("p")
    assert page.page.evaluate("document.querySelector('#tab-numbers').currentCSSZoom") == pytest.approx(
        800 / 690, abs=0.01
    )
    assert not page.page.locator("#drawer").is_visible()
    page.open_tab("tasks")
    page.page.locator("[data-task=challenge-0] summary").click()
    assert not page.page.locator('[data-solve="0"]').is_visible()
    assert "present=true" in page.address()
    if stem == STEMS[0]:  # the address is read by the template, the same on each page
        page.open(page.address().split("/", 3)[3])
        assert page.page.evaluate("document.documentElement.dataset.present") == "true"
