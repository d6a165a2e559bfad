"""Parts of the lstm page: the picture with its valves, hand calculations, weight tables, characters and words."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from app import gate_diagram, gate_numbers, gate_tables
from app.character_chart import CharacterChart
from app.copies import short
from app.models.lstm import GATES, NETWORKS, TOPICS, VARIANTS, WEIGHTS, Lstm
from engine import deep, lstm, tasks
from engine.network import Network

NOTHING_TO_READ = ("nan", "None", "inf", "not a number", "∞", "Traceback")
BY_HAND = ("latch", "marked sum", "parity")


def make(**values) -> Lstm:
    m = Lstm()
    m.param.update(**values)
    return m


def logistic(a):
    return 1 / (1 + np.exp(-np.asarray(a, dtype=float)))


def cell(m: Lstm):
    """The single cell's states, (T,) each, by the equations of Fig. 12.17 step by step."""
    U, M, W, b = ({gate: getattr(m, f"{kind}_{gate}") for gate in GATES} for kind in ("U", "M", "W", "b"))
    peep = {gate: getattr(m, f"P_{gate}") if m.variant == "peephole" else 0.0 for gate in "ifo"}
    found, c, h = {name: [] for name in "ifgoch"}, 0.0, 0.0
    for x, mark in zip(m.sequence("x"), m.sequence("mark"), strict=True):
        a = {gate: U[gate] * x + M[gate] * mark + W[gate] * h + b[gate] for gate in GATES}
        f = 1.0 if m.variant == "no forget gate" else logistic(a["f"] + peep["f"] * c)
        i = 1 - f if m.variant == "coupled gates" else logistic(a["i"] + peep["i"] * c)
        g = np.tanh(a["g"])
        c = f * c + i * g
        o = logistic(a["o"] + peep["o"] * c)
        h = o * np.tanh(c)
        for name, value in zip("ifgoch", (i, f, g, o, c, h), strict=True):
            found[name].append(float(value))
    return {name: np.array(values) for name, values in found.items()}


RICH = {"network": "one cell", "n_steps": 6, "signal": "drawn", "x": (0.5, -1.2, 1.7, 0.3, -0.8, 1.1),
        "mark": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), "U_i": 0.7, "U_f": -0.4, "U_g": 1.3, "U_o": 0.2,
        "M_i": 1.5, "M_f": -2.0, "M_g": -0.6, "M_o": 0.9, "W_i": -0.8, "W_f": 1.1, "W_g": 0.6, "W_o": -0.3,
        "b_i": -0.2, "b_f": 1.4, "b_g": 0.1, "b_o": 0.5, "P_i": 0.4, "P_f": -0.7, "P_o": 0.8}  # fmt: skip


def text(html: str) -> str:
    """What a reader sees, with signs that Python can compute with."""
    raised = re.sub(r"·10<sup>(−?\d+)</sup>", lambda found: f"e{found[1]}", html)
    bare = re.sub(r"<[^>]+>", "", raised).replace("&emsp;", " ").replace("&ensp;", " ")
    return re.sub(r"\s+", " ", bare.replace("−", "-"))


def shown(m: Lstm, t: int) -> dict[str, str]:
    """Text of each block by its title."""
    return {block.title: text(" ".join(block.lines)) for block in gate_numbers.blocks(m, t)}


def computed(expression: str) -> float:
    """The value of a sum of products as a pocket calculator gives it."""
    allowed = expression.replace("·", "*").replace("²", "**2").strip()
    assert re.fullmatch(r"[-+*/().\de ]+", allowed), expression
    return float(eval(allowed))


# The picture

@pytest.mark.parametrize("variant", VARIANTS)
def test_valves_open_as_far_as_the_gates(variant):
    m = make(**RICH | {"variant": variant})
    expected = cell(m)
    for t in range(1, 7):
        live = gate_diagram.live(m, t)
        for gate in "ifo":
            assert live["flow"][gate] == pytest.approx(expected[gate][t - 1], abs=1e-4)
            assert live["flow"][f"{gate}.shut"] == pytest.approx(1 - expected[gate][t - 1], abs=1e-4)
        assert float(live["text"]["c.value"].replace("−", "-")) == pytest.approx(expected["c"][t - 1], abs=0.006)
        assert float(live["text"]["h.value"].replace("−", "-")) == pytest.approx(expected["h"][t - 1], abs=0.006)
        before = expected["c"][t - 2] if t > 1 else 0.0
        largest = max(1.0, np.abs(expected["c"]).max())
        assert live["level"]["pipe.kept"] == pytest.approx(abs(expected["f"][t - 1] * before) / largest, abs=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("network", ["one cell", "count ab", "characters"])
def test_every_live_value_has_a_place_in_the_picture(variant, network):
    m = make(network=network, variant=variant)
    svg, live = gate_diagram.diagram(m).svg(), gate_diagram.live(m, 2)
    for kind, attribute in (("text", "data-text"), ("level", "data-level"), ("flow", "data-flow")):
        drawn = set(re.findall(f'{attribute}="([^"]+)"', svg))
        given = {name for name in live[kind] if not name.endswith(".label")}
        asked = {name for name in drawn if not name.endswith(".label")}
        assert asked <= given, asked - given


def test_variants_are_drawn_as_they_work():
    drawn = {variant: gate_diagram.diagram(make(network="one cell", variant=variant)).svg() for variant in VARIANTS}
    assert 'data-flow="f"' in drawn["full"] and "peephole" not in drawn["full"]
    assert 'data-flow="f"' not in drawn["no forget gate"] and "× 1" in drawn["no forget gate"]
    assert drawn["peephole"].count("edge peephole") == 3
    assert "1 − f" in drawn["coupled gates"]
    assert len({gate_diagram.key(make(network="one cell", variant=variant)) for variant in VARIANTS}) == 4


# The four questions

@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("t", [1, 2, 4, 6])
def test_numbers_of_the_four_questions_add_up(variant, t):
    m = make(**RICH | {"variant": variant})
    expected = {name: values[t - 1] for name, values in cell(m).items()}
    said = " ".join(shown(m, t).values())
    gates = {"full": "ifgo", "peephole": "ifgo", "no forget gate": "igo", "coupled gates": "fgo"}[variant]
    for gate in gates:
        products = re.search(rf"a{gate} = [^=]*= ([^=]+) = (\S+) {gate}\({t}\) = (?:σ|tanh)\((\S+)\) = (\S+)", said)
        net = computed(products[1])
        assert net == pytest.approx(float(products[2]), abs=3e-4) and products[2] == products[3]
        assert float(products[4]) == pytest.approx(np.tanh(net) if gate == "g" else logistic(net), abs=3e-4)
        assert float(products[4]) == pytest.approx(expected[gate], abs=1e-5)
    memory = re.search(rf"c\({t}\) = [^=]*= ([^=]+) = (\S+)", said)
    assert computed(memory[1]) == pytest.approx(float(memory[2]), abs=1e-4)
    assert float(memory[2]) == pytest.approx(expected["c"], abs=6e-5)
    out = re.search(rf"h\({t}\) = [^=]*= ([^=]+) = (\S+)", said)
    assert computed(out[1]) == pytest.approx(float(out[2]), abs=1e-4)
    assert float(out[2]) == pytest.approx(expected["h"], abs=6e-5)


def test_several_units_and_the_readout_are_written_out():
    m = make(network="count ab", n_steps=5, signal="drawn", x=(1.0, 1.0, -1.0, -1.0, -1.0), unit=3)
    for t in range(1, 6):
        said = shown(m, t)["4 Show what? (unit 3)"]
        y = re.search(rf"y\({t}\) = [^=]*= ([^=]+) = (\S+)", said)
        assert computed(y[1]) == pytest.approx(float(y[2]), abs=1e-3)
        assert (float(y[2]) > 0) == (t == 4)  # aabb and no other beginning


def test_a_deep_network_shows_each_layer_on_its_own_input():
    rng = np.random.default_rng(4)
    layers = tuple(deep.Layer("lstm", lstm.initial(3, m, rng)) for m in (2, 3))
    m = make(n_steps=7, signal="task")
    m.uploaded, m.upload_name = Network(layers, rng.normal(size=(1, 3)), np.array([0.3])), "deep.npz"
    m.network = "uploaded"
    for layer in (1, 2):
        m.layer = layer
        blocks = shown(m, 5)
        row, now = 3, m.traced  # the forget gate of unit 1
        p = layers[layer - 1].params
        net = p.U[row] @ now.inputs[4] + p.W[row] @ now.run.h[3] + p.b[row]
        found = re.search(r"f\(5\) = σ\((\S+)\)", blocks["1 Forget what? (unit 1)"])
        assert float(found[1]) == pytest.approx(net, abs=1e-4)
        y = re.search(r"y\(5\) = (.*)", blocks["4 Show what? (unit 1)"])[1].split(" = ")
        assert float(y[-1]) == pytest.approx(now.y[4, 0], abs=1e-4)
        assert (len(y) > 1) == (layer == 2)  # only the last layer is what the readout reads
        svg = gate_diagram.diagram(m).svg()
        assert ('data-text="mark.value"' in svg) == (layer == 1)
        assert gate_diagram.live(m, 5)["text"]["x.value"] == ("3 in" if layer == 2 else short(now.x[4, 0]))


def test_large_networks_show_sums_that_agree_with_their_weights():
    m = make(network="random", n_units=12, n_steps=9, unit=7, seed=5, signal="task")
    p, run = m.traced.params, m.traced.run
    said = shown(m, 6)["1 Forget what? (unit 7)"]
    parts = re.search(r"bf = ([^=]+) = (\S+)", said)
    row = 12 + 6
    net = p.U[row] @ m.traced.x[5] + p.W[row] @ run.h[4] + p.b[row]
    assert computed(parts[1]) == pytest.approx(net, abs=1e-4)
    assert float(parts[2]) == pytest.approx(net, abs=1e-4)


def test_a_gate_that_is_nearly_open_says_how_nearly():
    m = make(network="latch", signal="drawn", x=(1.0, -1.0), mark=(1.0, 0.0))
    tail = np.exp(-30) / (1 + np.exp(-30))
    found = re.search(r"f\(2\) = σ\(30\) = 1 - (\S+)", shown(m, 2)["1 Forget what?"])
    assert float(found[1]) == pytest.approx(tail, rel=1e-3)


def test_characters_are_a_softmax_with_its_cross_entropy():
    m = make(network="characters", text="the cat")
    y = m.traced.y[2]
    p = np.exp(y) / np.exp(y).sum()
    said = shown(m, 3)["5 Which character next?"]
    total = float(re.search(rf"over all {len(y)} = (\S+)", said)[1])
    assert total == pytest.approx(np.exp(y).sum(), rel=1e-4)
    best = re.findall(r"p\(“(.)”\) = e\S+?/S = (\S+)", said)
    assert len(best) == 5 and [value for _, value in best] == sorted((value for _, value in best), key=float)[::-1]
    for character, value in best:
        place = tasks.ALPHABET.index(" " if character == "␣" else "\n" if character == "↵" else character)
        assert float(value) == pytest.approx(p[place], rel=1e-4)
    entropy = float(re.search(r"(\S+) \(cross entropy\)", said)[1])
    assert entropy == pytest.approx(-np.log(p[tasks.ALPHABET.index(" ")]), rel=1e-4)
    assert "cross entropy" not in shown(m, 7)["5 Which character next?"]  # nothing follows the last character


# The other topics

@pytest.mark.parametrize("variant", VARIANTS)
def test_one_step_of_the_gradient_agrees_with_a_difference(variant):
    """∂c(t+1)/∂c(t) by nudging c(t), with h(t) following it."""
    m = make(**RICH | {"variant": variant, "topic": "gradient"})
    t, states = 3, cell(m)
    U, M, W, b = ({gate: getattr(m, f"{kind}_{gate}") for gate in GATES} for kind in ("U", "M", "W", "b"))
    peep = {gate: getattr(m, f"P_{gate}") if variant == "peephole" else 0.0 for gate in "ifo"}

    def after(c):
        x, mark, h_before = m.sequence("x")[t - 1 : t + 1], m.sequence("mark")[t - 1 : t + 1], states["h"][t - 2]
        h = logistic(U["o"] * x[0] + M["o"] * mark[0] + W["o"] * h_before + b["o"] + peep["o"] * c) * np.tanh(c)
        a = {gate: U[gate] * x[1] + M[gate] * mark[1] + W[gate] * h + b[gate] for gate in GATES}
        f = 1.0 if variant == "no forget gate" else logistic(a["f"] + peep["f"] * c)
        i = 1 - f if variant == "coupled gates" else logistic(a["i"] + peep["i"] * c)
        return f * c + i * np.tanh(a["g"])

    nudge, c = 1e-6, states["c"][t - 1]
    expected = (after(c + nudge) - after(c - nudge)) / (2 * nudge)
    said = re.search(r"∂c\(4\)/∂c\(3\) = ([^=]+) = (\S+)", shown(m, t)["One step: from 3 to 4"])
    assert float(said[2]) == pytest.approx(expected, rel=1e-4)
    assert computed(said[1]) == pytest.approx(expected, rel=1e-3)


def test_products_of_forget_gates_are_multiplied_out():
    m = make(**RICH | {"topic": "gradient"})
    f, o, c = (cell(m)[name] for name in "foc")
    said = shown(m, 4)["From step 6 back to k = 4"]
    product, value = re.search(r"forget gates: f\(6\)···f\(5\) = (\S+) = (\S+)", said).groups()
    assert computed(product) == pytest.approx(f[5] * f[4], rel=1e-3)
    assert float(value) == pytest.approx(f[5] * f[4], rel=1e-3)
    truncated = re.search(r"Πf = (\S+·\(1 - \S+\)) (\S+) = (\S+)", said)
    assert computed(truncated[1] + truncated[2]) == pytest.approx(float(truncated[3]), rel=2e-3)
    assert float(truncated[3]) == pytest.approx(o[5] * (1 - np.tanh(c[5]) ** 2) * f[5] * f[4], rel=1e-3)


def test_variants_show_each_equation_with_its_own_numbers():
    m = make(**RICH | {"topic": "variants"})
    blocks = shown(m, 5)
    titles = {"full": "LSTM", "no forget gate": "No forget gate (1997)", "coupled gates": "Coupled gates"}
    for variant, title in titles.items():
        expected = cell(make(**RICH | {"variant": variant}))["c"][4]
        numbers = re.search(r"c\(5\) = [^=]*= ([^=]+) = (\S+)", blocks[title])
        assert float(numbers[2]) == pytest.approx(expected, abs=6e-5)
        assert computed(numbers[1]) == pytest.approx(expected, abs=1e-4)
    numbers = re.search(r"h\(5\) = [^=]*= ([^=]+) = (\S+)", blocks["GRU"])
    assert computed(numbers[1]) == pytest.approx(float(numbers[2]), abs=1e-4)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("network", NETWORKS)
def test_nothing_unreadable_is_said(topic, network):
    for signal, n_steps in (("task", 12), ("drawn", 2), ("task", 60)):
        m = make(topic=topic, network=network, n_steps=n_steps, signal=signal, text="the")
        words = [m.sentence(), m.divergence(1), gate_tables.weights(m), gate_tables.upload(m)]
        for t in (1, 2, m.n_steps):
            words += [block.html() for block in gate_numbers.blocks(m, t)]
            words += [m.explain(name, t) for name in ("c", "h", "i", "y")]
            words += list(gate_diagram.live(m, t)["text"].values())
        seen = " ".join(text(html) for html in words)
        found = [word for word in NOTHING_TO_READ if re.search(rf"(?<![a-zA-Z]){word}(?![a-zA-Z])", seen)]
        assert not found, (found, m.sentence())


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
    found = re.search(r"are (\S+) on average .* halves every (\S+) steps", m.sentence())
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
