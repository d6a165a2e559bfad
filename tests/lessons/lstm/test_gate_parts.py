"""Picture and hand calculations of the lstm page: valves, four questions, gradients, variants."""

import re

import numpy as np
import pytest

from app.parts.numbers import short
from engine import deep, lstm, tasks
from engine.network import Network
from lessons.lstm import diagram as gate_diagram
from lessons.lstm import numbers as gate_numbers
from lessons.lstm import tables as gate_tables
from lessons.lstm import terms as gate_terms
from lessons.lstm.parameters import GATES, NETWORKS, TOPICS, VARIANTS
from tests.lessons.lstm.gate_oracle import RICH, cell, computed, logistic, make, shown, text

NOTHING_TO_READ = ("nan", "None", "inf", "not a number", "∞", "Traceback")


# The picture


@pytest.mark.parametrize("variant", VARIANTS)
def test_valves_open_as_far_as_the_gates(variant):
    m = make(**RICH | {"variant": variant})
    expected = cell(m)
    for t in range(1, 7):
        live = gate_diagram.live(m, t)
        for gate in "ifo":
            assert live["open"][gate] == pytest.approx(expected[gate][t - 1], abs=1e-4)
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
    for kind, attribute in (("text", "data-text"), ("level", "data-level"), ("open", "data-open")):
        drawn = set(re.findall(f'{attribute}="([^"]+)"', svg))
        given = {name for name in live[kind] if not name.endswith(".label")}
        asked = {name for name in drawn if not name.endswith(".label")}
        assert asked <= given, asked - given


def test_variants_are_drawn_as_they_work():
    drawn = {variant: gate_diagram.diagram(make(network="one cell", variant=variant)).svg() for variant in VARIANTS}
    assert 'data-open="f"' in drawn["full"] and "peephole" not in drawn["full"]
    assert 'data-open="f"' not in drawn["no forget gate"] and "× 1" in drawn["no forget gate"]
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


def test_slopes_of_shut_gates_keep_their_digits():
    """f(1 − f) from σ(−a): 1 − σ(30) has three right digits, σ(−30) all of them."""
    m = make(topic="gradient", network="latch", n_steps=12, signal="drawn", x=(1.0, -1.0), mark=(1.0, 0.0))
    said = shown(m, 2)["One step: from 2 to 3"]
    moved = float(re.search(r"Wf·c·f\(1 - f\) = 0·(\S+)", said)[1])
    assert moved == pytest.approx(np.exp(-30) / (1 + np.exp(-30)) ** 2 * m.traced.run.c[1, 0], rel=2e-5, abs=0)


def test_a_power_of_ten_is_bracketed_before_its_exponent():
    assert text(gate_terms.factors(np.full(200, 4.5397869e-5))) == "(4.5397869e-5)200"
    assert text(gate_terms.factors(np.full(3, 0.5))) == "0.53"


@pytest.mark.parametrize("t", [1, 5])
def test_gates_of_the_variants_come_from_their_sums(t):
    m = make(topic="variants", network="random", n_units=4, n_steps=8, signal="task", unit=2)
    runs, blocks = m.result.runs, shown(m, t)
    asked = {
        "LSTM": ("full", "fig"),
        "No forget gate (1997)": ("no forget gate", "ig"),
        "Peepholes": ("peephole", "fig"),
        "Coupled gates": ("coupled gates", "fg"),
        "GRU": ("GRU", "rzn"),
    }
    for title, (name, gates) in asked.items():
        for gate in gates:
            found = re.search(
                rf"a{gate} = [^=]*= ([^=]+) = (\S+) {gate}\({t}\) = (?:σ|tanh)\((\S+)\) = (\S+)", blocks[title]
            )
            assert computed(found[1]) == pytest.approx(float(found[2]), abs=1e-3) and found[2] == found[3]
            assert float(found[4]) == pytest.approx(getattr(runs[name], gate)[t - 1, 1], abs=1e-5)


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
