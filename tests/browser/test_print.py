"""One lesson, one handout: what a printer gets, looked at as a browser lays it out for paper."""

import re

import pytest

from app.parts.colours import PALETTE
from app.shell import lessons
from app.shell.assets import page_stems

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
A4 = {"width": 680, "height": 990}  # what the margins leave, in pixels of CSS


@pytest.mark.parametrize("stem", STEMS)
def test_a_handout_has_the_lesson_its_figures_and_its_tasks_and_no_answers(reader, stem):
    page = reader(f"{stem}?theme=dark")
    lesson = lessons.load(stem)
    charts = page.page.locator("[data-strip]:visible").count()
    sentence, equation = page.text("#sentence"), page.page.locator("#numbers .eq").first.text_content()
    page.page.set_viewport_size(A4)
    page.page.emulate_media(media="print")
    try:
        handout = page.page.locator("#handout")
        page.page.wait_for_function("!document.querySelector('#handout .math:not([data-set])')", timeout=30_000)
        said = handout.inner_text()
        for part in (lesson.title, lesson.question, sentence, "Numbers at t =", f"/{stem}"):
            assert part in said, part
        assert equation in handout.text_content()
        assert 1 <= handout.locator("figure > svg").count() <= charts + 1
        assert handout.locator(".to-write, .to-draw").count() == 1 + len(lesson.challenges) + len(lesson.quiz)
        assert handout.locator("button, details, input, select, textarea").count() == 0, "nothing to press"
        for question in lesson.quiz:
            for reason in question.reasons:
                plain = re.split(r"[$*`]", reason)[0]
                assert len(plain) < 25 or plain not in said, "no reason tells the answer"
        looked = page.page.evaluate(LOOK)
        assert looked["seen"] == ["DIV.handout"] and looked["ink"] == PALETTE["state"][0].lower()
        assert looked["broken"] == [] and looked["wide"] == []
    finally:
        page.page.emulate_media(media="screen")
    page.page.wait_for_function("!document.querySelector('#handout')")


def test_the_button_adds_the_address_as_a_code_and_an_answered_quiz_stays_unanswered_on_paper(reader):
    page = reader("gated_cec?preset=exercise-e12-7&cursor=5")
    page.open_tab("tasks")
    page.page.locator(".question").first.locator("input").nth(lessons.load("gated_cec").quiz[0].answer).check()
    assert page.page.locator(".question [data-right]").count() == 1
    page.page.evaluate("window.print = () => dispatchEvent(new Event('beforeprint'))")
    page.open_export()
    page.page.locator("[data-act=print]").click()
    page.page.wait_for_function("document.querySelector('#handout .qr svg')")
    assert page.page.locator("#handout footer").text_content().endswith("/gated_cec?preset=exercise-e12-7&cursor=5")
    assert page.page.locator("#handout :is([data-right], [data-done], .outcome, .reason)").count() == 0
    page.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.page.locator("#handout").count() == 0


# What of the page is in sight, the colour of letters, what may break over two pages, and what is wider than the paper.
LOOK = """() => {
  const name = element => element.tagName + "." + (element.getAttribute("class") ?? "")
  const within = [...document.querySelectorAll("#handout :is(figure, .task, .eq, .kept, footer)")]
  const all = [...document.querySelectorAll("#handout *")].filter(part => !part.closest("svg svg, mjx-container svg"))
  const [r, g, b] = getComputedStyle(document.querySelector("#handout")).color.match(/\\d+/g).map(Number)
  return {
    seen: [...document.body.children].filter(part => part.checkVisibility({visibilityProperty: true})).map(name),
    ink: "#" + [r, g, b].map(part => part.toString(16).padStart(2, "0")).join(""),
    broken: within.filter(part => getComputedStyle(part).breakInside !== "avoid").map(name),
    wide: all.filter(part => part.getBoundingClientRect().right > innerWidth + 1).map(name),
  }
}"""
