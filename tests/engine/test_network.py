"""Readout, losses and the whole network's gradient: by hand, by literal sums, and by finite differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import gradients, network, rnn
from engine.deep import Bidirectional, Layer
from engine.lstm import LstmParams
from engine.network import Network

pytestmark = pytest.mark.filterwarnings("error")


def basic(n, m, seed=0):
    rng = np.random.default_rng(seed)
    return Layer("rnn", rnn.RnnParams(rng.normal(size=(n, m)), rng.normal(size=(n, n)) / n, rng.normal(size=n)))


def gated(n, m, seed=0):
    rng = np.random.default_rng(seed)
    return Layer("lstm", LstmParams(rng.normal(size=(4 * n, m)), rng.normal(size=(4 * n, n)), rng.normal(size=4 * n)))


def with_readout(layers, k, n_out, seed=0):
    rng = np.random.default_rng(seed)
    return Network(tuple(layers), rng.normal(size=(k, n_out)), rng.normal(size=k))


def test_readout_by_hand():
    # relu keeps h = x, so y = 2 h1 - h2 + 3
    layer = Layer("rnn", rnn.RnnParams(np.eye(2), np.zeros((2, 2)), [0, 0]), {"activation": "relu"})
    result = network.run([[1, 2], [3, 5]], Network((layer,), [[2, -1]], [3]))
    assert (result.y.tolist(), result.h.tolist()) == ([[3], [4]], [[1, 2], [3, 5]])
    assert result.inputs[0].tolist() == [[1, 2], [3, 5]]
    assert result.layers[0].a.tolist() == [[1, 2], [3, 5]]


def test_number_of_inputs():
    assert network.n_inputs(with_readout([basic(3, 2)], 1, 3)) == 2
    assert network.n_inputs(with_readout([Bidirectional(basic(3, 5), gated(2, 5)), gated(2, 5)], 1, 2)) == 5


def test_softmax_by_hand_and_beyond_the_range_of_exp():
    np.testing.assert_allclose(network.softmax([[0, math.log(3)], [5, 5]]), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-15)
    assert network.softmax([[1e4, 0.0], [-1e308, 1e308]]).tolist() == [[1, 0], [0, 1]]
    assert np.isnan(network.softmax([[np.nan, 0.0]])).all()


def literal_cross_entropy(y, targets, counted):
    terms = []
    for row, target, counts in zip(y, targets, counted, strict=True):
        largest = max(row)
        total = math.fsum(math.exp(value - largest) for value in row)
        terms += [largest + math.log(total) - row[target]] if counts else []
    return math.fsum(terms) / len(terms)


@given(st.data())
def test_cross_entropy_against_literal_sums_and_finite_differences(data):
    n_steps, k = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    y, targets = 3 * rng.normal(size=(n_steps, k)), rng.integers(k, size=n_steps)
    counted = rng.random(n_steps) < 0.6
    counted[rng.integers(n_steps)] = True
    result = network.cross_entropy(y, targets, counted=counted)
    assert result.loss == pytest.approx(literal_cross_entropy(y, targets, counted), rel=1e-13, abs=1e-13)
    assert result.per_step[counted].mean() == pytest.approx(result.loss)
    assert_central_differences(result.dF_dy, y, lambda at: literal_cross_entropy(at, targets, counted))


def assert_central_differences(found, values, loss, step=1e-5):
    expected = np.empty_like(values)
    for index in np.ndindex(values.shape):
        losses = []
        for sign in (1, -1):
            nudged = values.copy()
            nudged[index] += sign * step
            losses.append(loss(nudged))
        expected[index] = (losses[0] - losses[1]) / (2 * step)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_cross_entropy_by_hand():
    y, targets = [[0, math.log(3)], [math.log(9), 0]], [1, 1]
    every = network.cross_entropy(y, targets)
    assert every.per_step.tolist() == pytest.approx([math.log(4 / 3), math.log(10)])
    assert every.loss == pytest.approx(math.log(40 / 3) / 2)
    np.testing.assert_allclose(every.dF_dy, [[0.125, -0.125], [0.45, -0.45]], rtol=1e-14)
    last = network.cross_entropy(y, targets, counted=[False, True])
    assert last.loss == pytest.approx(math.log(10))
    np.testing.assert_allclose(last.dF_dy, [[0, 0], [0.9, -0.9]], rtol=1e-14)
    assert last.per_step.tolist() == every.per_step.tolist()


def test_cross_entropy_of_ignorance_and_of_certainty():
    assert network.cross_entropy(np.zeros((3, 8)), [0, 3, 7]).loss == pytest.approx(math.log(8))
    sure = network.cross_entropy([[1000.0, 0.0]], [1])
    assert (sure.loss, sure.dF_dy.tolist()) == (1000, [[1, -1]])


def test_mean_squared_error_by_hand():
    y, d = [[1, 2], [3, 4]], [[2, 2], [1, 5]]
    every = network.mean_squared_error(y, d)
    assert (every.loss, every.dF_dy.tolist()) == (1.5, [[-0.5, 0], [1, -0.5]])
    last = network.mean_squared_error(y, d, counted=[False, True])
    assert (last.loss, last.dF_dy.tolist()) == (2.5, [[0, 0], [2, -1]])


def test_squared_error_agrees_with_the_output_layer_of_the_lessons():
    rng = np.random.default_rng(1)
    h, V, b_out, d = (rng.normal(size=shape) for shape in ((5, 3), (2, 3), 2, (5, 2)))
    summed = gradients.output_layer(h, V, b_out, d)
    mean = network.mean_squared_error(h @ V.T + b_out, d)
    assert mean.loss * 10 == pytest.approx(summed.loss)
    np.testing.assert_allclose(10 * mean.dF_dy @ V, summed.explicit, rtol=1e-12)


@pytest.mark.parametrize("loss", ["cross entropy", "squared error"])
def test_gradients_against_central_differences(loss):
    rng = np.random.default_rng(2)
    x, d, targets = rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), rng.integers(3, size=5)
    counted = np.array([True, False, True, True, False])
    given_network = with_readout([basic(3, 2), gated(2, 3)], 3, 2)

    def cost(y):
        if loss == "cross entropy":
            return network.cross_entropy(y, targets, counted=counted)
        return network.mean_squared_error(y, d, counted=counted)

    def loss_with(**changed):
        return cost(network.run(changed.pop("x", x), given_network._replace(**changed)).y).loss

    found = network.gradients(x, given_network, cost(network.run(x, given_network).y).dF_dy)
    assert_central_differences(found.dV, given_network.V, lambda V: loss_with(V=V))
    assert_central_differences(found.db_out, given_network.b_out, lambda b_out: loss_with(b_out=b_out))
    assert_central_differences(found.dF_dx, x, lambda nudged: loss_with(x=nudged))
    for number, layer in enumerate(given_network.layers):
        for name in "UWb":

            def with_weights(values, number=number, layer=layer, name=name):
                changed = list(given_network.layers)
                changed[number] = layer._replace(params=layer.params._replace(**{name: values}))
                return loss_with(layers=tuple(changed))

            found_here = getattr(found.layers[number], f"d{name}")
            assert_central_differences(found_here, getattr(layer.params, name), with_weights)


def test_overflow_is_shown_and_not_raised():
    exploding = Layer("rnn", rnn.RnnParams([[1.0]], [[10.0]], [0.0]), {"activation": "identity"})
    grown = Network((exploding,), [[1.0]], [0.0])
    y = network.run(np.ones(400), grown).y
    assert np.isfinite(y[:300]).all() and not np.isfinite(y[-1]).any()
    squared = network.mean_squared_error(y, np.zeros((400, 1)))
    assert not np.isfinite(squared.loss)
    assert not np.isfinite(network.cross_entropy(np.hstack([y, -y]), np.ones(400, dtype=int)).loss)
    assert not np.isfinite(network.gradients(np.ones(400), grown, squared.dF_dy).dV).any()


GOOD = with_readout([basic(3, 2)], 1, 3)
X = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: network.run(X, GOOD.layers), r"network must be Network\(layers, V, b_out\), got"),
        (lambda: network.run(X, GOOD._replace(layers=())), r"network must be Network"),
        (lambda: network.run(X, GOOD._replace(V=np.ones((1, 2)))), r"network.V must have shape \(None, 3\), got"),
        (lambda: network.run(X, GOOD._replace(b_out=[1, 2])), "network.b_out must have one dimension and 1 values"),
        (lambda: network.run(X[:, :1], GOOD), r"layers\[0\]: x must have shape \(None, 2\), got shape \(4, 1\)"),
        (lambda: network.n_inputs(GOOD._replace(layers=(1,))), r"network.layers\[0\] must be a Layer"),
        (lambda: network.gradients(X, GOOD, np.zeros((3, 1))), r"dF_dy must have shape \(4, 1\), got shape \(3, 1\)"),
        (lambda: network.gradients(X, GOOD, "much"), "dF_dy must hold real numbers, got 'much'"),
        (lambda: network.softmax([1, 2]), r"y must have shape \(None, None\), got shape \(2,\)"),
        (lambda: network.cross_entropy(X, [0, 1, 2, 0]), r"targets must hold 4 whole numbers from 0 to 1, got"),
        (lambda: network.cross_entropy(X, [0, 1, -1, 0]), r"targets must hold 4 whole numbers from 0 to 1, got"),
        (lambda: network.cross_entropy(X, [0.0] * 4), r"targets must hold 4 whole numbers from 0 to 1, got"),
        (lambda: network.cross_entropy(X, [0]), r"targets must hold 4 whole numbers from 0 to 1, got \[0\]"),
        (lambda: network.cross_entropy(X, [0] * 4, counted=[1] * 4), "counted must hold 4 bools, one of them True"),
        (lambda: network.cross_entropy(X, [0] * 4, counted=[False] * 4), "counted must hold 4 bools"),
        (lambda: network.mean_squared_error(X, X, counted=[True]), "counted must hold 4 bools"),
        (lambda: network.mean_squared_error(X, X[1:]), r"d must have shape \(4, 2\), got shape \(3, 2\)"),
        (lambda: network.mean_squared_error(X, X * np.nan), "d must be finite"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
