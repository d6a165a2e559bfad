"""The gated carousel's page: what it computes, says and hides."""

import re
from html import unescape

import numpy as np
import pytest
from bokeh.document import Document

from app.shell.page import Page
from lessons.gated_cec.model import GatedCEC
from lessons.gated_cec.view import GatedCECView
from tests.app import pages


def make(**arguments: str) -> Page:
    return Page(GatedCEC(), GatedCECView, Document(), arguments)


def model_at(**arguments: str) -> GatedCEC:
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
    lines = [text(line) for line in page.view.numbers(step)[0].lines]
    products, total = lines[1].lstrip("= "), float(lines[2].split("=")[-1])
    terms = [np.prod([float(v.strip("() ")) for v in term.split("·")]) for term in products.split(" + ")]
    assert sum(terms) == pytest.approx(total, rel=2e-3)
    assert total == pytest.approx(page.model.table()["c"][step - 1], rel=1e-3)
    output, value = lines[3].split("=")[-2:]
    assert np.prod([float(v.strip("() ")) for v in output.split("·")]) == pytest.approx(float(value), rel=2e-3)


def test_product_block_names_the_closed_gate():
    page = make(preset="exercise-e12-7")
    block = page.view.numbers(4)[1]
    assert "The factor at j = 7 is 0" in block.note
    assert text(block.lines[-1]) == "= 0"
    assert "comes after" in make(sensitivity_at="5").view.numbers(9)[1].note


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"cursor": "7"}, "loses its 4"),
        ({"cursor": "1"}, "was empty and now holds 1"),
        ({"cursor": "13"}, "still closed: the old 1 gives way to 1"),
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
    page.changed(*[type("Event", (), {"name": name})])
    frame = page.frame()
    assert frame["sentence"] and frame["numbers"] and "nan" not in frame["sentence"]
    assert all(np.isfinite(page.view.stack.source.data[column]).all() for column in ("x", "i", "f", "o", "c", "y"))


def test_explosion_is_clipped_and_explained():
    page = make(w="1.2", n_steps="200", x="1*200", input_gate="1*200", forget_gate="1*200", output_gate="1*200")
    notice = page.frame()["notices"][0]
    step = int(re.search(r"From t = (\d+)", notice).group(1))
    c = page.model.table()["c"]
    assert abs(c[step - 1]) > 1e6 >= abs(c[step - 2]) and "1.2" in notice
    assert max(page.view.stack.source.data["c"]) == 1e6
