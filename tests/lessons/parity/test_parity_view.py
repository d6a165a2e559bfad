"""The parity page as a reader has it, without a browser."""

import json
import re

import numpy as np
import pytest

from app.shell import address
from lessons.parity.parameters import EXACT, STEEPNESSES
from lessons.parity.view import ParityView
from tests import naive
from tests.lessons.parity.parity_pages import LESSON, PRESETS, groups, model_with, page_with, readable, value_of


@pytest.mark.parametrize("name", PRESETS)
def test_preset_applies_and_draws(name):
    page = page_with(preset=name)
    assert page.frame["preset"] == name
    for key, written in PRESETS[name].items():
        assert address.text(page.model.param[key], getattr(page.model, key)) == str(written).removesuffix(".0").lower()
    columns = page.columns
    assert {len(column) for column in columns.values()} == {page.model.n_steps}
    assert set(columns) >= {strip.name for strip in page.view.stack.strips}


def test_random_bits_follow_the_seed_and_give_way_to_the_hand():
    model = model_with(bits="0000", random_bits=True, n_steps=40, seed=3)
    shown = model.sequence("bits")
    assert 5 < shown.sum() < 35
    assert not np.array_equal(shown, model_with(random_bits=True, n_steps=40, seed=4).sequence("bits"))
    model.n_steps = 60
    assert np.array_equal(model.sequence("bits")[:40], shown)
    page = page_with(bits="0000", random_bits="true", n_steps=40, seed=3)
    assert np.array_equal(page.columns["x"], shown)
    page.ask("edit", name="bits", steps={"2": 1 - shown[1]})
    assert not page.model.random_bits and not page.frame["values"]["random_bits"]
    assert np.flatnonzero(page.model.sequence("bits") != shown).tolist() == [1]
    assert np.flatnonzero(page.columns["x"] != shown).tolist() == [1]


def test_reset_keeps_the_seed():
    page = page_with(seed="77", perturbation="0.5")
    page.ask("reset")
    assert (page.model.seed, page.model.perturbation) == (77, 0)


def test_exact_button_brings_the_printed_weights_back():
    page = page_with(U1="2", b_out="0.3", perturbation="0.4")
    ((values, _),) = ParityView.buttons
    page.set(**json.loads(values))
    # Eq. 12.36, typed from the book: U, W, b, V, b_out
    U, W, b, V, b_out = page.model.weights()
    assert [*U, *W.ravel(), *b, *V, b_out] == [1, 1, 1, -1, 1, -1, -0.5, -1.5, 1, -1, -0.5]


@pytest.mark.parametrize(
    ("query", "digits"),
    [
        ({}, 12),
        ({"preset": "perturbed"}, 3),
        ({"preset": "logistic-leak"}, 3),
        ({"preset": "perturbed", "activation": "logistic"}, 3),
        ({"preset": "found"}, 3),
        ({"preset": "learn", "learned_steps": 5}, 3),
    ],
)
@pytest.mark.parametrize("t", [1, 2, 4, 9])
def test_numbers_add_up(query, digits, t):
    page = page_with(**query, cursor=str(t))
    blocks = [readable(" ".join(block.lines)) for block in page.view.numbers(page.model, t)[:3]]
    for block in blocks:
        products, net, switch, out = groups(r"= ([^=]*·[^=]*) = (\S+) .*? = (.+?) = (\S+)$", block)
        assert value_of(products) == pytest.approx(float(net), abs=10.0**-digits)
        if "hardlim" in switch:
            assert switch == f"hardlim({net})" and float(out) == (float(net) >= 0)
        else:
            steepness = page.model.steepness
            assert float(out) == pytest.approx(1 / (1 + np.exp(-steepness * float(net))), rel=2e-3)


def test_slopes_are_the_derivative_of_the_logistic():
    page = page_with(preset="logistic-leak", cursor="2")
    lines = page.view.numbers(page.model, 2)[-1].lines[1:3]
    for line, name in zip(lines, ("a1", "a2"), strict=True):
        a, s, step = page.model.result[name][1], page.model.steepness, 1e-6
        slope = (1 / (1 + np.exp(-s * (a + step))) - 1 / (1 + np.exp(-s * (a - step)))) / (2 * step)
        assert float(readable(line).rsplit("= ", 1)[1]) == pytest.approx(slope, rel=5e-3)


def test_worked_example_quotes_the_page():
    compared = 0
    for step in LESSON.example:
        page = page_with(preset=step.preset, cursor=str(step.cursor))
        units = [readable(" ".join(block.lines)) for block in page.view.numbers(page.model, page.model.at)[:2]]
        for unit, quoted in re.findall(r"a_([12])(?:\(\d+\))? = [^$]*?(-?[\d.]+)\$", step.text):
            net = groups(r"·[^=]* = (\S+) ", units[int(unit) - 1])[0]
            assert f"{float(net):.{len(quoted.partition('.')[2])}f}" == quoted, (step.cursor, unit)
            compared += 1
    assert compared == 11


def test_sentence_follows_the_state():
    assert (
        page_with(preset="book-demo", cursor="4").frame["sentence"]
        == "2 ones so far at t = 4: even. All 10 outputs are right."
    )
    assert page_with(preset="book-demo", cursor="3").frame["sentence"].startswith("1 one so far at t = 3: odd.")
    leaking = page_with(preset="logistic-leak").frame["sentence"]
    assert "first goes wrong at t = 9" in leaking and "h₁ − h₂ is 0.493" in leaking
    assert "holds" in page_with(preset="logistic-leak", steepness="6").frame["sentence"]
    even = page_with(preset="lab-sequence", V1="-1", V2="1", b_out="0.5").frame["sentence"]
    assert "opposite" in even


def test_answer_is_blank_while_it_is_predicted():
    page = page_with()
    page.ask("predict")
    for column in ("h1", "h2", "y", "xor", "missed"):
        assert np.isnan(page.columns[column]).all()
    assert not np.isnan(page.columns["x"]).any()
    for t in range(1, page.model.n_steps + 1):
        frame = page.ask("cursor", t=t)
        live = frame["live"]
        assert frame["t"] == t
        assert not any(live["on"].values()) and live["text"]["ones"] == ""
        assert {live["text"][f"{name}.value"] for name in ("h1", "h2", "y")} == {"?"}
        assert set(live["level"]) == {"x"}
        assert (frame["sentence"], frame["numbers"]) == ("", "")
        assert set(frame["hidden"]) == {"gradient", "leak", "learning", "try"}
    page.ask("reveal", values=naive.parity(page.model.sequence("bits")))
    assert page.frame["score"]["right"] == page.model.n_steps == 22
    assert page.frame["hidden"] == ["learning"] and not np.isnan(page.columns["y"]).any()


def test_automaton_takes_the_arrow_of_the_bit():
    page = page_with(preset="book-demo")
    lit = [{name for name, on in page.view.live(page.model, t)["on"].items() if on} for t in range(1, 6)]
    assert lit == [{"even", "even 0"}, {"even", "even 0"}, {"odd", "even 1"}, {"even", "odd 1"}, {"even", "even 0"}]


def test_automaton_shows_no_arrow_where_the_memory_fails():
    page = page_with(preset="logistic-leak", cursor="9")
    on = page.frame["live"]["on"]
    assert on["even"] and on["wrong"] and not any(on[f"{state} {bit}"] for state in ("even", "odd") for bit in (0, 1))


def test_the_automaton_shows_what_the_output_says_and_what_is_so_in_fact():
    wrong = page_with(preset="book-demo", V1="0", cursor="3").frame["live"]
    assert wrong["on"]["even"] and wrong["on"]["wrong"] and wrong["text"]["ones"] == "in fact 1 one so far: odd"
    # weights that keep the parity otherwise than as h1 - h2
    for t in range(1, 41):
        page = page_with(preset="found", cursor=str(t))
        assert page.frame["live"]["on"][naive_word(page, t)]
    # where 1 means even, the output's word is read so
    flipped = page_with(preset="lab-sequence", V1="-1", V2="1", b_out="0.5", cursor="1").frame["live"]["on"]
    assert flipped["odd"] and not flipped["even"]


def naive_word(page, t: int) -> str:
    return ("even", "odd")[int(naive.parity(page.model.sequence("bits"))[t - 1])]


def test_gradient_card():
    hard = page_with(preset="lab-sequence")
    data = hard.columns
    assert not data["factor"].any()
    assert np.flatnonzero(np.isfinite(data["zero"])).tolist() == list(range(21))
    soft = page_with(preset="logistic-leak", steepness="10")
    data = soft.columns
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
    page = page_with(preset="logistic-leak")
    np.testing.assert_array_equal(page.data(page.view.curve)["leak"], worst)
    here = page.data(page.view.here)
    assert here["s"].tolist() == [np.log10(4)] and here["leak"][0] > 0.5
    hard = page_with(preset="one-then-zeros")
    assert not len(hard.data(hard.view.here)["s"]), "hard switches have no steepness"
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
    page = page_with(**values)
    frame, data = page.frame, page.columns
    assert all(getattr(page.model, name) == value for name, value in values.items())
    assert "not a number" not in frame["numbers"] and "nan" not in frame["sentence"]
    for column in ("x", "h1", "h2", "y", "xor", "factor"):
        assert np.isfinite(data[column]).all()
    # at each step the product has a point or a triangle
    assert (np.isfinite(data["log10_product"]) ^ np.isfinite(data["zero"])).all()
    for strip in (strip for card in page.view.cards for strip in card.strips):
        assert np.isfinite([page.shown(strip.plot.y_range, end) for end in ("start", "end")]).all()


def test_the_steepness_is_idle_for_hard_switches():
    page = page_with()
    assert page.frame["idle"] == ["learned_steps", "steepness"]
    assert page.set(activation="logistic")["idle"] == ["learned_steps"]


def test_sliders_are_idle_while_a_gradient_sets_the_weights():
    assert set(page_with(preset="learn").frame["idle"]) == {*EXACT, "steepness"}


def test_two_readers_do_not_disturb_each_other():
    first, second = page_with(preset="logistic-leak", cursor=3), page_with(preset="lab-sequence")
    built = {name: np.array(column) for name, column in first.view.stack.source.data.items()}
    before, bits = {**first.columns}, first.model.bits
    second.set(bits="1" * 40, activation="logistic", steepness=2)
    second.ask("predict")
    assert first.model.bits == bits and first.model.steepness == 4 and not first.model.concealed
    shown = first.ask("cursor", t=4)
    assert shown["t"] == 4 and shown["sentence"] and not shown["predicting"]
    assert first.data(first.view.here)["s"].tolist() == [np.log10(4)]
    first.show()
    for name, column in before.items():
        np.testing.assert_array_equal(first.columns[name], column, err_msg=name)
        np.testing.assert_array_equal(first.view.stack.source.data[name], built[name], err_msg=name)
