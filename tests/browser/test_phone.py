"""The phone and the first visit: where one lands, what is in reach, and ten tasks of a student done with one finger."""

import itertools

import pytest

from app.shell import lessons
from app.shell.assets import page_stems
from tests.browser.driver import Reader

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
PHONE = {"width": 390, "height": 844}
SCREEN = PHONE["height"]

each_page = pytest.mark.parametrize("stem", STEMS)

# What header, bar, sheet and player leave of the screen; in the sheet itself its own box.
REACH = """element => {
  const box = element.getBoundingClientRect(), inside = element.getRootNode().host ?? element
  const sheet = inside.closest(".drawer, [data-floating], dialog")
  if (inside.closest(".top-row, .tabs, [data-at=numbers] .player-row")) return 0
  const boxes = selector => [...document.querySelectorAll(selector)].map(e => e.getBoundingClientRect())
  const over = boxes(".tabs, [data-drawer] .drawer, [data-floating], [data-at=numbers] .player-row").map(box => box.top)
  const between = {top: boxes(".top-row")[0].bottom, bottom: Math.min(...over)}
  const room = sheet ? sheet.getBoundingClientRect() : between
  const by = Math.max(0, box.bottom + 4 - room.bottom) || Math.min(0, box.top - 4 - room.top)
  if (sheet) sheet.scrollTop += by
  else scrollBy(0, by)
  return Math.abs(by)
}"""
# Is the middle of the element what a finger would touch there?
ON_TOP = """element => {
  const box = element.getBoundingClientRect()
  let found = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  while (found?.shadowRoot?.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)) {
    const within = found.shadowRoot.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
    if (within === found) break
    found = within
  }
  return element.contains(found) || Boolean(found?.contains(element) && found !== document.body)
}"""
# How many pixels of a card of plots can be seen between the header and what lies over the foot of the screen.
PLOTS_IN_SIGHT = """() => {
  const boxes = selector => [...document.querySelectorAll(selector)].map(e => e.getBoundingClientRect())
  const top = boxes(".top-row")[0].bottom
  const bottom = Math.min(...boxes(".tabs, [data-drawer] .drawer, [data-floating]").map(box => box.top))
  const seen = boxes(".stage > .plots:not([hidden])").map(box => Math.min(box.bottom, bottom) - Math.max(box.top, top))
  return Math.max(...seen)
}"""


class Hand:
    """One finger on a phone. It scrolls only as far as it must, and the way is counted."""

    def __init__(self, page: Reader):
        self.reader, self.page = page, page.page
        self.touches = self.page.context.new_cdp_session(self.page)
        self.way = 0.0

    def start(self) -> None:
        """As when the page has just been opened."""
        self.page.evaluate("""() => {
          document.querySelector(".finished[data-act=done]")?.click()
          if (document.documentElement.hasAttribute("data-drawer")) document.querySelector(".menu").click()
          unrolled.ask("preset", {name: "impulse"})
          document.querySelector("#tab-lesson").click()
          scrollTo(0, 0)
        }""")
        self.page.wait_for_timeout(250)  # the sheet slides
        self.reader.settle()
        self.way = 0.0

    def reach(self, selector: str):
        found = self.page.locator(selector).first
        self.way += found.evaluate(REACH)
        self.page.wait_for_timeout(60)
        assert found.evaluate(ON_TOP), f"{selector} is covered or out of sight"
        return found

    def tap(self, selector: str) -> None:
        box = self.reach(selector).bounding_box()
        self.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.wait_for_timeout(250)
        self.reader.settle()

    def drag(self, *places: tuple[float, float]) -> None:
        def send(kind, points):
            self.touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        for k, (x, y) in enumerate(places):
            send("touchMove" if k else "touchStart", [{"x": x, "y": y}])
            self.page.wait_for_timeout(16)
        send("touchEnd", [])
        self.reader.settle()

    def slide(self, control: str, value: float) -> None:
        """Drag a control's thumb to where its value is."""
        thumb = self.reach(f'[data-control="{control}"] .noUi-handle').bounding_box()
        track = self.page.locator(f'[data-control="{control}"] .noUi-base').bounding_box()
        low, high = self.page.evaluate(f"(m => [m.start, m.end])(unrolled.doc.get_model_by_name('control-{control}'))")
        x, y = thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2
        to = track["x"] + track["width"] * (value - low) / (high - low)
        self.drag((x, y), *[(x + (to - x) * share, y) for share in (0.3, 0.6, 0.9, 1, 1)])

    def tap_plot(self, plot: str, step: float, value: float) -> None:
        """Touch a plot where it is: what is out of sight can't be touched."""
        x, y = self.page.evaluate(
            """([name, x, y]) => {
              const view = Bokeh.index.find_one(unrolled.doc.get_model_by_name(name))
              const box = view.canvas_view.el.getBoundingClientRect()
              return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]
            }""",
            [plot, step, value],
        )
        hit = f"document.elementFromPoint({x}, {y})?.closest('[data-strip]')?.dataset.strip"
        assert self.page.evaluate(hit) == plot
        self.page.touchscreen.tap(x, y)
        self.reader.settle()

    @property
    def sheet(self) -> bool:
        """The settings are open, and the header is there."""
        top = self.page.locator(".top-row").bounding_box()["y"]
        return self.page.locator("#drawer").is_visible() and top == 0

    @property
    def plots(self) -> float:
        return self.page.evaluate(PLOTS_IN_SIGHT)


@pytest.fixture(scope="module")
def opened(server, browser):
    """One page on a phone for all ten tasks."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    yield Hand(Reader(context.new_page(), server).open("gamma"))
    context.close()


@pytest.fixture
def hand(opened):
    opened.start()
    yield opened
    assert not opened.reader.errors and not opened.reader.outside


def choose_a_preset_and_read_its_note(hand):
    hand.tap(".menu")
    hand.reach("#preset").select_option("alternating")
    hand.reader.settle()
    assert hand.reader.frame["preset"] == "alternating" and hand.sheet
    hand.reach('.stage .preset-note[data-preset="alternating"]')
    assert hand.plots > 150


def turn_a_setting_and_watch_the_plots(hand):
    hand.tap(".menu")
    before = hand.reader.columns()["a1"]
    hand.slide("alpha", 1.2)
    assert hand.reader.columns()["a1"] != before
    assert hand.sheet and hand.plots > 150


def draw_two_new_seeds(hand):
    hand.tap(".menu")
    hand.reach('[data-control="signal"] select').select_option("noise")
    hand.reader.settle()
    seen = [hand.reader.columns()["x"]]
    for _ in range(2):
        hand.tap("[data-act=seed]")
        assert hand.sheet and hand.plots > 150
        seen.append(hand.reader.columns()["x"])
    assert all(one != other for one, other in itertools.combinations(seen, 2))


def step_in_time_while_settings_are_open(hand):
    hand.tap(".menu")
    t = hand.reader.frame["t"]
    hand.tap("[data-act=forward]")
    assert hand.reader.frame["t"] == t + 1 and hand.sheet and hand.plots > 150


def set_an_input_on_the_plot_while_settings_are_open(hand):
    hand.tap(".menu")
    before = hand.reader.columns()
    hand.tap_plot("x", 12, 1)
    after = hand.reader.columns()
    assert [k + 1 for k in range(len(before["x"])) if before["x"][k] != after["x"][k]] == [12]
    assert after["a1"] != before["a1"] and hand.sheet


def read_the_numbers_and_step_on(hand):
    hand.tap("#tab-numbers")
    t = hand.reader.frame["t"]
    assert f"({t})" in hand.reach("#numbers .eq").inner_text()
    hand.tap("[data-act=forward]")
    assert f"({t + 1})" in hand.reach("#numbers .eq").inner_text()
    assert hand.page.locator("[data-act=play]:visible").count() == 1 and hand.way == 0


def pass_a_challenge_with_its_verdict_in_sight(hand):
    hand.tap("#tab-tasks")
    hand.tap(".menu")
    hand.slide("taps", 5)
    verdict = hand.page.locator("[data-task=challenge-0] .verdict")
    first = verdict.inner_text()
    hand.slide("alpha", 0.25)
    hand.reach("[data-task=challenge-0] .verdict")
    assert hand.reader.frame["challenges"][0]["passed"] and verdict.inner_text() != first and hand.sheet
    assert hand.page.locator("[data-task=challenge-0][data-done]").count() == 1


def answer_a_question_and_read_why(hand):
    hand.tap("#tab-tasks")
    answer = lessons.load("gamma").quiz[0].answer
    hand.tap(f'[data-task=quiz-0] label:has(input[value="{answer}"])')
    assert "Right" in hand.reach("[data-task=quiz-0] .reason:not([hidden])").inner_text()


def follow_the_worked_example(hand):
    hand.tap("#tab-lesson")
    hand.tap("#lesson [data-act=example]")
    for number in (1, 2):
        hand.tap("[data-example=next]")
        assert f"Step {number}" in hand.reach(".example-step:not([hidden]) .count").inner_text()
        assert hand.page.evaluate("document.querySelector('#diagram').getBoundingClientRect().top") >= 40
    hand.tap(".example [data-act=done]")


def predict_and_reveal(hand):
    hand.tap("#tab-tasks")
    hand.tap("[data-predict=start]")
    strip = hand.page.evaluate("unrolled.strips.all.find(strip => strip.predicts).name")
    before = hand.page.evaluate("unrolled.strips.guess")
    low, high = hand.page.evaluate(f"(r => [r.start, r.end])(unrolled.strips.plot('{strip}').y_range)")
    hand.tap_plot(strip, 6, low + 0.6 * (high - low))
    assert hand.page.evaluate("unrolled.strips.guess") != before
    hand.tap("[data-predict=reveal]")
    assert "steps right" in hand.reach("[data-task=predict] .verdict").inner_text()


TASKS = [
    choose_a_preset_and_read_its_note,
    turn_a_setting_and_watch_the_plots,
    draw_two_new_seeds,
    step_in_time_while_settings_are_open,
    set_an_input_on_the_plot_while_settings_are_open,
    read_the_numbers_and_step_on,
    pass_a_challenge_with_its_verdict_in_sight,
    answer_a_question_and_read_why,
    follow_the_worked_example,
    predict_and_reveal,
]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_a_student_on_the_phone_can(hand, task):
    task(hand)
    assert hand.way <= SCREEN, f"scrolled {hand.way:.0f} of at most {SCREEN} pixels"


def test_help_and_hints_speak_of_touch_where_there_is_touch(hand, reader):
    hand.tap("[data-act=help]")
    said = hand.page.locator("#help").inner_text()
    assert "tap" in said and "←" not in said and "click" not in said
    hand.page.locator("#help [data-act=close]").tap()
    assert "tap" in hand.page.locator("[data-strip=x] .hint").inner_text()
    page = reader("gamma")
    page.press("?")
    said = page.page.locator("#help").inner_text()
    assert "←" in said and "tap" not in said
    assert "click" in page.page.locator("[data-strip=x] .hint").inner_text()


def test_a_tab_begins_at_its_top_and_the_bar_leads_back_to_the_plots(hand):
    top = "document.querySelector('#{}').getBoundingClientRect().top"
    header = hand.page.locator(".top-row").bounding_box()["height"]
    for tab in ("lesson", "numbers", "tasks"):
        hand.tap(f"#tab-{tab}")
        hand.page.evaluate("scrollBy(0, 300)")
        hand.tap(f"#tab-{tab}")
        assert header - 1 <= hand.page.evaluate(top.format(tab)) <= header + 20
        assert hand.page.evaluate("document.documentElement.dataset.at") == tab
    hand.tap(".to-plots")
    assert header - 1 <= hand.page.evaluate(top.format("diagram")) <= header + 20
    assert hand.page.evaluate("document.documentElement.dataset.at") == "plots" and hand.plots > 100


SMALL = """() => {
  const found = [], walk = root => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot)
      if (!element.matches("button, a, select, input, textarea, summary, .noUi-handle")) continue
      if (element.closest(".skip")) continue
      if (element.matches("a") && element.closest("p, li, td, legend, label")) continue  // inside a text
      const {width, height} = element.getBoundingClientRect()
      const name = `${element.tagName} ${element.type ?? ""} ${element.className} ${element.textContent.slice(0, 20)}`
      if (width && height && (width < 39.5 || height < 39.5)) found.push(`${name}: ${width} x ${height}`)
    }
  }
  walk(document)
  return [...new Set(found)]
}"""


@each_page
def test_what_a_finger_touches_is_forty_pixels(reader, stem):
    page = reader(stem)
    page.page.set_viewport_size(PHONE)
    page.page.locator(".menu").click()
    found = []
    for tab in ("numbers", "tasks", "lesson"):
        page.open_tab(tab)
        found += page.page.evaluate(SMALL)
    page.page.locator(".menu").click()
    assert not found, "\n".join(sorted(set(found)))


@each_page
def test_the_question_comes_before_the_plots_and_the_lesson_beside_them(reader, stem):
    page, lesson = reader(stem), lessons.load(stem)
    assert page.page.locator("#lesson").is_visible() and not page.page.locator("#numbers").is_visible()
    assert lesson.question and page.text("#lesson .asks") == lesson.question
    assert not page.page.locator(".first-words").is_visible()
    page.page.set_viewport_size(PHONE)
    page.page.evaluate("scrollTo(0, 0)")
    opening, plots = page.page.locator(".first-words"), page.page.locator(".stage > .plots:visible").first
    assert lesson.question in opening.inner_text()
    box = opening.bounding_box()
    assert box["y"] + box["height"] < min(SCREEN, plots.bounding_box()["y"])
    first = "element => element.textContent.replace(/\\s+/g, ' ')"
    words = page.page.locator("#lesson > p:not(.asks)").first.evaluate(first)
    assert page.page.locator(".first-words p").first.evaluate(first) == words


FORMULAS = """() => [...document.querySelectorAll("div.math")].filter(box => box.offsetParent).flatMap(box => {
  const outer = box.getBoundingClientRect()
  const lines = [...box.children].map(e => e.firstElementChild.getBoundingClientRect())
  const cut = lines.filter(line => line.top < outer.top + 2 || line.bottom > outer.bottom - 2)
  const touching = lines.slice(1).filter((line, k) => line.top - lines[k].bottom < 5)
  const bad = cut.length || touching.length || box.scrollHeight > box.clientHeight
  return bad ? [box.getAttribute("aria-label")] : []
})"""
# Formulas inside a text: is the picture allowed beyond its box, which is rounded to whole pixels?
CLIPPED = (
    '[...document.querySelectorAll(".math > * > svg")].filter(e => getComputedStyle(e).overflow !== "visible").length'
)


@each_page
def test_formulas_are_neither_cut_nor_touching_on_the_phone(reader, stem):
    page = reader(stem)
    page.page.set_viewport_size(PHONE)
    page.open_tab("lesson")
    page.set_formulas()
    assert page.page.evaluate(FORMULAS) == []
    assert page.page.evaluate(CLIPPED) == 0


def test_a_wide_table_says_that_it_goes_on(reader):
    page = reader("unrolled")
    page.page.set_viewport_size(PHONE)
    page.page.wait_for_timeout(400)
    tables = """[...document.querySelectorAll(".live-table table")].filter(e => e.offsetParent)
      .map(e => [e.scrollLeft + e.clientWidth < e.scrollWidth - 1, e.hasAttribute("data-goes-on"),
                 getComputedStyle(e.closest(".live-table"), "::before").content.includes("goes on")])"""
    seen = page.page.evaluate(tables)
    assert seen and all(wide == fades for wide, fades, _ in seen)
    page.page.evaluate("""() => {
      const table = [...document.querySelectorAll(".live-table table")].find(e => e.offsetParent)
      table.style.width = "200px"  // as if the screen were narrower still
    }""")
    page.page.wait_for_timeout(400)
    page.press("ArrowRight")
    page.page.wait_for_timeout(400)
    assert page.page.evaluate(tables)[0] == [True, True, True]


def selected(page) -> str:
    return page.page.locator("[role=tab][aria-selected=true]").get_attribute("aria-controls")


def test_the_chosen_tab_is_kept_across_pages_and_reloads_and_stands_in_the_address_where_it_was_chosen(reader):
    page = reader("gamma")
    assert selected(page) == "lesson" and "tab" not in page.address()
    page.open_tab("numbers")
    page.page.wait_for_url("**tab=numbers**")
    page.open("parity")
    assert selected(page) == "numbers" and "tab" not in page.address()
    page.open("parity?tab=tasks")
    assert selected(page) == "tasks"
    page.open("parity")
    assert selected(page) == "numbers", "a tab that somebody else's address names is not kept"
    page.press("3")
    page.open("parity")
    assert selected(page) == "tasks"
    page.press("1")
    page.open("parity?present=true")
    assert selected(page) == "numbers" and not page.page.locator("#lesson").is_visible()
    assert not page.page.locator(".first-words").is_visible()
    page.press("3")
    page.open("parity")
    assert selected(page) == "lesson", "what is shown to an audience is no choice for oneself"


def test_blocked_storage_breaks_nothing(server, browser):
    context = browser.new_context(viewport=PHONE)
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})")
    page = Reader(context.new_page(), server).open("parity")
    assert selected(page) == "lesson"
    page.open_tab("numbers")
    page.click("[data-act=forward]")
    assert selected(page) == "numbers" and not page.errors
    context.close()


def test_the_sheet_leaves_the_plots_in_sight_from_anywhere(reader):
    page = reader("lstm")
    page.page.set_viewport_size(PHONE)
    for place in (0, 600, 99_999):
        page.page.evaluate(f"scrollTo(0, {place})")
        page.page.wait_for_timeout(100)
        page.page.locator(".menu").click()
        page.page.wait_for_timeout(300)
        sheet = page.page.locator("#drawer").bounding_box()
        assert sheet["y"] > 0.4 * SCREEN and page.page.locator(".top-row").bounding_box()["y"] == 0
        assert page.page.evaluate(PLOTS_IN_SIGHT) > 200, place
        page.page.locator(".menu").click()
        page.page.wait_for_timeout(250)
