"""Sliders that move by factors: the hand's way is logarithmic, all that is said and sent is plain."""

import itertools
import math

import pytest

SLIDERS = {
    "parity?activation=logistic": ("steepness", 0.5, 50),
    "gamma?preset=learn-alpha": ("learning_rate", 0.01, 5),
    "vanishing?topic=exploding": ("learning_rate", 0.001, 2),
}
PLACE = """name => {
  const box = selector => document.querySelector(`[data-control="${name}"]`).querySelector(selector)
  const root = document.querySelector(`[data-control="${name}"]`)
  const inside = node => node.shadowRoot ? [...node.shadowRoot.querySelectorAll("*")].flatMap(e => [e, ...inside(e)])
    : [...node.querySelectorAll("*")].flatMap(e => [e, ...(e.shadowRoot ? inside(e) : [])])
  const all = inside(root), handle = all.find(e => e.classList.contains("noUi-handle"))
  const base = all.find(e => e.classList.contains("noUi-base")).getBoundingClientRect()
  const knob = handle.getBoundingClientRect()
  return {share: (knob.left + knob.width / 2 - base.left) / base.width, says: handle.getAttribute("aria-valuetext"),
    title: all.find(e => e.classList.contains("bk-slider-value")).textContent}
}"""


def place(page, name):
    """Where the handle is, as a share of the way, and what is said there."""
    page.page.evaluate(
        "name => document.querySelector(`[data-control='${name}']`).closest('details')?.setAttribute('open', '')", name
    )
    return page.page.evaluate(PLACE, name)


def share(value, low, high):
    return math.log(value / low) / math.log(high / low)


def set_to(page, name, value):
    page.page.evaluate("([name, value]) => unrolled.ask('set', {values: {[name]: value}})", [name, value])
    page.settle()


@pytest.mark.parametrize("path", SLIDERS)
def test_the_handle_stands_where_the_logarithm_is(reader, path):
    page, (name, low, high) = reader(path), SLIDERS[path]
    middle = math.sqrt(low * high)
    for value in (low, float(f"{middle:.2g}"), high):
        set_to(page, name, value)
        assert page.frame["values"][name] == value
        assert page.page.evaluate(f"unrolled.doc.get_model_by_name('control-{name}').value") == value
        found = place(page, name)
        assert found["share"] == pytest.approx(share(value, low, high), abs=0.02)
        assert float(found["title"]) == pytest.approx(value, rel=0.02, abs=5e-5) and found["says"] == found["title"]


def test_a_drag_multiplies_and_keys_take_small_factors(reader):
    page = reader("parity?activation=logistic")
    set_to(page, "steepness", 1.0)
    page.drag_slider("steepness", 0.25)
    dragged = page.frame["values"]["steepness"]
    assert dragged == pytest.approx(100**0.25, rel=0.1)  # the whole way is a factor of 100
    assert f"steepness={dragged:g}" in page.frame["query"]
    set_to(page, "steepness", 10.0)
    page.page.locator('[data-control="steepness"] .noUi-handle').first.focus()
    seen = [10.0]
    for _ in range(3):
        page.press("ArrowRight")
        seen.append(page.frame["values"]["steepness"])
    factors = [later / now for now, later in itertools.pairwise(seen)]
    assert all(1.01 < factor < 1.06 for factor in factors), seen
    page.press("End")
    assert page.frame["values"]["steepness"] == 50
    page.press("Home")
    assert page.frame["values"]["steepness"] == 0.5
    assert page.frame["notices"] == []


def test_a_handle_follows_what_the_page_sets(reader):
    page = reader("parity?activation=logistic")
    set_to(page, "steepness", 2.0)
    set_to(page, "steepness", 40.0)
    assert place(page, "steepness")["share"] == pytest.approx(share(40, 0.5, 50), abs=0.02)
    page.page.evaluate("unrolled.ask('reset')")
    page.settle()
    reset = page.frame["values"]["steepness"]
    assert reset != 40
    assert place(page, "steepness")["share"] == pytest.approx(share(reset, 0.5, 50), abs=0.02)


def test_other_sliders_stay_as_they_were(reader):
    page = reader("gamma")
    set_to(page, "alpha", 0.5)
    assert place(page, "alpha")["share"] == pytest.approx(0.25, abs=0.02)
