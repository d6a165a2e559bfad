"""Weights, uploads, the next character and the words of the lstm page."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from app.parts.colours import PALETTE
from app.parts.picture import Picture
from engine import deep, lstm, tasks
from engine.network import Network
from lessons.lstm import charts as gate_charts
from lessons.lstm import numbers as gate_numbers
from lessons.lstm import tables as gate_tables
from lessons.lstm.character_chart import CharacterChart
from lessons.lstm.parameters import WEIGHTS
from tests.lessons.lstm.gate_oracle import RICH, cell, logistic, make, text

BY_HAND = ("latch", "marked sum", "parity")
DOWN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


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
    assert 'data-upload accept=".pt,.pth,.safetensors,.npz"' in html
    m.network = "uploaded"
    assert "<img" not in gate_tables.weights(m)


# Characters


def test_the_chart_shows_the_whole_distribution_and_the_character_that_comes():
    chart = CharacterChart()
    m = make(network="characters", text="the house")

    def column(source, name: str, t: int):
        picture = Picture()
        chart.show(m, picture, t)
        return picture.column(source, name)

    y = m.traced.y[1]
    np.testing.assert_allclose(column(chart.bars, "p", 2), np.exp(y) / np.exp(y).sum(), rtol=1e-12)
    assert [tasks.ALPHABET[place] for place in column(chart.next, "place", 2)] == ["e"]
    assert len(column(chart.next, "place", 9)) == 0 and len(column(chart.bars, "p", 9)) == len(tasks.ALPHABET)
    m.network = "latch"
    assert len(column(chart.bars, "p", 1)) == len(column(chart.next, "p", 1)) == 0
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


@pytest.mark.parametrize(("marks", "says"), [((1.0, 0.0, 1.0), "t = 1, 3."), ((0.0, 1.0), "t = 2.")])
def test_recall_is_judged_only_where_it_was_trained(marks, says):
    m = make(network="recall 50", signal="drawn", n_steps=20, x=(1.0, -1.0, 1.0), mark=marks)
    said = m.sentence()
    assert "trained with one mark, at step 1" in said and says in said
    assert not re.search(r": (right|wrong)\.", said) and "y(20) = " in said
    assert re.search(r": (right|wrong)\.", make(network="recall 50", signal="task", n_steps=20).sentence())


def test_a_cell_that_forgets_tells_what_stays_and_what_is_written():
    m = make(network="one cell", signal="drawn", n_steps=6, x=(1.0, 1.0, 0.0, 1.0, 0.0, 0.0), U_g=4.0, M_i=-16.0,
             mark=(0.0, 0.0, 0.0, 1.0, 0.0, 0.0), M_f=-16.0, b_i=8.0, b_f=8.0, b_o=8.0)  # fmt: skip
    now = {name: values[3] for name, values in cell(m).items()}
    said = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: found[0].translate(DOWN), m.sentence()).replace("·10-", "e-")
    stays, written, left = map(float, re.search(
        r"f·c\(3\) = (\S+) of it stays and i·g = (\S+) is written, so c\(4\) = (\S+)\. ", said).groups())  # fmt: skip
    assert stays == pytest.approx(now["f"] * cell(m)["c"][2], rel=1e-3)
    assert written == pytest.approx(now["i"] * now["g"], rel=1e-3)
    assert stays + written == pytest.approx(left, rel=1e-3) and left == pytest.approx(now["c"], rel=1e-3)


def test_forgetting_at_once_is_not_called_slow():
    said = make(network="random", forget_bias=-3.0, n_steps=30, signal="task").sentence()
    assert "less than half of what a cell holds is left after one step" in said and "every" not in said


# The table of sums


@pytest.mark.parametrize("values", [
    {"network": "recall 50", "unit": 3}, {"network": "adding"}, {"network": "random", "n_units": 5, "unit": 5},
    {"network": "random", "variant": "peephole", "n_units": 3},
])  # fmt: skip
@pytest.mark.parametrize("cursor", [1, 7])
def test_net_inputs_can_be_added_up_by_hand(values, cursor):
    m = make(signal="task", n_steps=12, cursor=cursor, **values)
    html = gate_tables.weights(m)
    rows = [
        [text(entry) for entry in re.findall(r"<td>(.*?)</td>", row)]
        for row in re.findall(r"<tr>(<td>.*?)</tr>", html[html.index("class=sums") :])
    ]
    *fed, sums = [[float(entry) if entry else 0.0 for entry in row[1:]] for row in rows]
    run, k, unit = m.traced.run, cursor - 1, m.shown_unit - 1
    for place, gate in enumerate("ifgo", 1):
        net = sum(row[0] * row[place] for row in fed)
        assert net == pytest.approx(sums[place], abs=2e-3)
        now = getattr(run, gate)[k, unit]
        assert (np.tanh(net) if gate == "g" else logistic(net)) == pytest.approx(now, abs=1e-3)


def test_large_networks_have_no_table_of_sums():
    assert "class=sums" not in gate_tables.weights(make(network="characters", text="the"))
    assert "exported script" in gate_tables.weights(make(network="characters", text="the"))


def test_a_file_without_a_readout_is_said_to_have_none():
    m, params = make(), lstm.initial(3, 1, np.random.default_rng(2))
    m.uploaded, m.upload_name = Network((deep.Layer("lstm", params),), np.eye(3), np.zeros(3)), "bare.npz"
    m.network = "uploaded"
    said = text(gate_tables.weights(m))
    assert "The file holds no readout: y is h." in said and "Readout" not in said
    assert "3 units, 1 input:" in said
    m.uploaded = m.uploaded._replace(b_out=np.ones(3))
    m.param.trigger("network")
    assert "Readout y = V h + b" in text(gate_tables.weights(m))


# Tints


def luminance(channels) -> float:
    """Relative luminance of WCAG 2."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("role", sorted(set(gate_charts.ROLES.values())))
def test_letters_stay_readable_on_the_strongest_tint(theme, role):
    card, ink, tint = (np.array([int(PALETTE[name][theme][k : k + 2], 16) for k in (1, 3, 5)]) / 255
                       for name in ("card", "state", role))  # fmt: skip
    share = gate_charts.STRONGEST_TINT / 100
    below, letter = luminance(share * tint + (1 - share) * card), luminance(ink)
    assert (max(below, letter) + 0.05) / (min(below, letter) + 0.05) >= 4.5
