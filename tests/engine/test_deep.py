"""Stacked and bidirectional layers: stored results of PyTorch, finite differences, and layers put together by hand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import deep, gradients, gru, lstm, rnn
from engine.deep import Bidirectional, Layer

pytestmark = pytest.mark.filterwarnings("error")

STORED = np.load(Path(__file__).parents[1] / "golden" / "deep.npz")
CASES = sorted({key.split("/")[0] for key in STORED})


def assert_close(actual, expected, tolerance, name=""):
    """Relative to the whole array: single elements may be small by cancellation."""
    assert np.shape(actual) == np.shape(expected), name
    assert np.linalg.norm(np.subtract(actual, expected)) <= tolerance * np.linalg.norm(expected) + 1e-300, name


def layer_of_pytorch(kind, case, end):
    """PyTorch's two biases are one here, except in the candidate of a GRU, where the reset gate stands between them."""
    U, W, b_ih, b_hh = (case[f"{name}_{end}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    if kind == "lstm":
        return Layer("lstm", lstm.LstmParams(U, W, b_ih + b_hh))
    if kind == "gru":
        n = W.shape[1]
        b = np.concatenate([(b_ih + b_hh)[: 2 * n], b_ih[2 * n :], b_hh[2 * n :]])
        return Layer("gru", gru.GruParams(U, W, b), {"reset_after": True})
    return Layer("rnn", rnn.RnnParams(U, W, b_ih + b_hh), {"activation": "relu" if kind == "relu" else "tanh"})


def network_of_pytorch(name):
    """(case, layers, start) and, in PyTorch's order, the end of each cell's keys."""
    case = {key.split("/")[1]: STORED[key] for key in STORED if key.startswith(name + "/")}
    kind, count, *both = name.split("-")
    ends = [[f"l{number}", f"l{number}_reverse"][: 1 + len(both)] for number in range(int(count))]
    states = {key: iter(case[key]) for key in ("h0", "c0") if key in case}
    layers, start = [], []
    for pair in ends:
        cells = [layer_of_pytorch(kind, case, end) for end in pair]
        begins = [{key: next(rows) for key, rows in states.items()} for _ in pair]
        layers.append(Bidirectional(*cells) if both else cells[0])
        start.append(tuple(begins) if both else begins[0])
    return case, layers, start, ends


@pytest.mark.parametrize("name", CASES)
def test_stored_results_of_pytorch(name):
    case, layers, start, ends = network_of_pytorch(name)
    result = deep.run(case["x"], layers, start=start)
    assert_close(result.h, case["y"], 1e-12)
    assert len(result.layers) == len(result.inputs) == len(layers)
    found = deep.bptt(case["x"], layers, 2 * (result.h - case["d"]), start=start)
    assert_close(found.dF_dx, case["dx"], 1e-12)
    both = isinstance(layers[0], Bidirectional)
    cells = [cell for result in found.layers for cell in (result if both else [result])]
    for number, (cell, end) in enumerate(zip(cells, [end for pair in ends for end in pair], strict=True)):
        assert_close(cell.dU, case[f"dweight_ih_{end}"], 1e-12, end)
        assert_close(cell.dW, case[f"dweight_hh_{end}"], 1e-12, end)
        assert_close(cell.dh0, case["dh0"][number], 1e-12, end)
        n = cell.dh0.size
        assert_close(cell.db[: 3 * n] if name.startswith("gru") else cell.db, case[f"dbias_ih_{end}"], 1e-12, end)
        if name.startswith("gru"):
            expected = case[f"dbias_hh_{end}"]
            assert_close(cell.db[[*range(2 * n), *range(3 * n, 4 * n)]], expected, 1e-12, end)
        if name.startswith("lstm"):
            assert_close(cell.dc0, case["dc0"][number], 1e-12, end)


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("bidirectional")])
def test_final_states_of_pytorch_stand_at_the_end_where_each_direction_stops(name):
    case, layers, start, _ = network_of_pytorch(name)
    runs = deep.run(case["x"], layers, start=start).layers
    last = [values for forward, backward in runs for values in (forward.h[-1], backward.h[0])]
    assert_close(last, case["h_n"], 1e-12)


def draw_layer(kind, n, m, rng, option=None):
    rows = {"rnn": 1, "gru": 3, "lstm": 4}[kind] * n
    weights = rng.normal(size=(rows, m)), rng.normal(size=(rows, n)) / np.sqrt(n), rng.normal(size=rows)
    if kind == "rnn":
        return Layer(kind, rnn.RnnParams(*weights), {"activation": option or "tanh"})
    if kind == "gru":
        return Layer(kind, gru.GruParams(*weights), {"reset_after": bool(option)})
    return Layer(kind, lstm.LstmParams(*weights, rng.normal(size=(3, n))), {"variant": option or "full"})


def draw_start(layer, rng):
    if isinstance(layer, Bidirectional):
        return tuple(draw_start(one, rng) for one in layer)
    n = layer.params.W.shape[1]
    return {key: rng.normal(size=n) for key in (("h0", "c0") if layer.kind == "lstm" else ("h0",))}


def derivative(x, layers, start, weights, values):
    """Central differences of sum(weights * h) by the entries of `values`, an array that is part of the problem."""
    found = np.empty_like(values)
    for index in np.ndindex(values.shape):
        kept, losses = values[index], []
        for step in (1e-5, -1e-5):
            values[index] = kept + step
            losses.append((weights * deep.run(x, layers, start=start).h).sum())
        values[index] = kept
        found[index] = (losses[0] - losses[1]) / 2e-5
    return found


@pytest.mark.parametrize(
    "stack",
    [
        [("lstm", "lstm"), ("lstm", "lstm")],
        [("gru", "rnn"), "lstm", ("rnn", "gru")],
        ["rnn", ("lstm", "gru"), "gru"],
    ],
    ids=["2 bidirectional LSTM layers", "bidirectional at both ends", "bidirectional between"],
)
def test_gradients_against_central_differences(stack):
    rng = np.random.default_rng(7)
    x, width, layers = rng.normal(size=(5, 2)), 2, []
    for kinds in stack:
        pair = [kinds] if isinstance(kinds, str) else kinds
        cells = [draw_layer(kind, n, width, rng) for kind, n in zip(pair, (2, 3), strict=False)]
        layers.append(cells[0] if len(cells) == 1 else Bidirectional(*cells))
        width = sum(cell.params.W.shape[1] for cell in cells)
    start = [draw_start(layer, rng) for layer in layers]
    explicit = rng.normal(size=(5, width))
    found = deep.bptt(x, layers, explicit, start=start)
    assert_close(found.dF_dx, derivative(x, layers, start, explicit, x), 1e-6, "x")
    for layer, begin, here in zip(layers, start, found.layers, strict=True):
        triples = zip(layer, begin, here, strict=True) if isinstance(layer, Bidirectional) else [(layer, begin, here)]
        for cell, states, result in triples:
            given = cell.params._asdict() | states
            for name, values in given.items():
                expected = derivative(x, layers, start, explicit, values)
                assert_close(getattr(result, f"d{name}"), expected, 1e-6, f"{cell.kind} {name}")


def test_one_layer_is_the_cell_itself():
    rng = np.random.default_rng(1)
    x, explicit = rng.normal(size=(6, 2)), rng.normal(size=(6, 3))
    for kind, option, run, bptt in (
        ("rnn", "logistic", rnn.run, gradients.bptt),
        ("lstm", "coupled gates", lstm.run, lstm.bptt),
        ("lstm", "no forget gate", lstm.run, lstm.bptt),
        ("gru", None, gru.run, gru.bptt),
    ):
        layer = draw_layer(kind, 3, 2, rng, option)
        expected, alone = run(x, layer.params, **layer.options), bptt(x, layer.params, explicit, **layer.options)
        result, found = deep.run(x, [layer]), deep.bptt(x, [layer], explicit)
        for together, single in ((result.layers[0], expected), (found.layers[0], alone)):
            for name, values in single._asdict().items():
                np.testing.assert_array_equal(getattr(together, name), values, err_msg=name)
        np.testing.assert_array_equal(result.h, expected.h)


@given(st.data())
@settings(deadline=None)
def test_reversing_time_swaps_the_directions(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    kinds = [data.draw(st.sampled_from(deep.KINDS)) for _ in range(2)]
    n_steps, m, n_forward, n_backward = (data.draw(st.integers(1, high)) for high in (8, 3, 4, 4))
    x = rng.normal(size=(n_steps, m))
    cells = [draw_layer(kind, n, m, rng) for kind, n in zip(kinds, (n_forward, n_backward), strict=True)]
    there = deep.run(x, [Bidirectional(*cells)])
    back = deep.run(x[::-1], [Bidirectional(*cells[::-1])])
    np.testing.assert_array_equal(there.h[:, :n_forward], back.h[::-1, n_backward:])
    np.testing.assert_array_equal(there.h[:, n_forward:], back.h[::-1, :n_backward])
    explicit = rng.normal(size=there.h.shape)
    swapped = np.hstack([explicit[::-1, n_forward:], explicit[::-1, :n_forward]])
    found = deep.bptt(x, [Bidirectional(*cells)], explicit)
    mirrored = deep.bptt(x[::-1], [Bidirectional(*cells[::-1])], swapped)
    assert_close(found.dF_dx, mirrored.dF_dx[::-1], 1e-13)
    for one, other in zip(found.layers[0], mirrored.layers[0][::-1], strict=True):
        assert_close(one.dW, other.dW, 1e-13)
        np.testing.assert_array_equal(one.dF_da, other.dF_da[::-1])


def test_backward_layer_sees_the_future_only():
    identity = Layer("rnn", rnn.RnnParams([[1]], [[1]], [0]), {"activation": "identity"})
    h = deep.run([1, 10, 100, 1000], [Bidirectional(identity, identity)]).h
    assert h.tolist() == [[1, 1111], [11, 1110], [111, 1100], [1111, 1000]]


def test_two_sums_on_top_of_each_other():
    identity = Layer("rnn", rnn.RnnParams([[1]], [[1]], [0]), {"activation": "identity"})
    result = deep.run([1, 1, 1, 1], [identity, identity], start=[None, {"h0": [5]}])
    assert result.h[:, 0].tolist() == [6, 8, 11, 15]
    assert result.inputs[1][:, 0].tolist() == [1, 2, 3, 4]


def test_layers_above_show_nan_from_the_overflow_on():
    growing = Layer("rnn", rnn.RnnParams([[1.0]], [[10.0]], [0.0]), {"activation": "identity"})
    upper = draw_layer("lstm", 2, 1, np.random.default_rng(0))
    result = deep.run(np.ones(400), [growing, Bidirectional(upper, upper)])
    first = int(np.isinf(result.inputs[1][:, 0]).argmax())
    assert 300 < first < 320
    assert np.isfinite(result.h[:first, :2]).all() and np.isnan(result.h[first:, :2]).all()
    assert np.isnan(result.h[:, 2:]).all()  # the backward half starts behind the overflow
    alone = deep.run(np.ones(first), [growing, upper]).h
    np.testing.assert_array_equal(result.h[:first, :2], alone)
    found = deep.bptt(np.ones(400), [growing, upper], np.ones((400, 2)))
    assert np.isnan(found.dF_dx).all() and np.isnan(found.layers[0].dW).all() and np.isnan(found.layers[1].dW).all()


def test_gradients_that_explode_are_nan_below():
    # h = x1 + 10 h(t-1), and the layer below is silent: its states are 0, but dF/dh(1) is 10^399
    growing = Layer("rnn", rnn.RnnParams([[1.0, 0.0]], [[10.0]], [0.0]), {"activation": "identity"})
    silent = Layer("gru", gru.GruParams(np.zeros((6, 1)), np.zeros((6, 2)), np.zeros(6)))
    found = deep.bptt(np.zeros(400), [silent, growing], np.ones((400, 1)))
    assert not np.isfinite(found.layers[1].dF_dh[0]).any()
    assert np.isnan(found.layers[0].dU).all() and np.isnan(found.dF_dx).all()


def test_arguments_are_left_alone():
    rng = np.random.default_rng(3)
    layers = (Bidirectional(draw_layer("lstm", 2, 2, rng), draw_layer("gru", 3, 2, rng)),)
    x, explicit = rng.normal(size=(4, 2)), rng.normal(size=(4, 5))
    for values in (x, explicit, *layers[0].forward.params, *layers[0].backward.params):
        values.flags.writeable = False
    deep.run(x, layers)
    deep.bptt(x, layers, explicit)
    assert (deep.n_inputs(layers[0]), deep.n_outputs(layers[0])) == (2, 5)
    assert [place for place, _ in deep.cells(layers[0], "top")] == ["top.forward", "top.backward"]


BASIC = Layer("rnn", rnn.RnnParams(np.ones((2, 3)), np.eye(2), np.zeros(2)))
GATED = draw_layer("lstm", 2, 3, np.random.default_rng(0))
X = np.zeros((4, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: deep.run(X, []), r"layers must be a sequence of Layer or Bidirectional, got \[\]"),
        (lambda: deep.run(X, BASIC), "layers must be a sequence of Layer"),
        (lambda: deep.run(X, [BASIC.params]), r"layers\[0\] must be a Layer or Bidirectional, got"),
        (lambda: deep.run(X, [Bidirectional(BASIC, 1)]), r"layers\[0\].backward must be a Layer"),
        (lambda: deep.run(X, [BASIC, BASIC]), r"layers\[1\]: x must have shape \(None, 3\), got shape \(4, 2\)"),
        (lambda: deep.run(X[0], [BASIC]), r"layers\[0\]: x must have shape \(None, 3\), got shape \(3, 1\)"),
        (lambda: deep.run(X + np.inf, [BASIC]), "x must be finite"),
        (lambda: deep.run("no", [BASIC]), "x must hold real numbers"),
        (
            lambda: deep.run(X, [BASIC._replace(kind="cnn")]),
            r"layers\[0\].kind must be one of rnn, lstm, gru, got 'cnn'",
        ),
        (
            lambda: deep.run(X, [BASIC._replace(options={"variant": "full"})]),
            r"\.options may hold activation only, got",
        ),
        (
            lambda: deep.run(X, [BASIC._replace(options=None)]),
            r"layers\[0\].options may hold activation only, got None",
        ),
        (
            lambda: deep.run(X, [BASIC._replace(options={"activation": "sin"})]),
            r"layers\[0\]: activation must be one of",
        ),
        (lambda: deep.run(X, [GATED._replace(params=BASIC.params)]), r"layers\[0\]: params"),
        (
            lambda: deep.run(X, [GATED._replace(params=None)]),
            r"layers\[0\].params must be the weights of lstm, got None",
        ),
        (lambda: deep.n_outputs(GATED._replace(params=(X, X[0], X))), r"layer.params.W must have shape \(None, None\)"),
        (lambda: deep.n_inputs(GATED._replace(params=(X[0], X, X))), r"layer.params.U must have shape \(None, None\)"),
        (lambda: deep.run(X, [BASIC], start=[]), r"start must hold one entry for each of 1 layers, got \[\]"),
        (lambda: deep.run(X, [BASIC], start={"h0": [0, 0]}), "start must hold one entry for each of 1 layers"),
        (lambda: deep.run(X, [BASIC], start=[{"c0": [0, 0]}]), r"start\[0\] may hold h0 only, got"),
        (lambda: deep.run(X, [GATED], start=[[0, 0]]), r"start\[0\] may hold h0 and c0 only, got"),
        (lambda: deep.run(X, [GATED], start=[{"c0": [0]}]), r"layers\[0\]: c0 must have"),
        (lambda: deep.run(X, [Bidirectional(BASIC, BASIC)], start=[{}]), r"start\[0\] must be a pair, forward and"),
        (lambda: deep.bptt(X, [BASIC], X), r"explicit must have shape \(4, 2\), got shape \(4, 3\)"),
        (lambda: deep.bptt(X, [BASIC], X[:, :2] * np.nan), "explicit must be finite"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
