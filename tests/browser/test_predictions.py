"""Predictions and the worked example under the hand: what they leave behind, and whether they are fair to it."""

import numpy as np
import pytest

from app.shell import lessons
from app.shell.assets import page_stems
from tests.app.pages import model_at

PASSAGES = """Object.fromEntries([...document.querySelectorAll(".diagram .passage")].map(passage =>
  [passage.dataset.open, Number(/scaleY\\((.*)\\)/.exec(passage.style.transform)?.[1])]))"""


def passages_follow_the_gates(page) -> None:
    """Each passage of the diagram is as open as its gate, at a step with closed gates and one with open ones."""
    seen = []
    for step in range(1, page.frame["steps"] + 1):
        page.page.evaluate(f"unrolled.moveTo({step})")
        page.settle()
        gates = page.frame["live"]["open"]
        assert page.page.evaluate(PASSAGES) == gates, step
        seen.append(tuple(gates.values()))
    assert len(set(seen)) > 1


def test_the_gates_still_move_after_the_worked_example_and_a_prediction(reader):
    page = reader("gated_cec")
    passages_follow_the_gates(page)
    page.open_tab("lesson")
    page.click('[data-example="next"]')
    page.click(".example [data-act=done]")
    passages_follow_the_gates(page)
    page.open_tab("tasks")
    page.click('[data-predict="start"]')
    page.click('[data-predict="cancel"]')
    passages_follow_the_gates(page)


# A hand that misses


SIZES = {"mouse": (1280, 800), "touch": (390, 844)}
MISS = {"mouse": 2, "touch": 4}  # pixels
PLACES = """([name, values]) => {
  const view = Bokeh.index.find_one(unrolled.doc.get_model_by_name(name))
  const box = view.canvas_view.el.getBoundingClientRect(), {x_scale, y_scale} = view.frame
  return values.map((value, k) => [box.left + x_scale.compute(k + 1), box.top + y_scale.compute(value)])
}"""
DRAWN_TALL = """name => {
  const {y_range, y_scale} = Bokeh.index.find_one(unrolled.doc.get_model_by_name(name)).frame
  return Math.abs(y_scale.compute(y_range.start) - y_scale.compute(y_range.end)) >= 179
}"""


@pytest.mark.parametrize("stem", [stem for stem in lessons.stems() if stem in page_stems()])
def test_a_hand_that_misses_a_little_scores_in_full_and_a_straight_line_does_not_pass(reader, stem):
    page, task = reader(stem), lessons.load(stem).predict
    truth = model_at(stem, preset=task.preset).trace(task.signal)
    steps = np.arange(len(truth))
    straight = np.polyval(np.polyfit(steps, truth, 1), steps)
    page.open_tab("tasks")
    rng = np.random.default_rng(1)
    for hand, (width, height) in SIZES.items():
        page.page.set_viewport_size({"width": width, "height": height})
        angles = rng.integers(0, 8, len(truth)) * np.pi / 4
        misses = MISS[hand] * np.column_stack((np.cos(angles), np.sin(angles)))
        score = drawn_by(page, hand, truth, misses)
        assert (score["right"], score["step"]) == (len(truth), 0), (hand, score)
        score = drawn_by(page, "nobody", straight, misses)
        assert score["right"] < len(truth) and score["step"] > 0, (hand, score)


def drawn_by(page, hand: str, values, misses) -> dict:
    """The score of a prediction drawn through the values in one stroke, each place missed by so many pixels.

    By nobody: it is the values, as near as a hand could put them.
    """
    page.click('[data-predict="start"]')
    name = page.page.evaluate("unrolled.strips.hand.strip.name")
    page.page.wait_for_function(DRAWN_TALL, arg=name)
    page.settle()
    values = list(map(float, values))
    if hand == "nobody":
        page.page.evaluate("all => (hand => { hand.guess = all.map(v => hand.tidy(v)) })(unrolled.strips.hand)", values)
    else:
        places = np.round(page.page.evaluate(PLACES, [name, values]) + misses)
        draw_with_a_mouse(page, places) if hand == "mouse" else draw_with_a_finger(page, places)
    page.settle()
    page.click('[data-predict="reveal"]')
    return page.frame["score"]


def draw_with_a_mouse(page, places) -> None:
    page.page.mouse.move(*places[0])
    page.page.mouse.down()
    for place in places[1:]:
        page.page.mouse.move(*place, steps=2)
    page.page.mouse.up()


def draw_with_a_finger(page, places) -> None:
    fingers = page.page.context.new_cdp_session(page.page)

    def touch(kind: str, *points) -> None:
        at = [{"x": float(x), "y": float(y)} for x, y in points]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", places[0])
    for place in places[1:]:
        touch("touchMove", place)
    touch("touchEnd")
    fingers.detach()


# Keys, the number field, and the reason


def guess(page) -> list[float]:
    return page.page.evaluate("unrolled.strips.guess")


def test_a_prediction_is_nudged_by_keys_and_typed_and_its_gap_is_explained_by_the_reader_first(reader):
    page = reader("gated_cec")
    page.page.locator("#tab-tasks").click()
    natural = page.page.evaluate("unrolled.strips.plot('c').height")
    page.page.locator('[data-predict="start"]').focus()
    page.press("Enter")
    assert page.page.evaluate("unrolled.strips.plot('c').height") > 2 * natural
    assert not page.page.locator(".preset-note").filter(visible=True).count(), "a preset's note may tell the answer"
    page.press("Home", "ArrowUp", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown")
    assert guess(page)[:3] == [1, 2, 0], "answers are whole, and so is a step of the keys"
    field = page.page.get_by_label("Your value at t = 2")
    assert field.input_value() == "2"
    field.focus()
    page.press("Enter")
    page.page.keyboard.type("3")
    page.press("Enter")
    page.page.keyboard.type("-1.5")
    assert guess(page)[:5] == [1, 2, 3, -1.5, 0] and page.frame["t"] == 4
    page.page.locator('[data-predict="reveal"]').focus()
    page.press("Enter")
    assert not field.is_visible() and page.page.evaluate("unrolled.strips.plot('c').height") == natural
    the_reader_says_why_first(page)
    page.press("p")
    page.open_tab("tasks")
    page.click('[data-predict="start"]')
    page.click('[data-predict="reveal"]')
    page.click(".called [data-reveal=all]")
    the_reader_says_why_first(page)
    # Where all is right there is no gap.
    page.click('[data-predict="start"]')
    page.page.evaluate("unrolled.strips.guess = [1, 2, 3, 3, 3, 3, 4, 5, 1, 2, 2, 0, 0]")
    page.click('[data-predict="reveal"]')
    page.click(".called [data-reveal=all]")
    assert "13 of 13" in page.text("[data-task=predict] .verdict") and not page.page.locator(".gap").is_visible()


def the_reader_says_why_first(page) -> None:
    """The explanation comes after the reader's own, by keys alone."""
    score = page.frame["score"]
    assert score["step"] > 0 and score["why"] not in page.page.locator("#tasks").inner_text()
    assert page.text("[data-task=predict] .verdict").endswith(score["text"])
    words, button = page.page.get_by_label("Why is it so there?"), page.page.get_by_role("button", name="Show why")
    assert words.input_value() == ""
    button.focus()
    page.press("Enter")
    assert page.text(".gap .why") == "", "the reader's words come first"
    words.focus()
    page.page.keyboard.type("the input gate is closed")
    page.press("Tab", "Enter")
    assert page.text(".gap .why") == score["why"] and words.input_value() == "the input gate is closed"
