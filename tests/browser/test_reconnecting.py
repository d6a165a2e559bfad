"""A reader never loses the page: the server dies under a dozen open pages, and they go on with their settings."""

import sys

import numpy as np
import pytest
from playwright.sync_api import BrowserContext

from app.shell import lessons
from app.shell.assets import page_stems
from tests.browser.conftest import free_port, start_server
from tests.browser.driver import Reader
from tests.browser.test_every_page import edited_and_downstream, finite, slider

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]


class Site:
    """A server that can be killed and started again at the same port."""

    context: BrowserContext

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.process = start_server([sys.executable, "-m", "app"], self.port)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def open(self, path: str) -> Reader:
        return Reader(self.context.new_page(), f"http://localhost:{self.port}").open(path)


@pytest.fixture
def site(browser):
    found = Site()
    found.context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield found
    found.context.close()
    found.kill()


def lost(page: Reader) -> None:
    page.page.wait_for_selector(".lost:visible", timeout=10_000)


def back(page: Reader) -> None:
    page.page.wait_for_function("document.querySelector('.lost').hidden", timeout=30_000)
    page.settle()


# Each of these opens pages and yields; then the server is dead, and it yields again; then the server is back.


def pages_go_on_by_themselves_with_their_settings(site: Site):
    pages = {stem: site.open(stem) for stem in STEMS}
    before = {}
    for number, (stem, page) in enumerate(pages.items()):
        page.page.locator("#preset").select_option(lessons.load(stem).presets[number % 3].name)
        page.settle()
        page.drag_slider(slider(stem), 0.05)
        page.press("ArrowRight")
        page.page.evaluate("window.sameDocument = true")
        before[stem] = (page.frame["query"], page.frame["position"], page.columns())
    yield
    for page in pages.values():
        lost(page)
    yield
    for stem, page in pages.items():
        query, position, columns = before[stem]
        back(page)
        assert page.page.evaluate("window.sameDocument"), "the page was not loaded anew"
        assert (page.frame["query"], page.frame["position"]) == (query, position), stem
        shown = page.columns()
        assert list(shown) == list(columns), stem
        for name in columns:  # the address writes numbers with 12 digits; a slider can leave noise beyond them
            np.testing.assert_allclose(finite(shown[name]), finite(columns[name]), rtol=1e-9, err_msg=f"{stem} {name}")
        sent = page.page.evaluate("unrolled.sent")
        page.press("ArrowLeft", "ArrowLeft")
        assert page.page.evaluate("unrolled.sent") > sent and page.frame["position"] != position
        assert not page.outside


def lesson_quiz_and_picture_stay_usable_and_what_was_asked_meanwhile_is_done(site: Site):
    page = site.open("gated_cec")
    edited, _ = edited_and_downstream("gated_cec")
    yield
    lost(page)
    page.open_tab("tasks")
    page.page.locator("[data-task=quiz-0] input").first.check()
    assert page.page.locator("[data-task=quiz-0] .reason:visible").count() == 1
    page.open_tab("lesson")
    assert page.page.locator("#lesson h2:visible").count() > 2
    step = 4
    value = 0.0 if page.columns()[edited][step - 1] > 0.5 else 1.0
    page.page.mouse.click(*page.point(edited, step, value))
    page.page.keyboard.press("d")
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"
    yield
    back(page)
    assert page.columns()[edited][step - 1] == value and page.frame["t"] == step


def a_prediction_that_was_being_drawn_goes_on(site: Site):
    page = site.open("gated_cec?w=0.9")
    page.open_tab("tasks")
    page.click('[data-predict="start"]')
    strip = page.page.evaluate("unrolled.strips.all.find(strip => strip.predicts).name")
    low, high = page.page.evaluate(f"(r => [r.start, r.end])(unrolled.strips.plot('{strip}').y_range)")
    page.drag_plot(strip, (1, low + 0.3 * (high - low)), (5, low + 0.7 * (high - low)))
    drawn = page.page.evaluate("unrolled.strips.guess")
    yield
    lost(page)
    yield
    back(page)
    assert page.frame["predicting"] and page.page.evaluate("unrolled.strips.guess") == drawn
    page.click('[data-predict="cancel"]')
    assert "w=0.9" in page.frame["query"], "the reader's own settings come back"


def an_answer_that_a_hall_was_shown_step_by_step_goes_on(site: Site):
    hall = site.open("gamma?alpha=0.4&present=true&pin=alpha%3D0.9")
    hall.open_tab("tasks")
    for button in ('[data-predict="start"]', '[data-predict="reveal"]', *[".called [data-reveal=next]"] * 2):
        hall.click(button)
    yield
    lost(hall)
    yield
    back(hall)
    assert hall.frame["revealed"] == 3 and hall.text(".called p").startswith("Step 3 of")
    hall.click("[data-predict=cancel]")
    assert "alpha=0.4" in hall.frame["query"] and hall.page.locator(".pins li").count() == 1


def another_version_of_the_page_is_loaded(site: Site):
    page = site.open("parity?cursor=7")
    page.page.evaluate("window.sameDocument = true; unrolled.data.build = 'of yesterday'")
    yield
    lost(page)
    yield
    page.page.wait_for_function(
        "!window.sameDocument && window.unrolled && !document.documentElement.dataset.loading", timeout=30_000
    )
    page.settle()
    assert page.frame["position"] == 7


READERS = (
    pages_go_on_by_themselves_with_their_settings,
    lesson_quiz_and_picture_stay_usable_and_what_was_asked_meanwhile_is_done,
    a_prediction_that_was_being_drawn_goes_on,
    an_answer_that_a_hall_was_shown_step_by_step_goes_on,
    another_version_of_the_page_is_loaded,
)


def test_every_reader_of_a_server_that_dies_and_comes_back_goes_on(site):
    """All at once: to start a server takes as long as ten pages."""
    readers = [reader(site) for reader in READERS]
    for happens in (lambda: None, site.kill, site.start):
        happens()
        for reader in readers:
            next(reader, None)
