"""For readers who do not see the plots or hold no mouse: axe finds nothing serious, and keys do what a drag does."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.shell import lessons
from app.shell.assets import page_stems
from app.shell.room import room
from tests.browser.driver import Reader

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
AXE = Axe().axe_script  # ships with the package: nothing is fetched
RUN = """async ([within, rules]) => {
  const found = await axe.run(within ?? document, {resultTypes: ["violations"], ...(rules && {runOnly: rules})})
  return found.violations.filter(({impact}) => ["serious", "critical"].includes(impact))
    .flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target.flat()}: ${failureSummary}`))
}"""
# All that the page keeps folded away, at once: one run instead of one for each tab, hint and answer.
UNFOLD = """() => {
  for (const box of document.querySelectorAll("details")) box.open = true
  for (const box of document.querySelectorAll("[role=tabpanel], .reason, .example-step")) box.hidden = false
  for (const svg of document.querySelectorAll("mjx-container svg")) svg.replaceChildren() // thousands of strokes
}"""

# What has only just been unfolded takes the focus a tenth of a second later, if it scrolls (reach.js).
REACHED = """[...document.querySelectorAll(".eq, div.math")].every(
  box => !box.clientWidth || box.scrollWidth <= box.clientWidth + 1 || box.tabIndex === 0)"""

each_page = pytest.mark.parametrize("stem", STEMS)


def faults(page, within: str | dict | None = None, rules: list[str] | None = None) -> list[str]:
    """What axe finds serious or critical, in the shadow roots of Bokeh's widgets too."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    return page.evaluate(RUN, [within, rules])


def contrast(page) -> list[str]:
    return faults(page, rules=["color-contrast"])


@each_page
def test_axe_finds_nothing_serious_at_rest_in_the_dark_and_while_predicting(reader, stem):
    page = reader(f"{stem}?theme=light")
    page.open_tab("tasks")
    page.set_formulas()
    page.page.evaluate(UNFOLD)
    page.page.wait_for_function(REACHED, timeout=30_000)
    assert faults(page.page) == []
    page.press("d")
    assert contrast(page.page) == []
    page.click('[data-predict="start"]')
    assert faults(page.page, {"include": [[".diagram"], ["[data-asking]"], ["[data-task=predict]"]]}) == []


def test_axe_finds_nothing_serious_in_dialogs_drawer_and_presenter_mode(reader):
    page = reader("gated_cec?theme=light")
    for name in ("help", "share", "embed", "export"):
        page.page.locator(f"button[data-act={name}]:visible").click()
        assert faults(page.page, f"#{name}") == [], name
        page.page.keyboard.press("Escape")
    page.press("p")
    assert contrast(page.page) == []
    page.press("p")
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.locator(".menu").click()
    page.page.wait_for_timeout(300)  # it slides in
    assert faults(page.page) == []
    page.page.locator(".menu").evaluate("menu => menu.click()")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_index(server, browser, theme):
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    page.goto(server)
    assert faults(page) == []
    context.close()


# What is said


def said(page: Reader, start: str) -> str:
    """What a screen reader is told once the hand has rested; it begins with `start`."""
    page.page.wait_for_function("start => document.querySelector('#told').innerText.startsWith(start)", arg=start)
    return page.page.locator("#told").inner_text()


def test_the_values_at_the_cursor_are_said_in_words(reader):
    page = reader("gated_cec?preset=exercise-e12-7&cursor=4")
    page.press("ArrowRight")
    assert "Carousel c(5): 4." in said(page, "t = 5. Input x(5): 1. Input gate i(5): 0. ")
    page.page.locator('[data-strip="c"]').focus()
    page.press("ArrowRight")
    assert "Input gate" not in said(page, "t = 6. Carousel c(6): 4. "), "on a plot only its own value"
    page.page.locator('[data-strip="i"]').focus()
    page.press("ArrowUp")
    said(page, "t = 6. Input gate i(6): 1. ")


def test_playing_does_not_flood_a_screen_reader_and_its_end_is_said(reader):
    page = reader("gated_cec?cursor=1")
    page.page.evaluate(
        "() => { window.times = 0; new MutationObserver(() => times++)"
        ".observe(document.querySelector('#told'), {childList: true}) }"
    )
    page.page.locator("#speed").select_option("10")
    page.page.locator("[data-act=play]").click()
    last = page.frame["positions"]
    page.page.wait_for_function(f"unrolled.p === {last} && !unrolled.player.on", timeout=30_000)
    said(page, f"t = {last}. ")
    assert page.page.evaluate("times") <= 1 + (last - 1) / 3, "one word for a few steps together"
    live = "[...document.querySelectorAll('.stage output, .sentence')].map(part => part.ariaLive)"
    assert set(page.page.evaluate(live)) <= {"off", None}, "nothing else speaks at each step"


def test_the_reason_of_an_answer_is_said(reader):
    page = reader("parity")
    page.open_tab("tasks")
    page.page.locator("[data-task=quiz-0] input").first.check()
    assert page.page.locator("#told").inner_text() == page.text("[data-task=quiz-0] .reason:visible") != ""


# By keys alone


@each_page
def test_sequences_and_settings_have_a_keyboard_way(reader, stem):
    page = reader(stem)
    edited = [strip for strip in room(stem).view.stack.strips if strip.edits]
    shown = set(page.page.locator(".strip[data-edits]:visible").evaluate_all("all => all.map(e => e.dataset.strip)"))
    assert shown <= {strip.name for strip in edited} and shown
    for strip in edited:
        if strip.name in shown:
            changes_by_arrows(page, strip.name, strip.paints or strip.name)
    handle = page.page.locator("[data-control] .noUi-handle:visible").first
    name = handle.evaluate("handle => handle.getRootNode().host.closest('[data-control]').dataset.control")
    before = page.frame["values"][name]
    handle.focus()
    page.press("ArrowRight")
    if page.frame["values"][name] == before:  # it stood at its end
        page.press("ArrowLeft")
    assert page.frame["values"][name] != before


def changes_by_arrows(page: Reader, strip: str, column: str) -> None:
    """The cursor goes on by the plot's arrow keys, and up or down (one may be at its end) changes the value there."""
    page.press("Home")
    page.page.locator(f'[data-strip="{strip}"]').focus()
    page.press("ArrowRight")
    assert page.frame["t"] == 2
    last = page.frame["steps"]  # a target may count at the last step only
    page.page.evaluate("unrolled.moveCursor(unrolled.frame.steps)")
    page.settle()
    before = [repr(value) for value in page.columns()[column]]  # nothing is no number, and equal to nothing else
    page.press("ArrowUp")
    if [repr(value) for value in page.columns()[column]] == before:
        page.press("ArrowDown")
    after = [repr(value) for value in page.columns()[column]]
    assert [k + 1 for k, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [last], strip


@each_page
def test_a_prediction_is_drawn_and_revealed_by_keys(reader, stem):
    page = reader(stem)
    page.open_tab("tasks")
    page.page.locator('[data-predict="start"]').focus()
    page.press("Enter")
    page.page.locator("[data-asking]").focus()
    before = page.page.evaluate("[...unrolled.strips.guess]")
    page.press("Home", "ArrowRight", "ArrowUp")
    after = page.page.evaluate("[...unrolled.strips.guess]")
    assert [k + 1 for k, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [2]
    page.page.locator('[data-predict="reveal"]').focus()
    page.press("Enter")
    assert "steps right" in page.text("[data-task=predict] .verdict")


# Names


@each_page
def test_every_button_in_sight_has_a_name_of_its_own_and_every_radio_a_group(reader, stem):
    page = reader(stem)
    page.page.evaluate(UNFOLD)
    names = page.page.evaluate(
        """[...document.querySelectorAll(".stage button, .row button, .drawer button")]
        .filter(button => button.offsetParent).map(button => (button.ariaLabel ?? button.textContent).trim())"""
    )
    twice = {name for name in names if names.count(name) > 1} - {"Show one solution"}
    assert "" not in names and twice == set()
    groups = page.page.evaluate(
        """[...document.querySelectorAll("input[type=radio]")].map(radio => radio.closest("fieldset")
        ?.querySelector("legend").textContent ?? radio.closest("[role=radiogroup]")?.ariaLabel)"""
    )
    assert groups and all(groups)


def test_two_players_in_sight_have_different_names(reader):
    page = reader("gamma?preset=learn-alpha")
    shown = page.page.locator("button.primary:visible", has_text="▶").all_inner_texts()
    assert len(shown) == 2 and len(set(shown)) == 2
    page.page.locator("[data-play=play]").click()  # it plays on: the page does not come to rest
    page.click("[data-play=restart]")
    assert page.text("[data-play=play]") == "▶ Play the steps of descent"


def test_what_is_under_way_is_stopped_and_only_then_done(reader):
    page = reader("gated_cec")
    page.open_tab("tasks")
    buttons = "[data-task=predict] .row button:visible"
    page.click('[data-predict="start"]')
    assert page.page.locator(buttons).all_inner_texts() == ["Reveal", "Reveal step by step", "Stop without revealing"]
    page.click('[data-predict="reveal"]')
    assert "Done, back to my settings" in page.page.locator(buttons).all_inner_texts()
