"""What lesson 7 alone can do: scale a drawn network, compute a large one beside the page, build one, and sweep."""

import numpy as np

EIGENVALUES = "[...document.querySelectorAll('.diagram path')].map(path => path.getAttribute('d')).sort().at(-1)"
SCALE = "document.querySelector('[data-transform=eigenvalues], [data-transform=effective]').style.transform"


def ask(page, **values) -> None:
    page.page.evaluate("values => unrolled.ask('set', {values})", {name: str(value) for name, value in values.items()})


def test_dragging_rho_scales_what_was_drawn(reader):
    page = reader("esn?spectral_radius=0.5&n_steps=60")
    before, scale, columns = page.page.evaluate(EIGENVALUES), page.page.evaluate(SCALE), page.columns()
    page.drag_slider("spectral_radius", 0.15)
    assert page.page.evaluate(EIGENVALUES) == before, "the same eigenvalues, not drawn anew"
    assert page.page.evaluate(SCALE) != scale
    after = page.columns()
    assert after["x"] == columns["x"] and after["h"] != columns["h"]


def test_a_large_reservoir_is_computed_beside_the_page(reader):
    page = reader("esn?n_steps=300&n_units=100")
    waits = page.page.locator(".waits")
    assert not waits.is_visible()
    ask(page, n_units=2000)
    waits.wait_for(state="visible", timeout=20_000)
    for n_units in (1900, 1800, 1700):  # overtaken before they are computed
        ask(page, n_units=n_units)
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("unrolled.frame.t === 2", timeout=20_000)
    waits.wait_for(state="hidden", timeout=60_000)
    page.settle()
    assert "1700" in page.address()
    again = reader("esn?n_steps=300&n_units=1700")
    again.page.wait_for_function("!unrolled.frame.waits", timeout=60_000)
    again.settle()
    np.testing.assert_equal(page.columns(), again.columns())


def known(values) -> int:
    """How many steps of a column have a number."""
    return sum(value is not None and value == value for value in values)


def test_the_recipe_is_built_step_by_step(reader):
    page = reader("esn?preset=recipe")
    shown = []
    for step in (1, 2, 3, 4):
        page.click(f"""[data-table=recipe] button[data-set='{{"recipe": {step}}}']""")
        shown.append({name: known(values) for name, values in page.columns().items() if known(values)})
    drawn, run, fitted, used = shown
    assert set(drawn) < set(run) < set(fitted) == set(used)
    assert "u1" in run and "y" not in run and fitted["y"] == used["y"] - 100 == 200


def test_a_sweep_runs_pauses_and_stops_under_the_hand(reader):
    page = reader("esn?preset=sweep&n_units=10&n_steps=100&n_seeds=2")
    page.page.locator("[data-do=start]").click()
    page.page.wait_for_function("document.querySelector('progress').value > 0", timeout=120_000)
    page.page.locator("[data-do=pause]").click(delay=500)
    page.settle()
    page.page.wait_for_timeout(600)  # the point that was under way is still counted
    share = page.page.locator("progress").get_attribute("value")
    page.page.wait_for_timeout(600)
    assert page.page.locator("progress").get_attribute("value") == share
    page.click("[data-do=stop]")
    assert page.page.evaluate("document.querySelector('progress').value") == 0
    assert page.page.locator("[data-do=start]").is_enabled()


def test_ten_thousand_units_come_after_a_while_whose_length_is_said(reader):
    page = reader("esn")
    page.page.locator("#preset").select_option("ten-thousand")
    page.page.wait_for_function("document.querySelector('.waits:not([hidden])')?.textContent.includes('about')")
    page.page.wait_for_function("!unrolled.frame.waits", timeout=120_000)
    page.settle()
    assert "N = 10,000 units, 100,000 connections" in page.text("[data-table=recipe]")
    assert "10000" in page.text('[data-control="n_units"] .bk-slider-title')
    page.page.locator('[data-control="topic"] select').select_option("memory")
    page.page.wait_for_function("!unrolled.frame.waits && unrolled.frame.notices.length", timeout=120_000)
    said = page.page.locator("main .notices p").all_inner_texts()
    assert any(notice.startswith("N = 10,000 is too much here, and 2,000 units are computed") for notice in said)
