"""Presenter mode: one screen that holds all, parts that fold, one that fills the stage, settings at hand."""

import pytest

from app.shell import lessons
from app.shell.assets import page_stems
from tests.browser.legible import faults

STEMS = [stem for stem in lessons.stems() if stem in page_stems()]
# The preset of a page that is hardest to fit.
CROWDED = {
    "parity": "learn",
    "gated_cec": "exercise-e12-6",
    "gamma": "long-memory",
    "delay_lines": "fig-12-5",
    "unrolled": "exercise-e12-5",
    "vanishing": "basins",
    "lstm": "latch",
    "esn": "mackey-glass",
    "narx": "close-the-loop",
}
# One whose words and numbers change much from step to step, where that is another.
WORDY = {
    "parity": "logistic-leak",
    "gated_cec": "exploding",
    "gamma": "alternating",
    "unrolled": "truncated",
    "vanishing": "one-strong-input",
    "lstm": "gradient-recall",
    "esn": "sine",
}
BOXES = """() => Object.fromEntries([...document.querySelectorAll(
    "#diagram, .player, .stage > .plots, [data-strip], .side, .below")]
  .filter(box => box.checkVisibility()).map(box => {
    const {left, top, width, height} = box.getBoundingClientRect()
    const name = box.dataset.strip ?? box.dataset.card ?? (box.id || box.className)
    return [name, [left, top, width, height].map(Math.round)]
  }))"""
CARDS = (
    "[...document.querySelectorAll('.stage > .plots')].filter(card => card.checkVisibility())"
    ".map(card => card.dataset.card)"
)

BEYOND = (
    "[document.documentElement, document.querySelector('#stage')]"
    ".flatMap(box => [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth])"
)


def choose(page, preset: str) -> None:
    page.page.evaluate("name => unrolled.ask('preset', {name})", preset)
    page.settle()


@pytest.mark.parametrize("stem", STEMS)
def test_all_is_in_sight_and_legible_on_one_screen(reader, stem):
    page = reader(f"{stem}?present=true")
    for preset in (lessons.load(stem).presets[0].name, CROWDED[stem]):
        choose(page, preset)
        for width, height in ((1280, 720), (1024, 768), (853, 533)):
            page.page.set_viewport_size({"width": width, "height": height})
            assert faults(page) == [], (preset, width, height)
            assert page.page.evaluate(BEYOND) == [0, 0, 0, 0]


def test_a_part_folds_to_a_button_and_the_address_says_what_is_not_as_it_comes(reader):
    page = reader("unrolled?present=true&preset=exercise-e12-5")
    assert "folded" not in page.address()
    cards = page.page.evaluate(CARDS)
    assert "" in cards and "weights" not in cards
    page.click(".folds button:text-is('Diagram')")
    assert not page.page.locator("#diagram").is_visible()
    page.click(".folds button:text-is('Weights and their gradients')")
    assert "weights" in page.page.evaluate(CARDS), "it takes the place of what does not fit any more"
    address = page.address()
    assert "folded=diagram,-weights" in address
    again = reader(address.split("/", 3)[3])
    assert "weights" in again.page.evaluate(CARDS) and not again.page.locator("#diagram").is_visible()
    before = page.page.evaluate(BOXES)["weights"][2]
    page.click(".folds button:text-is('Panel')")
    assert page.page.evaluate(BOXES)["weights"][2] > before + 300, "the stage gets the whole width"
    page.click(".folds button:text-is('Weights and their gradients')")
    page.click(".folds button:text-is('Diagram')")
    page.click(".folds button:text-is('Panel')")
    assert page.page.evaluate(CARDS) == cards and "folded" not in page.address()


def test_one_plot_fills_the_stage_and_goes_back(reader):
    page = reader("gated_cec?present=true&preset=exercise-e12-7")
    before, data = page.page.evaluate(BOXES), page.columns()
    page.page.locator('[data-strip="c"]').dblclick(position={"x": 300, "y": 20})
    page.settle()
    boxes = page.page.evaluate(BOXES)
    assert {"x", "i", "diagram"} & set(boxes) == set() and "player" in "".join(boxes)
    assert boxes["c"][3] > 0.55 * 800 and page.columns() == data and "solo=c" in page.address()
    again = reader(page.address().split("/", 3)[3])
    assert again.page.evaluate(BOXES)["c"] == boxes["c"]
    page.press("Escape")
    assert page.page.evaluate(BOXES) == before and "solo" not in page.address()
    page.page.locator('[data-strip="f"] .enlarge').click()
    page.settle()
    assert page.page.evaluate(BOXES)["f"][3] > 0.55 * 800 and page.columns() == data, "its corner edits nothing"
    page.press("o")
    assert page.page.evaluate(BOXES) == before
    page.page.locator("#diagram").dblclick()
    assert page.page.evaluate(BOXES)["diagram"][3] > 0.55 * 800
    page.press("o")
    assert page.page.evaluate(BOXES) == before


def test_settings_at_hand_stand_under_the_stage_and_go_back_to_the_drawer(reader):
    page = reader("gamma?preset=impulse")
    names = "[...document.querySelectorAll('.drawer [data-control]')].map(control => control.dataset.control)"
    inside = page.page.evaluate(names)
    page.press("p")
    at_hand = page.page.evaluate("[...document.querySelectorAll('.bar [data-control]')].map(e => e.dataset.control)")
    assert at_hand[:2] == ["alpha", "taps"] and not page.page.locator("#drawer").is_visible()
    assert page.page.locator(".bar #preset").is_visible()
    boxes, a1 = page.page.evaluate(BOXES), page.columns()["a1"]
    page.drag_slider("alpha", 0.2)
    assert page.columns()["a1"] != a1
    page.press("s")
    assert page.page.locator("#drawer").is_visible() and page.page.evaluate(BOXES) == boxes, "it lies over the stage"
    page.press("s")
    choose(page, "learn-alpha")
    page.press("p")
    assert page.page.evaluate(names) == inside


# Walks through up to 16 of the player's positions, the last included; tells which boxes are not where they were.
WALK = f"""async () => {{
  const page = unrolled, boxes = {BOXES}, jumps = {{}}
  const rest = () => new Promise(done => {{
    const asks = () => page.busy || page.waiting.length
    const look = () => asks() ? setTimeout(look, 5) : requestAnimationFrame(() => setTimeout(done))
    look()
  }})
  const at = async p => {{ page.moveTo(p); await rest(); return boxes() }}
  const before = await at(1), {{positions}} = page.frame, by = Math.ceil(positions / 15)
  for (let p = 1 + by; p < positions + by; p += by) {{
    const now = await at(Math.min(p, positions))
    for (const name of Object.keys({{...before, ...now}}))
      if (String(before[name]) !== String(now[name])) jumps[name] ??= [p, before[name], now[name]]
  }}
  return jumps
}}"""


@pytest.mark.parametrize("stem", STEMS)
def test_nothing_jumps_while_the_player_runs(reader, stem):
    page = reader(stem)
    choose(page, WORDY.get(stem, CROWDED[stem]))
    assert page.page.evaluate(WALK) == {}
    page.press("p")
    assert page.page.evaluate(WALK) == {}


def test_a_prediction_starts_where_its_plot_stands(reader):
    page = reader("gated_cec?tab=tasks")
    choose(page, lessons.load("gated_cec").predict.preset)
    page.open_tab("tasks")
    before = page.page.evaluate(BOXES)
    page.click('[data-predict="start"]')
    after = page.page.evaluate(BOXES)
    above = ("diagram", "x", "i", "f", "c")
    assert {name: after[name][:2] for name in above} == {name: before[name][:2] for name in above}


def test_a_phone_held_upright_keeps_its_column(reader):
    page = reader("gamma?present=true")
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.wait_for_timeout(200)
    assert page.page.evaluate("document.documentElement.scrollHeight") > 1500
    assert not page.page.locator(".below").is_visible()
    page.page.set_viewport_size({"width": 853, "height": 533})
    page.page.wait_for_timeout(200)
    assert page.page.evaluate("document.documentElement.scrollHeight") == 533


@pytest.mark.parametrize("stem", STEMS)
def test_no_latex_is_ever_seen(reader, stem):
    page = reader(stem, anew=True)
    raw = """[...document.querySelectorAll('.math')].filter(math => math.dataset.set === undefined
      && math.checkVisibility({visibilityProperty: true})).length"""
    assert page.page.evaluate(raw) == 0
