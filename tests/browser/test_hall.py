"""In a hall: the answer to a prediction one step at a time, a verdict for the last row, a quiz that asks first."""

import numpy as np
import pytest

from app.shell import lessons

HIDDEN = {"numbers": "The numbers are hidden"}


def begin(page) -> None:
    page.open_tab("tasks")
    page.click('[data-predict="start"]')


def shown(page, column: str) -> int:
    """How many steps of a trace are on the page."""
    return int(np.isfinite(np.array(page.columns()[column], dtype=float)).sum())


def gap(page) -> tuple[list, list]:
    """Where the plot is marked, and with which values."""
    return tuple(page.page.evaluate("(({t, y}) => [t, y])(unrolled.doc.get_model_by_name('time-gap').data)"))


def test_a_room_calls_the_next_step_and_nothing_later_is_on_the_page(reader):
    page = reader("gated_cec?present=true&w=0.9&theme=light")
    axis = "unrolled.strips.plot('c').below[0].visible"
    assert not page.page.evaluate(axis)
    begin(page)
    assert page.page.evaluate("document.documentElement.dataset.solo") == "c" and page.page.evaluate(axis)
    assert page.page.locator('[data-strip="c"]').bounding_box()["height"] > 380, "what is predicted fills the stage"
    page.page.evaluate("unrolled.strips.guess = [1, 2, 3, 3, 2, 3, 4, 5, 1, 2, 2, 0, 0]")
    assert page.text(".called p") == "The answer is hidden. Draw what you expect."
    page.click('[data-predict="reveal"]')
    last = page.frame["steps"]
    for steps in range(1, last):
        assert page.frame["revealed"] == page.frame["t"] == steps and shown(page, "c") == steps
        assert page.text(".called p") == f"Step {steps} of {last} is shown. What comes next?"
        assert page.page.locator("#sentence").text_content() == page.text("[data-task=challenge-0] .verdict") == ""
        assert "right" not in page.text("[data-task=predict] .verdict")
        assert HIDDEN["numbers"] not in page.page.locator("#numbers").text_content()
        if steps == 4:
            what_is_later_stays_hidden(page)
        page.page.evaluate("unrolled.reveal.step(1)")
        page.settle()
    # The guess was wrong at step 5 only.
    assert not page.frame["predicting"] and page.frame["score"]["step"] == page.frame["t"] == 5
    assert gap(page) == ([5, 5], [2, 3])
    verdict = page.page.locator(".called p")
    assert verdict.inner_text() == "12 of 13 steps right. The first wrong step is t = 5: you said 2, it is 3."
    size = "p => parseFloat(getComputedStyle(p).fontSize)"
    assert verdict.evaluate(size) > 1.15 * page.page.locator("#sentence").evaluate(size)
    page.page.set_viewport_size({"width": 1920, "height": 1080})
    page.page.wait_for_timeout(300)
    tall = verdict.evaluate(
        "p => { const r = document.createRange(); r.selectNodeContents(p); return r.getBoundingClientRect().height }"
    )
    assert tall >= 30, "on the screen, in pixels"
    page.page.set_viewport_size({"width": 1280, "height": 800})
    page.click("[data-task=predict] [data-act=done]")
    assert "w=0.9" in page.frame["query"] and gap(page) == ([], []) and not verdict.is_visible()
    assert not page.page.evaluate(axis) and not page.page.evaluate("document.documentElement.dataset.solo")


def what_is_later_stays_hidden(page) -> None:
    """The last step goes back under its cover, the cursor finds nothing beyond it, and the hand no longer draws."""
    page.click(".called [data-reveal=back]")
    assert page.frame["revealed"] == shown(page, "c") == 3
    page.page.evaluate("unrolled.moveTo(9)")
    page.settle()
    assert HIDDEN["numbers"] in page.page.locator("#numbers").text_content()
    assert page.frame["live"]["text"]["c.value"] == "?"
    guess = page.page.evaluate("[...unrolled.strips.guess]")
    page.click_plot("c", 9, 4)
    assert page.page.evaluate("[...unrolled.strips.guess]") == guess
    page.press("ArrowRight")


def test_alone_a_reader_reveals_at_once_or_chooses_to_go_step_by_step(reader):
    page = reader("gated_cec")
    begin(page)
    page.click('[data-predict="reveal"]')
    assert page.frame["score"] and page.frame["revealed"] is None
    assert not page.page.locator(".called").is_visible(), "the word is among the tasks"
    assert gap(page) == ([1, 1], [0, 1])
    begin(page)
    assert gap(page) == ([], [])
    page.click('[data-predict="by-step"]')
    page.click("#tasks [data-reveal=next]")
    assert page.frame["revealed"] == 2 == shown(page, "c")
    page.click("#tasks [data-reveal=all]")
    assert page.frame["score"] and not page.page.locator("#tasks [data-reveal=all]").is_visible()


@pytest.mark.parametrize("stem", ["parity"])
def test_a_quiz_in_a_hall_asks_first_and_tells_right_from_wrong(reader, stem):
    page, question = reader(stem), lessons.load(stem).quiz[0]
    box = page.page.locator("[data-task=quiz-0]")
    wrong = next(k for k in range(len(question.choices)) if k != question.answer)
    labels = box.locator("label")
    page.open_tab("tasks")
    assert [label[0] for label in labels.all_inner_texts()] == list("ABCD")[: len(question.choices)]
    assert not box.locator("[data-quiz=reveal]").is_visible()
    labels.nth(wrong).click()
    assert labels.nth(wrong).inner_text().endswith("✗") and box.locator(".reason:visible").count() == 1
    page.press("p")
    page.open_tab("tasks")
    assert not box.locator(".reason:visible").count(), "what was answered alone is asked anew"
    labels.nth(wrong).click()
    assert "✗" not in labels.nth(wrong).inner_text() and not box.locator(".reason:visible").count()
    box.locator("[data-quiz=reveal]").click()
    assert labels.nth(wrong).inner_text().endswith("✗") and labels.nth(question.answer).inner_text().endswith("✓")
    reasons = box.locator(".reason:visible")
    assert reasons.evaluate_all("all => all.map(one => Number(one.dataset.reason))") == sorted([wrong, question.answer])
    grounds = labels.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert len({grounds[wrong], grounds[question.answer], *grounds}) >= min(3, len(grounds))
    letter, text = box.locator(".letter").first, labels.nth(2).locator("span").first
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    assert letter.evaluate(size) > 1.2 * text.evaluate(size) > 1.2 * 16, "for the last row"
    assert page.page.locator("#told").inner_text() != ""
    assert not page.page.evaluate("localStorage.getItem('unrolled-done-parity')"), "a wrong answer is not done"
    box.locator("[data-quiz=reveal]").click()
    assert not box.locator(".reason:visible").count()
    labels.nth(question.answer).click()
    page.press("v")
    assert "quiz-0" in page.page.evaluate("localStorage.getItem('unrolled-done-parity')")
