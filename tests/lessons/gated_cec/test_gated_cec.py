"""The gated carousel's page: what it computes, says and hides."""

import re
from html import unescape

import numpy as np
import pytest

from app.parts.numbers import plain
from lessons.gated_cec.model import GatedCEC
from tests.app import pages


def make(**arguments: object) -> pages.Opened:
    page = pages.Opened("gated_cec", **arguments)
    assert page.frame["notices"] == [] or "clipped" in page.frame["notices"][0], "an argument was refused"
    return page


def model_at(**arguments: object) -> GatedCEC:
    return pages.model_at("gated_cec", **arguments)


def text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html)).replace("−", "-").strip()


# Exercise figures E12.6 and E12.7 and the start of the book's demonstration, read from the printed figures.
@pytest.mark.parametrize(
    ("preset", "signal", "wanted"),
    [
        ("exercise-e12-7", "c", [1, 2, 3, 4, 4, 4, 0, 1, 2, 3, 1, 1, 1]),
        ("exercise-e12-6", "y", [0, 1, 2, 3, 0, 0, 0, -1, -2, -3, 0, 0, 0]),
        ("book-demo", "c", [1, 2, 3, 4, 5, 5, 5, 1, 2, 3, 4, 1, 1]),
    ],
)
def test_printed_exercises(preset, signal, wanted):
    assert model_at(preset=preset).table()[signal].tolist() == wanted


def test_circuits_differ_as_their_names_say():
    x = "0.5,1,0,1,0.25,1,1,0,0,1"
    gate = model_at(x=x, circuit="gate", input_gate="1*3,0*7", n_steps="10").table()
    assert gate["y"].tolist() == [0.5, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    loop = model_at(x=x, circuit="carousel", input_gate="0*10", n_steps="10").table()
    np.testing.assert_allclose(loop["c"], np.cumsum([float(v) for v in x.split(",")]))


def test_constant_forget_gate_is_a_leaky_integrator():
    page = make(
        constant_forget="true", forget_level="0.8", n_steps="40", x="1*40", input_gate="1*40", sensitivity_at="40"
    )
    lag = np.arange(40)
    np.testing.assert_allclose(page.model.table()["c"], (1 - 0.8 ** (lag + 1)) / 0.2)
    np.testing.assert_allclose(page.model.table()["dc_dx"], 0.8 ** lag[::-1])
    assert "halves every 3.11 steps" in page.model.sentence()


@pytest.mark.parametrize("step", range(1, 14))
def test_the_numbers_shown_add_up(step):
    page = make(w="0.9", x="0.3*4,1*3,0.7*6", input_gate="0.5*6,1*7", forget_gate="0.8*9,1*4", output_gate="0.6*13")
    lines = [text(line) for line in page.view.numbers(page.model, step)[0].lines]
    products, total = lines[1].lstrip("= "), float(lines[2].split("=")[-1])
    terms = [np.prod([float(v.strip("() ")) for v in term.split("·")]) for term in products.split(" + ")]
    assert sum(terms) == pytest.approx(total, rel=2e-3)
    assert total == pytest.approx(page.model.table()["c"][step - 1], rel=1e-3)
    output, value = lines[3].split("=")[-2:]
    assert np.prod([float(v.strip("() ")) for v in output.split("·")]) == pytest.approx(float(value), rel=2e-3)


def test_product_block_names_the_closed_gate():
    page = make(preset="exercise-e12-7")
    block = page.view.numbers(page.model, 4)[1]
    assert "The factor at j = 7 is 0" in block.note
    assert text(block.lines[-1]) == "= 0"
    late = make(sensitivity_at="5")
    assert "comes after" in late.view.numbers(late.model, 9)[1].note


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"cursor": "7"}, "loses its 4"),
        ({"cursor": "1"}, "starts empty and now holds 1"),
        ({"cursor": "13"}, "is still closed: the carousel loses its 1 and takes in 1"),
        ({"preset": "exercise-e12-6"}, "no memory"),
        ({"w": "1.1", "forget_gate": "1*13"}, "doubles every 7.27 steps"),
        ({"w": "0.5", "forget_gate": "1*13"}, "halves every 1 step"),
        ({"input_gate": "0*13"}, "No input can reach"),
        ({"forget_gate": "1*13"}, "earliest input that still reaches c(13) is x(1)"),
    ],
)
def test_the_sentence_says_what_is_to_be_seen(arguments, said):
    assert said in model_at(**arguments).sentence()


def test_explanation_has_every_term():
    model = model_at(preset="exercise-e12-7")
    assert model.explain("c", 7) == "c(7) = i·x + w·f·c(6) = 0·1 + 1·0·4 = 0."


@pytest.mark.parametrize("name", ["w", "n_steps", "sensitivity_at", "forget_level"])
@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("circuit", ["gate", "carousel", "gated carousel"])
def test_every_corner_is_drawn(name, end, circuit):
    page = make(circuit=circuit)
    page.model.param.update(constant_forget=True, **{name: page.model.param[name].bounds[end]})
    frame = page.show()
    assert frame["notices"] == [] and frame["steps"] == page.model.n_steps
    assert frame["values"][name] == getattr(page.model, name)
    assert frame["sentence"] and frame["numbers"] and "nan" not in frame["sentence"]
    for column in ("x", "i", "f", "o", "c", "y"):
        assert page.columns[column].size == page.model.n_steps and np.isfinite(page.columns[column]).all()


def test_explosion_is_clipped_and_explained():
    page = make(w="1.2", n_steps="200", x="1*200", input_gate="1*200", forget_gate="1*200", output_gate="1*200")
    notice = page.frame["notices"][0]
    found = re.search(r"From t = (\d+)", notice)
    assert found is not None
    step = int(found[1])
    c = page.model.table()["c"]
    assert abs(c[step - 1]) > 1e6 >= abs(c[step - 2]) and "1.2" in notice
    assert max(page.columns["c"]) == 1e6


def test_an_exploding_sensitivity_is_explained_by_the_steps_that_it_goes_back():
    page = make(w="1.2", n_steps="200", x="0*200", input_gate="1*200", forget_gate="1*200", sensitivity_at="150")
    notice = page.frame["notices"][0]
    sensitivity = page.model.table()["dc_dx"]
    assert "From t = 1 " in notice and "1.2^149 is already" in notice
    assert sensitivity[0] == pytest.approx(1.2**149) and plain(1.2**149) in notice


def test_a_gate_painted_by_hand_is_a_gate_in_use():
    page = make(circuit="gate")
    assert page.frame["hidden"] == ["product"] and not page.shown(page.view.c.plot, "visible")
    page.ask("edit", name="input_gate", steps={"2": 0})
    assert page.model.circuit == "gate", "a gate alone has an input gate"
    page.ask("edit", name="forget_gate", steps={"2": 0})
    assert page.frame["values"]["circuit"] == page.model.circuit == "gated carousel"
    assert page.frame["hidden"] == [] and page.shown(page.view.c.plot, "visible")
    assert page.columns["f"][1] == 0
    page.set(constant_forget=True)
    page.ask("edit", name="output_gate", steps={"2": 0})
    assert page.model.constant_forget, "only the forget gate's own strip ends its constancy"
    page.ask("edit", name="forget_gate", steps={"3": 0.5})
    assert not page.model.constant_forget and page.columns["f"][2] == 0.5


def test_the_axis_does_not_tell_while_c_is_predicted():
    page = make(preset="exercise-e12-7")
    open_end = page.shown(page.view.c.plot.y_range, "end")
    page.ask("predict")
    hidden_end = page.shown(page.view.c.plot.y_range, "end")
    assert all(np.isnan(page.columns[column]).all() for column in ("c", "y", "dc_dx"))
    assert hidden_end > page.model.result["x"].sum() and hidden_end > open_end
    page.model.forget_gate = (0.0,) * 13
    page.show()
    assert page.shown(page.view.c.plot.y_range, "end") == hidden_end


def test_two_readers_do_not_disturb_each_other():
    first, second = make(preset="exercise-e12-7"), make(preset="exercise-e12-6")
    assert first.view is second.view
    built = first.view.c.plot.visible, first.view.x.plot.y_range.start
    assert first.shown(first.view.c.plot, "visible") and not second.shown(second.view.c.plot, "visible")
    assert first.shown(first.view.x_ticks, "ticks") == [0, 1] and second.shown(second.view.x_ticks, "ticks") == [-3, 3]
    before = dict(first.columns)
    second.set(n_steps=40, w=1.1)
    second.ask("predict")
    first.show()
    assert first.model.n_steps == 13 and not first.frame["predicting"]
    for name, column in before.items():
        np.testing.assert_array_equal(first.columns[name], column, err_msg=name)
    assert (first.view.c.plot.visible, first.view.x.plot.y_range.start) == built
