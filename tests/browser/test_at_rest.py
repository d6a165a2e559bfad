"""What each page shows and offers before anybody has moved anything. These tests only look: they share one opening."""

import pytest

from app.shell import lessons
from app.shell.assets import page_stems

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]

each_page = pytest.mark.parametrize("stem", STEMS)


@each_page
def test_opens_with_lesson_diagram_numbers_and_sentence(reader, stem):
    page = reader(stem, anew=True)
    assert page.text("h1").endswith(lessons.load(stem).title)
    assert len(page.text("#sentence")) > 20
    assert "=" in page.text("#numbers .eq")
    assert page.page.locator(".diagram svg [data-text]").count() > 3
    page.open_tab("lesson")
    page.page.wait_for_selector("#lesson .math svg", timeout=15_000)
    waiting = page.page.locator("#lesson .math:not([data-set])")
    if waiting.count():  # what is far down is set when one comes there
        waiting.last.scroll_into_view_if_needed()
        page.page.wait_for_function("[...document.querySelectorAll('#lesson .math')].at(-1).dataset.set === ''")
    page.set_formulas()
    assert page.page.locator(".math:not([data-set])").count() == 0


@each_page
def test_cards_stand_below_the_traces_in_their_order(reader, stem):
    page = reader(stem)
    assert page.page.locator("[data-leads]:visible").count() == 0
    tops = page.page.evaluate("[...document.querySelectorAll('.stage > .card')].filter(card => card.offsetParent)"
                              ".map(card => card.getBoundingClientRect().top)")  # fmt: skip
    assert len(tops) > 2 and tops == sorted(tops)


@each_page
def test_tab_reaches_every_control_with_visible_focus(reader, stem):
    page = reader(stem)
    reached, unseen = set(), []
    for _ in range(90):
        page.page.keyboard.press("Tab")
        name, visible = page.page.evaluate("""() => {
          let e = document.activeElement
          while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement
          const host = document.activeElement.closest("[data-control]")
          const style = getComputedStyle(e)
          const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
          const name = host ? "control:" + host.dataset.control : e.dataset.act ? "act:" + e.dataset.act
            : e.dataset.strip ? "strip:" + e.dataset.strip : e.id ? "#" + e.id : e.tagName
          return [name, seen]
        }""")
        reached.add(name)
        if not visible and name not in ("BODY", "#stage"):
            unseen.append(name)
    controls = page.page.locator("[data-control]:visible").evaluate_all(
        "all => all.map(e => 'control:' + e.dataset.control)"
    )
    acts = page.page.locator("button[data-act]:visible:enabled").evaluate_all(
        "all => all.map(e => 'act:' + e.dataset.act)"
    )
    assert set(controls) <= reached, set(controls) - reached
    assert set(acts) - {"act:forget-tasks"} <= reached, set(acts) - reached
    assert {"#preset", "#cursor", "#speed"} <= reached
    assert not unseen, f"focus can't be seen on {unseen}"


@each_page
def test_nothing_scrolls_sideways_and_timed_plots_are_aligned(reader, stem):
    page = reader(stem)
    for width, height in ((1280, 800), (820, 1180), (390, 844)):
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.wait_for_timeout(300)
        lefts = page.page.evaluate(LEFT_EDGES)
        assert max(lefts) - min(lefts) <= 1, (width, lefts)
        for tab in ("lesson", "numbers", "tasks"):
            page.open_tab(tab)
            page.page.wait_for_timeout(100)
            assert page.page.evaluate("document.documentElement.scrollWidth") <= width
            for column in (".stage", ".side"):
                box = f"document.querySelector('{column}')"
                inside = page.page.evaluate(f"[{box}.scrollWidth, {box}.clientWidth]")
                assert inside[0] <= inside[1] + 1, (width, column, tab)


# Where the frames of the visible plots on the time axis begin.
LEFT_EDGES = (
    'unrolled.strips.all.filter(s => s.timed && document.querySelector(`[data-strip="${s.name}"]`).offsetParent)'
    ".map(s => { const v = Bokeh.index.find_one(unrolled.doc.get_model_by_name(s.name));"
    "return [v.canvas_view.el.getBoundingClientRect(), v.frame.bbox.left] })"
    ".filter(([box, left]) => box.width).map(([box, left]) => box.left + left)"
)
