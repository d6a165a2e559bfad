"""The parity page's model and view, without a browser."""

import json
import re
from html import unescape

import numpy as np
import pytest
from bokeh.document import Document

from app.shell import address, export, lessons, tasks
from app.shell.page import Page
from lessons.parity.model import EXACT, STEEPNESSES, Parity
from lessons.parity.view import ParityView
from tests import naive

LESSON = lessons.load("parity")
PRESETS = {preset.name: preset.values for preset in LESSON.presets}


def model_with(**values) -> Parity:
    model = Parity()
    model.param.update(**address.values_from(model, values))
    return model


def page_with(**query: str) -> Page:
    return Page(Parity(), ParityView, Document(), query)


def readable(html: str) -> str:
    """The text of the numbers, as a reader would copy it onto paper."""
    return unescape(re.sub(r"<[^>]+>", "", html)).replace("−", "-").replace("\u2003", " ")


@pytest.mark.parametrize("name", PRESETS)
def test_preset_applies_and_draws(name):
    page = page_with(preset=name)
    frame = page.frame()
    assert page.notices == [] and frame["notices"] == [] and frame["preset"] == name
    for key, written in PRESETS[name].items():
        assert address.text(page.model.param[key], getattr(page.model, key)) == str(written).removesuffix(".0")
    columns = page.view.stack.source.data
    assert {len(column) for column in columns.values()} == {page.model.n_steps}
    assert set(columns) >= {strip.name for strip in page.view.stack.strips}


def test_preset_notes_are_true():
    def first(name):
        model = Parity()
        address.apply_preset(model, PRESETS, name)
        return model, model.first_error

    assert [first(name)[1] for name in PRESETS] == [0, 0, 0, 0, 9, 0]
    model, _ = first("perturbed")
    for seed in range(300):
        model.seed = seed
        assert model.first_error == 0
    assert first("all-ones")[0].result["y"].tolist() == [1, 0] * 10


@pytest.mark.parametrize("number", range(3))
def test_challenge_fails_at_the_start_and_passes_with_its_solution(number):
    challenge = LESSON.challenges[number]
    for values in [{}, *PRESETS.values()]:
        passed, reason = getattr(model_with(**values), challenge.check)()
        assert not passed and reason
    solved = model_with(**challenge.solution)
    assert getattr(solved, challenge.check)().passed
    others = [other.check for other in LESSON.challenges if other.check != challenge.check]
    assert not any(getattr(solved, check)().passed for check in others)


@pytest.mark.parametrize(
    ("check", "spoiled"),
    [
        ("breaks_with_small_perturbation", {"perturbation": 0.3}),
        ("breaks_with_small_perturbation", {"U1": 0.95}),
        ("breaks_with_small_perturbation", {"bits": "0000000000"}),
        ("leaks_but_right", {"steepness": 3}),
        ("leaks_but_right", {"steepness": 20}),
        ("leaks_but_right", {"bits": "1" + "0" * 49}),
        ("leaks_but_right", {"n_steps": 49}),
        ("computes_even_parity", {"V1": 1}),
        ("computes_even_parity", {"bits": "0" * 22}),
        ("computes_even_parity", {"activation": "logistic"}),
    ],
)
def test_a_challenge_asks_for_each_of_its_conditions(check, spoiled):
    solution = next(challenge.solution for challenge in LESSON.challenges if challenge.check == check)
    assert not getattr(model_with(**(dict(solution) | spoiled)), check)().passed


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"activation": "logistic", "steepness": 4.5},
        {"perturbation": 0.37, "seed": 5},
        {"activation": "logistic", "perturbation": 0.2, "W12": -0.55, "random_bits": True, "n_steps": 33},
    ],
)
def test_script_computes_the_table(values):
    model = model_with(**values)
    scope = {}
    exec(model.script(), scope)
    table = model.table()
    assert list(scope["table"]) == list(table)
    for name, column in table.items():
        np.testing.assert_array_equal(scope["table"][name], column, err_msg=name)
    header = export.csv(model).splitlines()[0].split(",")
    assert header[:6] == ["t", "x", "h1", "h2", "y", "xor"]


def test_table_against_the_literal_loop():
    model = model_with(bits="1011000010100001111000")
    assert model.table()["y"].tolist() == model.table()["xor"].tolist() == naive.parity(model.sequence("bits"))


def test_random_bits_follow_the_seed_and_give_way_to_the_hand():
    model = model_with(bits="0000", random_bits=True, n_steps=40, seed=3)
    shown = model.sequence("bits")
    assert 5 < shown.sum() < 35
    assert not np.array_equal(shown, model_with(random_bits=True, n_steps=40, seed=4).sequence("bits"))
    model.n_steps = 60
    assert np.array_equal(model.sequence("bits")[:40], shown)
    model.n_steps = 40
    page = Page(model, ParityView, Document())
    model.param.update(random_bits=True, n_steps=40)
    page.edit("bits", {2: 1 - shown[1]})
    assert not model.random_bits
    assert np.flatnonzero(model.sequence("bits") != shown).tolist() == [1]


def test_pasted_bits_end_the_chance_and_an_address_brings_it_back():
    model = model_with(random_bits=True, n_steps=12, seed=7)
    written = address.query(model, PRESETS)
    again = Parity()
    assert address.restore(again, PRESETS, dict(part.split("=") for part in written.split("&"))) == []
    assert again.random_bits
    assert np.array_equal(again.result["x"], model.result["x"])
    model.bits = (1.0, 0.0)
    assert not model.random_bits
    assert model.sequence("bits")[:2].tolist() == [1, 0]


def test_reset_keeps_the_seed():
    page = page_with(seed="77", perturbation="0.5")
    page.reset()
    assert (page.model.seed, page.model.perturbation) == (77, 0)


def test_exact_button_brings_the_printed_weights_back():
    page = page_with(U1="2", b_out="0.3", perturbation="0.4")
    ((values, _),) = ParityView.buttons
    page.set(json.loads(values))
    # Eq. 12.36, typed from the book: U, W, b, V, b_out
    U, W, b, V, b_out = page.model.weights()
    assert [*U, *W.ravel(), *b, *V, b_out] == [1, 1, 1, -1, 1, -1, -0.5, -1.5, 1, -1, -0.5]


def value_of(text: str) -> float:
    """A sum of products as printed, such as 1·0 + (-0.5)."""
    assert re.fullmatch(r"[\d\s.+\-·()]+", text), text
    return eval(text.replace("·", "*"))


@pytest.mark.parametrize(
    ("query", "digits"),
    [
        ({}, 12),
        ({"preset": "perturbed"}, 3),
        ({"preset": "logistic-leak"}, 3),
        ({"preset": "perturbed", "activation": "logistic"}, 3),
    ],
)
@pytest.mark.parametrize("t", [1, 2, 4, 9])
def test_numbers_add_up(query, digits, t):
    page = page_with(**query, cursor=str(t))
    blocks = [readable(" ".join(block.lines)) for block in page.view.numbers(t)[:3]]
    for block in blocks:
        products, net, switch, out = re.search(r"= ([^=]*·[^=]*) = (\S+) .*? = (.+?) = (\S+)$", block).groups()
        assert value_of(products) == pytest.approx(float(net), abs=10.0**-digits)
        if "hardlim" in switch:
            assert switch == f"hardlim({net})" and float(out) == (float(net) >= 0)
        else:
            steepness = page.model.steepness
            assert float(out) == pytest.approx(1 / (1 + np.exp(-steepness * float(net))), rel=2e-3)


def test_slopes_are_the_derivative_of_the_logistic():
    page = page_with(preset="logistic-leak", cursor="2")
    lines = page.view.numbers(2)[-1].lines[1:]
    for line, name in zip(lines, ("a1", "a2"), strict=False):
        a, s, step = page.model.result[name][1], page.model.steepness, 1e-6
        slope = (1 / (1 + np.exp(-s * (a + step))) - 1 / (1 + np.exp(-s * (a - step)))) / (2 * step)
        assert float(readable(line).rsplit("= ", 1)[1]) == pytest.approx(slope, rel=5e-3)


def test_worked_example_quotes_the_page():
    for step in LESSON.example:
        page = page_with(preset=step.preset, cursor=str(step.cursor))
        text = readable("".join(block.html() for block in page.view.numbers(step.cursor)))
        for quoted in re.findall(r"a_[12](?:\(\d+\))? = [^$]*?(-?[\d.]+)\$", step.text):
            assert f"= {quoted}" in text or f"= {float(quoted):.3f}" in text or quoted[:4] in text, quoted


def test_sentence_follows_the_state():
    assert (
        page_with(preset="book-demo", cursor="4").frame()["sentence"]
        == "2 ones so far at t = 4: even. All 10 outputs are right."
    )
    assert page_with(preset="book-demo", cursor="3").frame()["sentence"].startswith("1 one so far at t = 3: odd.")
    leaking = page_with(preset="logistic-leak").frame()["sentence"]
    assert "first goes wrong at t = 9" in leaking and "h₁ − h₂ is 0.493" in leaking
    assert "holds" in page_with(preset="logistic-leak", steepness="6").frame()["sentence"]
    even = page_with(preset="lab-sequence", V1="-1", V2="1", b_out="0.5").frame()["sentence"]
    assert "opposite" in even


def test_explanation_states_the_parity_and_the_sum():
    model = model_with(bits="0011011000")
    text = model.explain("y", 3)
    assert "1 one " in text and "odd" in text and "y(3) = 1" in text
    readout = re.search(r"net input is (.*) = (\S+), so", text.replace("−", "-"))
    assert value_of(readout[1]) == float(readout[2]) == 0.5


def test_answer_is_blank_while_it_is_predicted():
    page = page_with()
    page.predict()
    page.view.refresh()
    frame, data = page.frame(), page.view.stack.source.data
    for column in ("h1", "h2", "y", "xor", "missed"):
        assert np.isnan(data[column]).all()
    assert not np.isnan(data["x"]).any()
    for t in range(1, page.model.n_steps + 1):
        live = page.view.live_shown(t)
        assert not any(live["on"].values()) and live["text"]["ones"] == ""
        assert {live["text"][f"{name}.value"] for name in ("h1", "h2", "y")} == {"?"}
        assert set(live["level"]) == {"x"}
    assert (frame["sentence"], frame["numbers"]) == ("", "")
    assert set(frame["hidden"]) == {"gradient", "leak"}
    page.reveal(naive.parity(page.model.sequence("bits")))
    assert page.score["right"] == page.model.n_steps == 22


def test_prediction_drawn_roughly_counts_and_a_wrong_step_is_named():
    task, model = LESSON.predict, model_with(**PRESETS[LESSON.predict.preset])
    truth = model.table()[task.signal]
    rough = np.abs(truth - 0.3)
    assert tasks.score_prediction(model, task.signal, task.tolerance, rough.tolist())["right"] == 22
    rough[4] = 1 - rough[4]
    score = tasks.score_prediction(model, task.signal, task.tolerance, rough.tolist())
    assert (score["right"], score["step"]) == (21, 5)


def test_automaton_takes_the_arrow_of_the_bit():
    view = page_with(preset="book-demo").view
    lit = [{name for name, on in view.live(t)["on"].items() if on} for t in range(1, 6)]
    assert lit == [{"even", "even 0"}, {"even", "even 0"}, {"odd", "even 1"}, {"even", "odd 1"}, {"even", "even 0"}]


def test_automaton_shows_no_arrow_where_the_memory_fails():
    page = page_with(preset="logistic-leak", cursor="9")
    on = page.view.live(9)["on"]
    assert on["even"] and on["wrong"] and not any(on[f"{state} {bit}"] for state in ("even", "odd") for bit in (0, 1))
    # U = 0 leaves h at (0, 1): h1 - h2 is -1, which is neither state
    strange = page_with(preset="book-demo", U1="0", b2="5").view.live(3)["on"]
    assert not strange["even"] and not strange["odd"]


def test_gradient_card():
    hard = page_with(preset="lab-sequence")
    data = hard.view.stack.source.data
    assert not data["factor"].any()
    assert np.flatnonzero(np.isfinite(data["zero"])).tolist() == list(range(21))
    soft = page_with(preset="logistic-leak", steepness="10")
    data = soft.view.stack.source.data
    assert np.isnan(data["zero"]).all()
    # the quiz's rounded numbers: 0.018 for each further step once the state has settled, 1e-87 over 50 of them
    assert 10 ** (data["log10_product"][60] - data["log10_product"][61]) == pytest.approx(0.018, rel=0.03)
    assert data["log10_product"][49] == pytest.approx(-87, abs=0.6)


def test_sweep_agrees_with_single_runs_and_shows_where_the_memory_leaks():
    model = model_with(**PRESETS["logistic-leak"])
    worst = model.sweep()
    for k in (0, 12, 20, worst.size - 1):
        model.steepness = float(STEEPNESSES[k])
        assert worst[k] == pytest.approx(model.result["leak"].max(), abs=1e-12)
    assert model.sweep() is worst, "the steepness itself must not cost a new sweep"
    view = page_with(preset="logistic-leak").view
    assert view.here.data["s"] == [np.log10(4)] and view.here.data["leak"][0] > 0.5
    assert not page_with(preset="one-then-zeros").view.here.data["s"], "hard switches have no steepness"
    below, above = STEEPNESSES < 4.5, STEEPNESSES > 5
    assert (worst[below] > 0.5).all() and (worst[above] < 0.3).all()


@pytest.mark.parametrize(
    "values",
    [
        {"n_steps": 1},
        {"n_steps": 200, "random_bits": True},
        {"activation": "logistic", "steepness": 50, "n_steps": 200},
        {"activation": "logistic", "steepness": 0.5, "n_steps": 200},
        {"perturbation": 1, "seed": 9999},
        {"activation": "logistic", "W11": 0, "W12": 0, "W21": 0, "W22": 0},
        dict.fromkeys(EXACT, 5) | {"activation": "logistic", "steepness": 50},
        dict.fromkeys(EXACT, -5) | {"activation": "logistic", "steepness": 50},
    ],
)
def test_extreme_settings_draw_finite_plots(values):
    page = page_with(**{name: str(value) for name, value in values.items()})
    assert page.notices == []
    frame, data = page.frame(), page.view.stack.source.data
    assert frame["notices"] == [] and "not a number" not in frame["numbers"] and "nan" not in frame["sentence"]
    for column in ("x", "h1", "h2", "y", "xor", "factor"):
        assert np.isfinite(data[column]).all()
    # at each step the product has a point or a triangle
    assert (np.isfinite(data["log10_product"]) ^ np.isfinite(data["zero"])).all()
    for strip in (strip for card in page.view.cards for strip in card.strips):
        assert np.isfinite([strip.plot.y_range.start, strip.plot.y_range.end]).all()


@pytest.mark.parametrize(
    "values",
    [{"steepness": 4}, {"steepness": 10}, {"steepness": 5, "perturbation": 0.3}, {"steepness": 3, "W12": 1, "W21": -1}],
)
def test_the_larger_eigenvalue_is_that_of_the_jacobian(values):
    model = model_with(bits="1" + "0" * 39, activation="logistic", **values)
    for t in (1, 2, 40):
        h = np.array([model.result["h1"][t - 1], model.result["h2"][t - 1]])
        jacobian = np.diag(model.steepness * h * (1 - h)) @ model.weights().W
        assert model.largest_eigenvalue(t) == pytest.approx(np.abs(np.linalg.eigvals(jacobian)).max(), rel=1e-9)


def test_the_eigenvalue_is_what_a_settled_step_leaves_of_the_product():
    for steepness in (5, 10, 50):
        model = model_with(bits="1" + "0" * 99, activation="logistic", steepness=steepness)
        product = model.result["log10_product"]
        assert model.largest_eigenvalue(90) == pytest.approx(10 ** (product[80] - product[81]), rel=1e-4)


def test_both_kinds_of_switches_write_the_same_columns():
    hard, soft = model_with(), model_with(activation="logistic")
    assert list(hard.table()) == list(soft.table())
    names = {}
    exec(hard.script(), names)
    for column, values in hard.table().items():
        np.testing.assert_array_equal(np.asarray(names["table"][column], dtype=float), values, err_msg=column)


def test_the_steepness_is_idle_for_hard_switches():
    assert page_with().view.idle_controls() == {"steepness"}
    assert page_with(activation="logistic").view.idle_controls() == set()
