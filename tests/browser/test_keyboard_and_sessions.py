"""Keyboard access, separate sessions, and the site around the pages."""

import sys

import pytest

from app.shell import lessons
from app.shell.assets import page_stems
from tests.browser.conftest import free_port, start_server
from tests.browser.driver import Reader

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]


def test_slider_follows_the_arrow_keys(reader):
    page = reader("gated_cec")
    before, cursor = page.columns()["c"], page.frame["t"]
    page.page.locator('[data-control="w"] .noUi-handle').focus()
    page.press("ArrowLeft", "ArrowLeft")
    assert page.columns()["c"] != before
    assert page.frame["t"] == cursor, "arrows on a slider belong to the slider"


def test_editing_by_keyboard(reader):
    page = reader("gated_cec")
    page.press("Home")
    page.page.locator('[data-strip="x"]').focus()
    page.press("ArrowRight", "Enter")
    assert page.columns()["x"][:3] == [1, 0, 1]
    page.press("ArrowUp")
    assert page.columns()["x"][1] == 1
    assert page.frame["t"] == 2


def test_help_sheet_opens_with_the_question_mark_and_closes_with_escape(reader):
    page = reader("gated_cec")
    page.page.keyboard.press("?")
    assert page.page.locator("#help").is_visible()
    page.page.keyboard.press("Escape")
    assert not page.page.locator("#help").is_visible()


def test_painting_a_fast_stroke_leaves_no_gap_and_respects_snap(reader):
    page = reader("gated_cec?cursor=1")
    page.page.mouse.move(*page.point("i", 1, 1))
    page.page.mouse.down()
    page.page.mouse.move(*page.point("i", 12, 0.1), steps=2)
    page.page.mouse.up()
    page.settle()
    gate = page.columns()["i"]
    assert set(gate) <= {0, 1} and gate[:4] == [1, 1, 1, 1] and gate[9:12] == [0, 0, 0]
    page.page.locator('[data-control="snap"] input').uncheck()
    page.settle()
    page.click_plot("f", 5, 0.43)
    assert page.columns()["f"][4] == pytest.approx(0.43, abs=0.04)


def touch(page, session, *places: tuple[float, float]) -> None:
    """One finger: down at the first place, through the others, and up."""
    session.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [dict(zip("xy", places[0], strict=True))]}
    )
    for x, y in places[1:]:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
        page.page.wait_for_timeout(16)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.settle()


def test_a_finger_scrolls_without_editing_and_edits_by_tap_or_sideways_drag(server, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = Reader(context.new_page(), server).open("gated_cec")
    session = context.new_cdp_session(page.page)
    before = page.columns()
    x, y = page.point("i", 6, 0.5)
    touch(page, session, (x, y), *[(x, y - 12 * k) for k in range(1, 20)])
    assert page.page.evaluate("scrollY") > 60
    assert page.columns() == before, "a scroll must not edit"
    x, y = page.point("i", 6, 1.0)
    touch(page, session, (x, y))
    assert page.columns()["i"][5] == 1
    places = [page.point("f", step, 0.0) for step in (2, 3, 4, 5)]
    touch(page, session, *places)
    assert page.columns()["f"][1:5] == [0, 0, 0, 0]
    edited = page.columns()
    page.page.locator(".menu").tap()
    page.page.wait_for_timeout(300)
    page.page.locator(".menu").tap()
    page.page.locator("#drawer").wait_for(state="hidden", timeout=3000)  # it slides out
    page.settle()
    assert page.columns() == edited
    assert not page.errors and not page.outside
    context.close()


def test_two_readers_do_not_see_each_other(reader):
    one, two = reader("gated_cec"), reader("gated_cec")
    before = two.columns()
    one.drag_slider("w", -0.3)
    one.click_plot("x", 4, 0)
    assert one.columns() != before
    two.press("ArrowRight")
    assert two.columns() == before


def test_growth_beyond_the_plot_is_clipped_and_explained(reader):
    page = reader("gated_cec?preset=exploding&w=1.2&n_steps=200&x=1*200&input_gate=1*200&forget_gate=1*200")
    notice = page.text(".notices")
    assert "clipped" in notice and "1.2" in notice
    assert max(abs(value) for value in page.columns()["c"] if value is not None) <= 1e6


@pytest.mark.parametrize("width", [1280, 390])
def test_index_links_every_page_and_asks_no_other_host(server, browser, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = Reader(context.new_page(), server)
    page.page.goto(server)
    links = page.page.locator("a").evaluate_all("all => all.map(a => new URL(a.href).pathname.slice(1))")
    assert [link for link in links if link in STEMS] == STEMS
    assert page.page.locator("svg").count() >= len(STEMS)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert not page.outside and not page.errors
    context.close()


def test_plain_panel_serve_gives_the_same_site(browser):
    port = free_port()
    files = [f"app/pages/{stem}.py" for stem in STEMS]
    process = start_server([sys.executable, "-m", "panel", "serve", *files, "--index", "app/index.html"], port)
    try:
        context = browser.new_context()
        page = Reader(context.new_page(), f"http://localhost:{port}")
        page.page.goto(page.url)
        assert "Unrolled" in page.page.title()
        for stem in STEMS:
            page.open(stem)
            page.press("ArrowRight")
        assert not page.outside and not page.errors, (page.outside, page.errors)
        context.close()
    finally:
        process.terminate()
        process.wait(10)


def test_every_tab_stop_has_a_name_and_hidden_plots_have_none(reader):
    page = reader("unrolled")
    nameless = page.page.evaluate(
        """() => [...unrolled.doc._all_models.values()].map(model => Bokeh.index.find_one(model)?.shadow_el)
        .flatMap(root => [...(root?.querySelectorAll("[tabindex='0']") ?? [])])
        .filter(stop => !stop.getAttribute("aria-label")).map(stop => stop.className)"""
    )
    assert nameless == []
    stops = {strip: int(index) for strip, index in page.page.evaluate(
        "[...document.querySelectorAll('[data-strip]')].map(strip => [strip.dataset.strip, strip.tabIndex])"
    )}  # fmt: skip
    assert (stops["h2"], stops["h3"]) == (0, -1)
    page.drag_slider("n_units", 0.4)
    assert page.page.locator('[data-strip="h3"]').get_attribute("tabindex") == "0"


def test_done_closes_the_example_and_brings_the_settings_back(reader):
    page = reader("vanishing?preset=orthogonal&cursor=3")
    page.open_tab("lesson")
    before = page.frame["query"]
    page.click('[data-example="next"]')
    assert page.frame["query"] != before
    page.click(".example [data-act=done]")
    assert page.frame["query"] == before
    assert page.page.locator(".example-step:visible").count() == 0


def test_a_shown_solution_is_not_counted(reader):
    page = reader("gated_cec")
    page.open_tab("tasks")
    page.click("[data-task=challenge-0] summary")
    page.click('[data-solve="0"]')
    assert page.frame["challenges"][0]["passed"] and page.text(".badge") == "0 of 8"


def test_plots_fill_the_presenters_stage_whatever_heights_the_server_sets(reader):
    page = reader("unrolled?present=true")
    lowest = "Math.max(...[...document.querySelectorAll('.strip')].map(strip => strip.getBoundingClientRect().bottom))"
    heights = "unrolled.strips.all.map(strip => unrolled.strips.plot(strip.name).height)"
    seen, ends = [], []
    for n_units in (2, 1, 2):
        page.page.evaluate("n_units => unrolled.ask('set', {values: {n_units}})", n_units)
        page.settle()
        seen.append(page.page.evaluate(heights))
        ends.append(page.page.evaluate(lowest))
    assert seen[0] == seen[2] != seen[1] and ends == pytest.approx([ends[0]] * 3, abs=10)


def test_a_pinned_trace_stays_in_sight_and_unpinned_gives_the_plot_its_range_back(reader):
    limits = "(range => [range.start, range.end])(unrolled.strips.plot('c').y_range)"
    page = reader("gated_cec?preset=exercise-e12-7")
    own = page.page.evaluate(limits)
    page.page.locator("#preset").select_option("exploding")
    page.settle()
    largest = max(page.columns()["c"])
    assert largest > own[1]
    page.click("[data-act=pin]")
    page.page.locator("#keep-pins").check()
    page.page.locator("#preset").select_option("exercise-e12-7")
    page.settle()
    assert page.page.evaluate(limits)[1] >= largest
    page.click("[data-unpin=A]")
    assert page.page.evaluate(limits) == own


def test_pictures_do_not_hold_up_a_hand_that_moves_fast(reader):
    """While a newer request is on its way an answer waits; drawn together, nothing of either is lost."""
    shown = reader("gamma").page.evaluate(
        """() => {
          const page = unrolled, {answered} = page.frame, nothing = {columns: {}, properties: {}, tables: {}}
          const seen = () => [page.frame.sentence, page.frame.values.alpha, page.frame.values.taps]
          const before = seen()
          page.drawn = performance.now() + 1e6  // just now, however slow this machine is
          page.busy = true
          page.sent += 2
          page.show({answered: answered + 1, sentence: "first", values: {alpha: 0.25}, ...nothing})
          const held = seen()
          page.show({answered: answered + 2, values: {taps: 3}, ...nothing})
          return {before, held, after: seen(), left: page.held}
        }"""
    )
    assert shown["held"] == shown["before"]
    assert shown["after"] == ["first", 0.25, 3] and shown["left"] is None
