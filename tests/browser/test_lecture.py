"""A lecture through three lessons, by a clicker and a presenter's keys alone."""

from urllib.parse import urlsplit

from app.shell import lessons
from tests.browser.driver import READY

CURSOR = "unrolled.p"
PRESENTS = "document.documentElement.dataset.present === 'true'"


def leads_to(page, key: str, stem: str) -> None:
    """A key opens another lesson, and presenter mode stays."""
    with page.page.expect_navigation():
        page.page.keyboard.press(key)
    page.page.wait_for_function(READY)
    page.settle()
    assert urlsplit(page.page.url).path == f"/{stem}" and page.page.evaluate(PRESENTS)


def test_a_lecture_through_three_lessons_without_looking_down(reader):
    page = reader("parity?present=1")
    # A clicker's button for the start of a show must not load the page anew.
    page.page.evaluate("document.documentElement.requestFullscreen = async () => { window.full = true }")
    page.press("F5")
    assert page.page.evaluate("window.full") and page.page.evaluate(PRESENTS)
    page.press("Home", *["PageDown"] * 4, "PageUp")
    assert page.page.evaluate(CURSOR) == 4
    the_screen_is_black_until_the_next_key(page)
    a_preset_is_chosen_and_undone(page)
    the_class_predicts(page)
    leads_to(page, "]", "gated_cec")
    the_whole_is_played(page)
    page.press("c", "ArrowUp")
    assert page.page.locator("[data-pin=A]").is_visible()
    leads_to(page, ">", lessons.stems()[2])
    page.press("End", "PageUp", "Escape")
    assert page.page.evaluate("unrolled.frame.positions - unrolled.p") == 1
    leads_to(page, "[", "gated_cec")
    page.page.go_back()  # as it was left
    page.page.wait_for_function(READY)
    assert page.page.evaluate(PRESENTS)


def the_screen_is_black_until_the_next_key(page) -> None:
    page.press(".")
    assert page.page.locator(".black").is_visible()
    page.press("PageDown")
    assert not page.page.locator(".black").is_visible() and page.page.evaluate(CURSOR) == 4


def a_preset_is_chosen_and_undone(page) -> None:
    before = page.frame["query"]
    page.press("+")
    assert page.frame["preset"] == "lab-sequence"
    page.press("z")
    assert page.frame["query"] == before
    page.press("+", "+")
    assert page.frame["preset"] == "all-ones", "however fast the keys come"
    page.press("z", "z")
    assert page.frame["query"] == before


def the_class_predicts(page) -> None:
    before = page.frame["query"]
    page.press("g")
    assert page.frame["predicting"] and page.page.locator("[data-task=predict]").is_visible()
    page.press("ArrowUp", "PageDown", "ArrowUp", "v")
    page.press("PageDown", "PageDown")
    assert page.frame["revealed"] == 3, "a clicker shows the next step while the room calls it"
    page.press("PageUp", "v")
    assert not page.frame["predicting"] and page.frame["score"]["total"] > 2
    while page.frame["query"] != before:
        page.press("z")


def the_whole_is_played(page) -> None:
    page.page.evaluate("document.querySelector('#speed').value = 'whole'")
    page.press("Home")
    page.page.keyboard.press("Space")
    page.page.wait_for_function("!unrolled.player.on", timeout=30_000)
    assert page.page.evaluate("unrolled.p === unrolled.frame.positions")


def test_presenter_mode_from_the_index_to_a_lesson_and_on_to_another(reader):
    page = reader("parity")
    for written in ("present", "present=1", "present=true"):
        page.page.goto(f"{page.url}/?{written}")
        links = page.page.locator("ol a").evaluate_all("all => all.map(link => link.search)")
        assert set(links) == {"?present=true"}, written
    page.page.locator("ol a[href*=gamma]").click()
    page.page.wait_for_function(READY)
    assert page.page.evaluate(PRESENTS)
    page.page.locator("#tab-lesson").click()
    link = page.page.locator("#lesson a[href=esn]").first
    link.click()
    page.page.wait_for_url("**/esn?present=true*")
    page.page.wait_for_function(READY)
    page.page.keyboard.press("p")
    page.page.locator("a[rel=prev]").first.click()
    page.page.wait_for_url("**/lstm*")
    page.page.wait_for_function(READY)
    assert not page.page.evaluate(PRESENTS), "it ends where it was ended"
