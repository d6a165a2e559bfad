import math
from pathlib import Path

import numpy as np
import pytest

from engine import rnn
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

FUNCTIONS = {
    "tanh": math.tanh,
    "logistic": lambda a: 1 / (1 + math.exp(-a)),
    "relu": lambda a: max(a, 0.0),
    "identity": lambda a: a,
}
SIZES = [(1, 1, 1), (1, 1, 9), (2, 3, 5), (5, 2, 12)]


def network(n, m, n_steps, seed=0):
    rng = np.random.default_rng(seed)
    params = rnn.RnnParams(rng.normal(size=(n, m)), rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n))
    return rng.normal(size=(n_steps, m)), params, rng.normal(size=n)


def literal(x, params, h0, activation):
    U, W, b = (values.tolist() for values in params)
    nets, states = naive.recurrent_network(np.asarray(x).tolist(), U, W, b, h0.tolist(), FUNCTIONS[activation])
    return np.array(nets), np.array(states)


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
@pytest.mark.parametrize("size", SIZES)
def test_run_against_literal_loops(size, activation):
    x, params, h0 = network(*size)
    for start, given in ((h0, {"h0": h0}), (np.zeros_like(h0), {})):
        a, h = literal(x, params, start, activation)
        result = rnn.run(x, params, **given, activation=activation)
        np.testing.assert_allclose(result.a, a, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(result.h, h, rtol=1e-12, atol=1e-13)


def test_run_against_stored_results_of_pytorch():
    stored = np.load(Path(__file__).parents[1] / "golden" / "rnn.npz")
    names = sorted({key.split("/")[0] for key in stored})
    assert len(names) == 24
    for name in names:
        case = {key: stored[f"{name}/{key}"] for key in ("x", "U", "W", "b", "h0", "h")}
        params = rnn.RnnParams(case["U"], case["W"], case["b"])
        h = rnn.run(case["x"], params, h0=case["h0"], activation=name.split("-")[0]).h
        assert np.linalg.norm(h - case["h"]) <= 1e-12 * np.linalg.norm(case["h"]), name


def test_linear_unit_of_the_textbook():
    # Eq. 12.32: with W = 0.5 and U = 1 an impulse at step 1 leaves 0.5^(t-1)
    h = rnn.run([1, 0, 0, 0], rnn.RnnParams([[1]], [[0.5]], [0]), activation="identity").h
    assert h.tolist() == [[1], [0.5], [0.25], [0.125]]


def test_a_sequence_is_enough_for_one_input():
    x, params, _ = network(3, 1, 6)
    np.testing.assert_array_equal(rnn.run(x[:, 0].tolist(), params).h, rnn.run(x, params).h)


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_cell_form_written_out(activation):
    x, (U, W, b), c0 = network(3, 2, 7)
    f = np.vectorize(FUNCTIONS[activation])
    for start, given in ((c0, {"c0": c0}), (np.zeros(3), {})):
        result = rnn.run_cell(x, (U, W, b), **given, activation=activation)
        c = start
        for t in range(7):
            c = W @ f(c) + U @ x[t] + b
            np.testing.assert_allclose(result.c[t], c, rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(result.h[t], f(c), rtol=1e-12, atol=1e-13)


def exact_derivative(a, activation):
    """In terms of exp and cosh, which stay accurate where 1 - f(a)^2 would not."""
    if activation == "tanh":
        return 1 / math.cosh(a) ** 2 if abs(a) < 350 else 4 * math.exp(-2 * abs(a))
    if activation == "logistic":
        return 0.25 / math.cosh(a / 2) ** 2
    return 1.0 if activation == "identity" or a > 0 else 0.0


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_derivative_keeps_its_digits_where_f_is_saturated(activation):
    a = np.array([-300, -40, -19.5, -3, -1, -1e-9, 0, 1e-12, 0.3, 2, 10, 25, 100, 340.0])
    expected = [exact_derivative(value, activation) for value in a]
    np.testing.assert_allclose(rnn.derivative(a, activation), expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_derivative_against_central_differences(activation):
    f = FUNCTIONS[activation]
    a = np.array([[-2.0, -0.5, 0.1], [0.7, 1.3, 4.0]])
    expected = [[(f(v + 1e-6) - f(v - 1e-6)) / 2e-6 for v in row] for row in a]
    result = rnn.derivative(a, activation)
    assert result.shape == (2, 3)
    np.testing.assert_allclose(result, expected, rtol=1e-7, atol=1e-9)


def test_derivative_of_a_number_and_at_the_kink():
    assert rnn.derivative(0, "relu") == 0
    assert rnn.derivative(0.5, "identity").shape == ()


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_activation_to_the_last_digits(activation):
    # W = 0 and U = 1 make h = f(x); both sides of the place where tanh changes its formula are included
    x = np.concatenate([np.linspace(-25, 25, 401), np.linspace(-0.51, 0.51, 201), [1e-300, -1e-9, 0.5, -0.5]])
    h = rnn.run(x, rnn.RnnParams([[1]], [[0]], [0]), activation=activation).h[:, 0]
    np.testing.assert_allclose(h, [FUNCTIONS[activation](value) for value in x], rtol=1e-15, atol=0)


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_saturated_states_are_the_limits(activation):
    h = rnn.run([[1e300], [-1e300]], rnn.RnnParams([[1]], [[0]], [0]), activation=activation).h
    assert h.tolist() == [[1], [-1 if activation == "tanh" else 0]]


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_overflow_is_shown_and_not_raised(activation):
    h = rnn.run(np.ones(400), rnn.RnnParams([[1]], [[10]], [0]), activation=activation).h
    assert np.isfinite(h[:300]).all()
    assert h[-1] == np.inf


def test_arguments_are_left_alone_and_any_array_will_do():
    x, params, h0 = network(3, 2, 5)
    frozen = [np.asfortranarray(values) for values in (x, *params, h0)]
    for values in frozen:
        values.flags.writeable = False
    result = rnn.run(frozen[0], frozen[1:4], h0=frozen[4])
    np.testing.assert_array_equal(result.h, rnn.run(x.tolist(), params, h0=h0.tolist()).h)


GOOD = rnn.RnnParams(np.ones((2, 3)), np.ones((2, 2)), np.ones(2))
X = np.ones((4, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rnn.run(np.ones(4), GOOD), r"x must have shape \(None, 3\), got shape \(4,\)"),
        (lambda: rnn.run(np.ones((0, 3)), GOOD), "x must have shape"),
        (lambda: rnn.run(X * math.nan, GOOD), "x must be finite, got nan"),
        (lambda: rnn.run(X, None), r"params must be RnnParams\(U, W, b\), got None"),
        (lambda: rnn.run(X, GOOD[:2]), r"params must be RnnParams\(U, W, b\)"),
        (lambda: rnn.run(X, GOOD._replace(U=np.ones(2))), "params.U must have shape"),
        (
            lambda: rnn.run(X, GOOD._replace(W=np.ones((2, 3)))),
            r"params.W must have shape \(2, 2\), got shape \(2, 3\)",
        ),
        (lambda: rnn.run(X, GOOD._replace(b=[1, 2, 3])), "params.b must have one dimension and 2 values"),
        (lambda: rnn.run(X, GOOD, h0=[1]), "h0 must have one dimension and 2 values"),
        (lambda: rnn.run(X, GOOD, activation="sine"), "activation must be one of tanh, logistic, relu, identity"),
        (lambda: rnn.run_cell(X, GOOD, c0=[1]), "c0 must have one dimension and 2 values"),
        (lambda: rnn.derivative("a", "tanh"), "a must hold real numbers"),
        (lambda: rnn.derivative([1, math.inf], "tanh"), "a must be finite"),
        (lambda: rnn.derivative([1], 0), "activation must be one of"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
