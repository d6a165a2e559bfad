"""Weights, uploads, the next character and the words of the lstm page."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from app import gate_numbers, gate_tables
from app.character_chart import CharacterChart
from app.models.lstm import WEIGHTS
from engine import tasks
from tests.app.gate_oracle import RICH, cell, make, text

BY_HAND = ("latch", "marked sum", "parity")


# Tables

class Fields(HTMLParser):
    """Inputs, buttons and text of a table."""

    def __init__(self, html: str):
        super().__init__()
        self.inputs: dict[str, dict] = {}
        self.buttons: list[dict] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "input" and "data-set" in given:
            self.inputs[given["data-set"]] = given
        if tag == "button":
            self.buttons.append(json.loads(given["data-set"]))


def test_the_cells_weights_are_edited_in_the_table():
    m = make(**RICH)
    fields = Fields(gate_tables.weights(m)).inputs
    assert set(fields) == set(WEIGHTS)
    for name in WEIGHTS:
        assert float(fields[name]["value"]) == RICH[name]
        assert (fields[name]["min"], fields[name]["max"], fields[name]["step"]) == ("-100", "100", "0.1")
        assert fields[name]["aria-label"]
    assert set(Fields(gate_tables.weights(make(variant="peephole", network="one cell"))).inputs) == {
        *WEIGHTS, "P_i", "P_f", "P_o"}  # fmt: skip


@pytest.mark.parametrize("network", BY_HAND)
def test_numbers_set_by_hand_can_be_taken_over(network):
    """The single cell that the button makes runs exactly as the network set by hand."""
    m = make(network=network, signal="drawn", n_steps=8, x=(1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0),
             mark=(0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0))  # fmt: skip
    html, before = gate_tables.weights(m), m.traced.run.c.copy()
    (values,) = Fields(html).buttons
    assert values.pop("network") == "one cell" and values.pop("variant") == "full"
    assert set(values) == {*WEIGHTS, "P_i", "P_f", "P_o"}
    m.param.update(network="one cell", variant="full", **{name: float(value) for name, value in values.items()})
    np.testing.assert_array_equal(m.traced.run.c, before)
    assert not Fields(html).inputs


@pytest.mark.parametrize("network", [*BY_HAND, "count ab"])
def test_every_number_set_by_hand_has_its_reason(network):
    html = gate_tables.weights(make(network=network))
    rows = re.findall(r"<td><i class=\"gate-name[^\"]*\">(.*?)</i></td><td>(.*?)</td><td class=why>(.*?)</td>", html)
    m = make(network=network)
    p, readout = m.traced.params, m.network_object()
    nonzero = sum(int(np.count_nonzero(array)) for array in (p.U, p.W, p.b, readout.V, readout.b_out))
    values = [value for _, value, _ in rows]
    assert len([value for value in values if value != "0"]) == nonzero
    assert all(why.endswith(".") or len(why) > 20 for *_, why in rows)
    assert len({(name, why) for name, _, why in rows}) == len(rows)


def test_sizes_of_larger_networks_are_counted():
    m = make(network="random", n_units=12)
    assert f"{4 * 12 * (2 + 12 + 1)} numbers" in text(gate_tables.weights(m))
    m = make(network="random", n_units=12, variant="peephole")
    assert f"{4 * 12 * (2 + 12 + 1) + 3 * 12} numbers" in text(gate_tables.weights(m))


def test_a_file_name_is_shown_as_it_is_and_runs_nothing():
    m = make()
    m.uploaded, m.upload_name = m.network_object(), "<img src=x onerror=alert(1)>.npz"
    html = gate_tables.upload(m)
    assert "<img" not in html and "&lt;img src=x onerror=alert(1)&gt;.npz" in html
    assert 'data-upload accept=".npz,.safetensors"' in html
    m.network = "uploaded"
    assert "<img" not in gate_tables.weights(m)


# Characters

def test_the_chart_shows_the_whole_distribution_and_the_character_that_comes():
    chart = CharacterChart()
    m = make(network="characters", text="the house")
    chart.show(m, 2)
    y = m.traced.y[1]
    np.testing.assert_allclose(chart.bars.data["p"], np.exp(y) / np.exp(y).sum(), rtol=1e-12)
    assert [tasks.ALPHABET[place] for place in chart.next.data["place"]] == ["e"]
    chart.show(m, 9)
    assert len(chart.next.data["place"]) == 0
    m.network = "latch"
    chart.show(m, 1)
    assert len(chart.bars.data["p"]) == 0
    names = chart.strips[0].plot.below[0].major_label_overrides
    assert names[tasks.ALPHABET.index(" ")] == "␣" and len(names) == len(tasks.ALPHABET)


def test_typed_text_is_only_text():
    m = make(network="characters", text="the\ncat")
    said = m.sentence() + "".join(block.html() for block in gate_numbers.blocks(m, 4))
    assert "\n" not in m.sentence() and "↵" in said
    for character in tasks.ALPHABET:  # no character that a reader can type means anything in HTML
        assert character not in "<>&\"'"


# Words

def test_the_latch_says_what_it_keeps():
    values = {"network": "latch", "signal": "drawn", "n_steps": 9, "x": (1.0, -1.0, 1.0, 1.0)}
    said = make(**values, mark=(0.0, 1.0)).sentence()
    assert "At the mark at t = 2 the cell takes −1 from x = −1" in said and "7 steps later all of it is left" in said
    assert "Without a mark" in make(**values, mark=(0.0,)).sentence()


def test_the_sum_is_the_sum():
    said = make(network="marked sum", signal="drawn", n_steps=5, x=(0.5, 0.25, -1.0, 2.0, 0.1),
                mark=(1.0, 0.0, 1.0, 1.0)).sentence()  # fmt: skip
    assert "0.5 + (−1) + 2 = 1.5" in said and "y(5) = 1.5" in said


@pytest.mark.parametrize(("letters", "accepted"), [("aabb", True), ("aab", False), ("abab", False), ("ab", True)])
def test_counting_is_judged(letters, accepted):
    x = tuple(1.0 if letter == "a" else -1.0 for letter in letters)
    m = make(network="count ab", signal="drawn", n_steps=len(letters), x=x)
    assert ("is accepted as aⁿbⁿ" in m.sentence()) == accepted
    assert f"{letters.count('a')} times a, {letters.count('b')} times b" in m.sentence()


@pytest.mark.parametrize("n_ones", [0, 1, 2, 3])
def test_parity_is_told(n_ones):
    m = make(network="parity", signal="drawn", n_steps=6, x=(1.0,) * n_ones + (0.0,))
    assert f"says {'odd' if n_ones % 2 else 'even'}" in m.sentence()


def test_the_random_network_says_how_fast_it_forgets():
    m = make(network="random", forget_bias=3.0, n_units=10, n_steps=30, signal="task")
    rate = np.exp(np.log(m.traced.run.f).mean())
    half = np.log(0.5) / np.log(rate)
    found = re.search(r"a geometric mean of (\S+) \(.* halves every (\S+) steps", m.sentence())
    assert float(found[1]) == pytest.approx(rate, rel=1e-2) and float(found[2]) == pytest.approx(half, rel=1e-2)


def test_predictions_are_explained_with_both_terms():
    m = make(**RICH)
    states = cell(m)
    for step in (1, 4):
        said = text(m.explain("c", step))
        f, c, i, g, total = (float(value.strip("()")) for value in re.search(
            r"= (\S+) · (\S+) plus i\(\d\) · g\(\d\) = (\S+) · (\S+), (\S+) together", said).groups())  # fmt: skip
        assert f * c + i * g == pytest.approx(total, abs=5e-3)
        assert total == pytest.approx(states["c"][step - 1], abs=1e-3)


def test_the_gradients_sentence_tells_the_sizes():
    m = make(**RICH | {"topic": "gradient"})
    product = np.prod(cell(m)["f"][1:])
    found = re.search(r"forget gates alone give (\S+);", m.sentence())[1]
    assert float(found) == pytest.approx(product, rel=1e-2)
