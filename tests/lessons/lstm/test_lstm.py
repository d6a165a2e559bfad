"""The model of the LSTM lesson against loops, finite differences and closed forms that share no code with it."""

import base64
import io

import numpy as np
import pytest

from engine import deep, gru, lstm, network, tasks, weights
from lessons.lstm.networks import described
from lessons.lstm.parameters import GATES, NETWORKS
from tests.engine.weight_files import as_npz, state_dict
from tests.lessons import plain
from tests.lessons.lstm import lstm_oracle
from tests.lessons.lstm.lstm_oracle import CELL, literal, logistic, make, model_at, one_cell

# The numbers plotted


@pytest.mark.parametrize("variant", ["full", "no forget gate", "peephole", "coupled gates"])
def test_the_single_cell_against_its_equations_written_out(variant):
    table = one_cell(variant=variant).table()
    wanted = literal(CELL, table["x"], table["mark"], variant)
    for name, values in wanted.items():
        np.testing.assert_allclose(table[name], values, rtol=1e-12, atol=1e-15, err_msg=name)
    assert list(table) == ["t", "x", "mark", "i", "f", "g", "o", "c", "h"]


def test_the_variants_share_the_weights_they_have_in_common():
    m = one_cell(topic="variants", variant="peephole")
    table = m.table()
    for variant in ("full", "no forget gate", "peephole", "coupled gates"):
        wanted = literal(CELL, table["x"], table["mark"], variant)
        name = variant.replace(" ", "_")
        np.testing.assert_allclose(table[name], wanted["c"], rtol=1e-12, atol=1e-15)
        if variant != "no forget gate":
            np.testing.assert_allclose(table[f"f_{name}"], wanted["f"], rtol=1e-12)
    h, wanted = 0.0, []
    for x, mark in zip(table["x"], table["mark"], strict=True):
        a = {gate: CELL[f"U_{gate}"] * x + CELL[f"M_{gate}"] * mark + CELL[f"b_{gate}"] for gate in GATES}
        r, z = logistic(a["o"] + CELL["W_o"] * h), logistic(a["f"] + CELL["W_f"] * h)
        h = (1 - z) * np.tanh(a["g"] + CELL["W_g"] * r * h) + z * h
        wanted.append((h, z))
    np.testing.assert_allclose(np.array(wanted), np.column_stack([table["gru"], table["z_gru"]]), rtol=1e-12)


def central(function, at, by=1e-6):
    return (function(at + by) - function(at - by)) / (2 * by)


@pytest.mark.parametrize("variant", ["full", "no forget gate", "peephole", "coupled gates"])
def test_all_lines_of_the_gradient_against_finite_differences(variant):
    m = one_cell(topic="gradient", variant=variant)
    table, r = m.table(), m.result
    x, mark, last_step = table["x"], table["mark"], m.n_steps
    run = literal(CELL, x, mark, variant)

    def last(k, c, h):
        """The last step when step k ends with these."""
        rest = literal(CELL, x[k:], mark[k:], variant, (h, c))
        return rest["h"][-1], rest["c"][-1]

    def shown(c, k):
        """h(k) with c(k) moved: also the output gate's peephole sees it."""
        peep = CELL["P_o"] if variant == "peephole" else 0.0
        logit = np.log(run["o"][k - 1] / (1 - run["o"][k - 1])) + peep * (c - run["c"][k - 1])
        return logistic(logit) * np.tanh(c)

    for k in range(1, last_step):
        c, h = run["c"][k - 1], run["h"][k - 1]
        by_c = [central(lambda c, j=j, k=k: last(k, c, shown(c, k))[j], c) for j in (0, 1)]
        by_h = central(lambda h, k=k, c=c: last(k, c, h)[0], h)
        np.testing.assert_allclose(10.0 ** r.cell[k - 1], abs(by_c[1]), rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(10.0 ** r.truncated_exact[k - 1], abs(by_c[0]), rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(10.0 ** r.hidden[k - 1], abs(by_h), rtol=1e-5, atol=1e-9)
        product = np.prod(run["f"][k:])
        np.testing.assert_allclose(10.0 ** table["forget"][k - 1], product, rtol=1e-10)
        slope = run["o"][-1] * (1 - np.tanh(run["c"][-1]) ** 2)
        if variant != "peephole":
            np.testing.assert_allclose(10.0 ** table["truncated"][k - 1], product * slope, rtol=1e-10)
    assert table["cell"][-1] == table["hidden"][-1] == table["forget"][-1] == 0


# What the presets promise


def test_the_hand_set_networks_do_their_tasks():
    latch = model_at(preset="latch").table()
    np.testing.assert_allclose(latch["y"][2:], [1] * 5 + [-1] * 5, atol=1e-3)
    np.testing.assert_array_equal(np.isnan(latch["d"]), [True] * 2 + [False] * 10)
    total = model_at(preset="marked-sum").table()
    np.testing.assert_allclose(total["y"], np.cumsum(total["x"] * total["mark"]), atol=1e-5)
    counted = model_at(preset="count-ab").table()
    assert (np.flatnonzero(counted["y"] > 0) + 1).tolist() == [10] == (np.flatnonzero(counted["d"] > 0) + 1).tolist()
    parity = model_at(preset="parity").table()
    np.testing.assert_array_equal(parity["y"] > 0, np.cumsum(parity["x"]) % 2 == 1)
    np.testing.assert_array_equal(parity["d"] > 0, np.cumsum(parity["x"]) % 2 == 1)


@pytest.mark.parametrize("seed", [1, 2, 33])
def test_the_trained_networks_do_their_tasks(seed):
    for preset in ("recall-50", "recall-200"):
        table = model_at(preset=preset, seed=seed).table()
        assert table["y"][-1] * table["d"][-1] > 0 and table["d"][-1] == table["x"][0]
    adding = model_at(preset="adding", seed=seed).table()
    assert adding["d"][-1] == 0.5 + (adding["x"] * adding["mark"]).sum() / 4
    assert adding["y"][-1] == pytest.approx(adding["d"][-1], abs=0.15)


@pytest.mark.parametrize("network_name", [name for name in NETWORKS if name not in ("characters", "uploaded")])
@pytest.mark.parametrize("n_steps", [2, 3, 25])
def test_targets_are_what_the_task_says_for_any_seed(network_name, n_steps):
    for seed in range(5):
        m = model_at(network=network_name, n_steps=n_steps, signal="task", seed=seed)
        x, mark = m.inputs()
        d = m.targets()
        assert x.shape == mark.shape == d.shape == (n_steps,)
        if network_name in lstm_oracle.ASKED:
            asked = [lstm_oracle.ASKED[network_name](x[:t], mark[:t]) for t in range(1, n_steps + 1)]
            np.testing.assert_allclose(d, asked, atol=1e-12)
        if network_name in ("one cell", "random"):
            assert np.isnan(d).all()


def test_every_third_seed_is_a_near_miss_of_the_language():
    accepted = [model_at(network="count ab", n_steps=10, signal="task", seed=seed).targets()[-1] for seed in range(6)]
    assert accepted == [-1, 1, 1, -1, 1, 1]


def test_a_drawn_input_is_read_as_the_task_allows():
    m = model_at(network="count ab", x="1,0.3,-0.2,0", n_steps=4)
    np.testing.assert_array_equal(m.inputs()[0], [1, 1, -1, -1])
    m = model_at(network="parity", x="1,0.6,0.4,-2", n_steps=4)
    np.testing.assert_array_equal(m.inputs()[0], [1, 1, 0, 0])


def test_the_character_model_reads_one_hot_and_says_what_it_expects():
    m = model_at(preset="characters", text="the rat that")
    traced, k = m.traced, len(tasks.ALPHABET)
    np.testing.assert_array_equal(traced.x, np.eye(k)[[tasks.ALPHABET.index(c) for c in "the rat that"]])
    logits = traced.y - traced.y.max(axis=1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wanted = [p[t, tasks.ALPHABET.index("the rat that"[t + 1])] for t in range(11)]
    np.testing.assert_allclose(m.table()["y"], [*wanted, np.nan], rtol=1e-12)
    assert "x" not in m.table() and m.n_steps == 12
    m.text = "th"
    assert m.n_steps == 2


# Scripts


@pytest.mark.parametrize("topic", ["gates", "gradient", "variants"])
@pytest.mark.parametrize("settings", [
    {"network": "one cell", "variant": "peephole", **CELL},
    {"network": "one cell", "variant": "coupled gates", **CELL},
    {"network": "random", "variant": "peephole", "n_units": 5, "unit": 9},
    {"network": "random", "variant": "no forget gate", "signal": "task", "seed": 12},
    {"network": "characters", "text": "the cat"},
    {"network": "recall 50", "signal": "task", "n_steps": 30},
    {"network": "parity", "x": "1,0,1,1"},
])  # fmt: skip
def test_the_script_computes_the_table_again(topic, settings):
    m = model_at(topic=topic, **settings)
    plain.assert_computed_again(m)


# Uploads


def stacked(n_layers: int, n_inputs: int, n_units: int = 4) -> network.Network:
    rng = np.random.default_rng(7)
    sizes = [n_inputs] + [n_units] * n_layers
    layers = tuple(deep.Layer("lstm", lstm.initial(n_units, size, rng), {"variant": "full"}) for size in sizes[:-1])
    return network.Network(layers, rng.normal(size=(2, n_units)), np.zeros(2))


def saved(net: network.Network) -> bytes:
    file = io.BytesIO()
    weights.save(file, net)
    return file.getvalue()


def test_uploaded_layers_are_shown_one_at_a_time():
    net, page = stacked(3, 3), make(n_steps=9, signal="task")
    page.model.upload("mine.npz", saved(net))
    m = page.model
    assert (m.network, m.layer, m.unit, m.n_layers, m.n_inputs) == ("uploaded", 1, 1, 3, 3)
    x, mark = m.inputs()
    below = np.column_stack([x, mark, np.zeros(9)])
    for k in (1, 2, 3):
        m.param.update(layer=k, unit=2)
        run = lstm.run(below, net.layers[k - 1].params)
        np.testing.assert_allclose(m.table()["c"], run.c[:, 1], rtol=1e-12)
        np.testing.assert_allclose(m.traced.inputs, below, rtol=1e-12)
        plain.assert_computed_again(m)
        m.topic = "gradient"
        plain.assert_computed_again(m)
        m.topic = "gates"
        below = run.h
    np.testing.assert_allclose(m.table()["y"], below @ net.V[0], rtol=1e-12)
    assert "layer" not in page.show()["unused"]
    m.layer = 4
    assert m.shown_layer == 3 and m.table()["c"].shape == (9,)


def test_scripts_run_layers_of_unlike_kinds():
    rng = np.random.default_rng(3)
    layers = []
    for n_inputs, variant, peepholes in ((2, "full", True), (4, "coupled gates", False), (4, "no forget gate", True)):
        params = lstm.initial(4, n_inputs, rng, peepholes=peepholes)
        layers.append(deep.Layer("lstm", params, {"variant": variant}))
    page = make(n_steps=9, signal="task")
    page.model.upload("mine.npz", saved(network.Network(tuple(layers), rng.normal(size=(2, 4)), np.zeros(2))))
    for topic in ("gates", "gradient", "variants"):
        for layer in (1, 2, 3):
            page.model.param.update(topic=topic, layer=layer)
            plain.assert_computed_again(page.model)


def test_uploads_that_cannot_be_shown_leave_the_page_as_it_was():
    page = make()
    layer = deep.Layer("gru", gru.initial(3, 2, np.random.default_rng(1)), {})
    other = network.Network((layer,), np.eye(3), np.zeros(3))
    for content in (saved(other), b"", b"\x80\x04no pickle is ever opened", b"PK\x03\x04 broken"):
        with pytest.raises(ValueError) as problem:
            page.model.upload("file", content)
        assert 15 < len(str(problem.value)) < 300 and "\n" not in str(problem.value)
    assert page.model.network == "latch" and page.model.uploaded is None


def test_an_address_that_names_uploaded_weights_shows_the_latch_and_says_why():
    page = make(network="uploaded")
    frame = page.frame
    assert "No file is loaded; until you choose one, this is the latch." in frame["tables"]["upload"]
    np.testing.assert_array_equal(page.model.table()["c"], model_at(n_steps=page.model.n_steps).table()["c"])
    assert "upload" not in frame["hidden"] and frame["notices"] == []


def test_the_card_says_which_file_is_loaded_its_kind_and_its_sizes():
    page = make(network="uploaded")
    assert "Loaded:" not in page.frame["tables"]["upload"]
    frame = page.ask("upload", name="mine.npz", content=base64.b64encode(saved(stacked(2, 3))).decode())
    numbers = 4 * 4 * (3 + 4 + 1) + 4 * 4 * (4 + 4 + 1) + 2 * 4 + 2
    said = f"Loaded: <b>mine.npz</b>, an LSTM with 2 layers of 4 units, 3 inputs, 2 outputs and {numbers} numbers."
    assert said in frame["tables"]["upload"]
    frame = page.ask("upload", name="bad.npz", content="")
    assert frame["notices"] and said in page.show()["tables"]["upload"]


def test_a_file_has_the_browsers_number_and_one_without_a_name_is_forgotten():
    page = make()
    assert page.frame["file"] is None
    content = base64.b64encode(saved(stacked(2, 3))).decode()
    assert page.ask("upload", name="mine.npz", content=content, number=3)["file"] == 3
    assert page.ask("upload", name="bad.npz", content="", number=4)["file"] == 3
    assert page.set(network="latch")["file"] is None and page.set(network="uploaded")["file"] == 3
    frame = page.ask("upload", name="", content="")
    assert frame["file"] == 0 and "No file is loaded" in frame["tables"]["upload"] and not frame["notices"]


def test_a_preset_leads_to_the_field():
    frame = make().ask("preset", name="own-network")
    assert "upload" not in frame["hidden"] and "data-upload" in frame["tables"]["upload"]


@pytest.mark.parametrize(
    ("kind", "sizes", "said"),
    [
        ("rnn", {}, "an RNN with 1 unit, 1 input, no readout and 3 numbers"),
        ("gru", {"both": True}, "a bidirectional GRU with 1 unit, 1 input, no readout and 20 numbers"),
        ("lstm", {"n": 2, "m": 3, "readout": 1}, "an LSTM with 2 units, 3 inputs, 1 output and 51 numbers"),
    ],
)
def test_a_network_in_words(kind, sizes, said):
    assert described(weights.load(as_npz(state_dict(kind, **{"n": 1, "m": 1} | sizes)))) == said


def test_an_uploaded_network_with_an_input_per_character_reads_text():
    page = make()
    content = base64.b64encode(saved(stacked(1, len(tasks.ALPHABET)))).decode()
    frame = page.ask("upload", name="letters.npz", content=content)
    m = page.model
    assert m.is_text and m.n_steps == len(m.text) and frame["sentence"] == m.sentence() and frame["notices"] == []
    assert "upload" not in frame["hidden"] and "letters.npz" in frame["tables"]["upload"]


# Challenges, condition by condition (that each solution passes is tested for all pages)


@pytest.fixture(scope="module")
def page():
    return make()


def solved(page, number: int, **changes) -> tuple[bool, str]:
    page.ask("solve", challenge=number)
    page.model.param.update(**changes)
    check = getattr(page.model, page.room.lesson.challenges[number].check)()
    return check.passed, check.reason


@pytest.mark.parametrize(("number", "changes"), [
    (0, {"b_f": 8.0}), (0, {"b_i": 0.0}), (0, {"U_g": 0.1}), (0, {"n_steps": 100}), (0, {"x": (1.0,)}),
    (1, {"W_f": 1.0}), (1, {"b_f": 0.0}), (1, {"topic": "gates"}), (1, {"n_steps": 10}), (1, {"network": "latch"}),
    (2, {"M_f": 0.0}), (2, {"b_f": 2.0}), (2, {"U_g": 0.01}), (2, {"mark": (1.0,)}), (2, {"M_i": 0.0}),
    (2, {"mark": (0.0,) * 7 + (1.0, 1.0)}), (2, {"n_steps": 9}),
])  # fmt: skip
def test_each_condition_of_a_challenge_counts(page, number, changes):
    assert solved(page, number)[0]
    passed, reason = solved(page, number, **changes)
    assert not passed and len(reason) > 20
