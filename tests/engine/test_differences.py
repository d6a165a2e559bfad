"""Central differences of a loss against the same differences in literal loops, and against derivatives."""

import cmath
import math

import numpy as np
import pytest

from engine import differences, gradients, rnn
from tests import naive

FUNCTIONS = {
    "tanh": cmath.tanh,
    "logistic": lambda a: 1 / (1 + cmath.exp(-a)),
    "relu": lambda a: a if complex(a).real > 0 else 0,
    "identity": lambda a: a,
}
NAMES = ("U", "W", "b", "h0", "V", "b_out")


def problem(n, m, k, n_steps, seed=0):
    """Weights by name, inputs and targets; k = 0 is a network without an output layer."""
    rng = np.random.default_rng(seed)
    shapes = {"U": (n, m), "W": (n, n), "b": (n,), "h0": (n,), "V": (k, n), "b_out": (k,)}
    weights = {name: 0.7 * rng.normal(size=shape) for name, shape in shapes.items()}
    return weights, rng.normal(size=(n_steps, m)), rng.normal(size=(n_steps, k or n))


def loss(weights, x, d, activation, at):
    """F, one multiplication after the other."""
    w = {name: np.asarray(values).tolist() for name, values in weights.items()}
    _, states = naive.recurrent_network(x.tolist(), w["U"], w["W"], w["b"], w["h0"], FUNCTIONS[activation])
    total = 0
    for t in range(len(states)):
        if at == "last" and t < len(states) - 1:
            continue
        output = [b + sum(v * h for v, h in zip(row, states[t], strict=True))
                  for row, b in zip(w["V"], w["b_out"], strict=True)] or states[t]  # fmt: skip
        total += sum((d[t, i] - output[i]) ** 2 for i in range(len(output)))
    return total


def found(weights, x, d, activation, at, **settings):
    params = rnn.RnnParams(weights["U"], weights["W"], weights["b"])
    output = {"V": weights["V"], "b_out": weights["b_out"]} if weights["V"].size else {}
    return differences.of_loss(x, params, d, h0=weights["h0"], activation=activation, at=at, **output, **settings)


@pytest.mark.parametrize("at", ["last", "every"])
@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_they_are_those_of_literal_loops(activation, k, at):
    weights, x, d = problem(3, 2, k, 5)
    result = found(weights, x, d, activation, at, epsilon=1e-3)
    for name in NAMES:
        expected = np.zeros_like(weights[name])
        for index in np.ndindex(expected.shape):
            both = []
            for step in (1e-3, -1e-3):
                nudged = weights[name].copy()
                nudged[index] += step
                both.append(complex(loss({**weights, name: nudged}, x, d, activation, at)).real)
            expected[index] = (both[0] - both[1]) / 2e-3
        actual = getattr(result, f"d{name}")
        assert actual.shape == expected.shape, name
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("k", [0, 2])
def test_they_come_near_the_derivative(k, seed):
    weights, x, d = problem(4, 1, k, 8, seed)
    result = found(weights, x, d, "tanh", "every")
    for name in NAMES:
        for index in np.ndindex(weights[name].shape):
            nudged = weights[name].astype(complex)
            nudged[index] += 1e-30j
            exact = loss({**weights, name: nudged}, x, d, "tanh", "every").imag / 1e-30
            assert getattr(result, f"d{name}")[index] == pytest.approx(exact, rel=1e-6, abs=1e-7), (name, index)


def test_nothing_given_is_changed():
    weights, x, d = problem(3, 1, 2, 4)
    before = {name: values.copy() for name, values in weights.items()}
    found(weights, x, d, "relu", "every")
    for name in NAMES:
        np.testing.assert_array_equal(weights[name], before[name])


def test_a_state_before_the_start_is_zero_unless_given():
    weights, x, d = problem(3, 1, 0, 4)
    params = rnn.RnnParams(weights["U"], weights["W"], weights["b"])
    given = differences.of_loss(x, params, d, h0=np.zeros(3))
    for left, right in zip(differences.of_loss(x[:, 0], params, d), given, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.filterwarnings("error")
def test_growth_without_bound_shows_as_inf_or_nan():
    params = rnn.RnnParams(np.ones((1, 1)), np.full((1, 1), 1e200), np.zeros(1))
    result = differences.of_loss(np.ones(9), params, np.zeros((9, 1)), activation="identity")
    assert not math.isfinite(result.dW[0, 0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epsilon": 0.0}, "epsilon"),
        ({"epsilon": np.nan}, "epsilon"),
        ({"at": "first"}, "at"),
        ({"activation": "step"}, "activation"),
        ({"d": np.zeros((4, 2))}, "d"),
        ({"d": np.zeros((3, 3))}, "d"),
        ({"h0": np.zeros(2)}, "h0"),
        ({"x": np.full((4, 1), np.inf)}, "x"),
        ({"V": np.zeros((1, 2)), "b_out": np.zeros(1), "d": np.zeros((4, 1))}, "V"),
        ({"V": np.zeros((2, 3)), "b_out": np.zeros(1), "d": np.zeros((4, 2))}, "b_out"),
        ({"V": np.zeros((1, 3)), "d": np.zeros((4, 1))}, "b_out"),
        ({"b_out": np.zeros(1)}, "V"),
    ],
)
def test_other_arguments_are_refused_by_name(changes, message):
    weights, x, d = problem(3, 1, 0, 4)
    given = {"x": x, "params": rnn.RnnParams(weights["U"], weights["W"], weights["b"]), "d": d} | changes
    with pytest.raises(ValueError, match=message):
        differences.of_loss(**given)


def test_they_agree_with_backpropagation():
    weights, x, d = problem(3, 2, 1, 6)
    params, at = rnn.RnnParams(weights["U"], weights["W"], weights["b"]), "last"
    h = rnn.run(x, params, h0=weights["h0"], activation="logistic").h
    output = gradients.output_layer(h, weights["V"], weights["b_out"], d, at=at)
    exact = gradients.bptt(x, params, output.explicit, h0=weights["h0"], activation="logistic")
    result = found(weights, x, d, "logistic", at)
    for name in ("dU", "dW", "db", "dh0"):
        np.testing.assert_allclose(getattr(result, name), getattr(exact, name), rtol=1e-6, atol=1e-9)
    for name in ("dV", "db_out"):
        np.testing.assert_allclose(getattr(result, name), getattr(output, name), rtol=1e-6, atol=1e-9)
