"""FTDNN and FGMN: the static net on the stacked matrix, literal loops, and finite differences for every derivative."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import feedforward, focused, gamma
from tests import naive_lines

F = {"tanh": math.tanh, "relu": lambda a: max(a, 0.0), "identity": lambda a: a}
DELAYS = (1, 2, 4)


def drawn(seed, m=2, columns=6, n=3, k=2, n_steps=8):
    rng = np.random.default_rng(seed)
    params = focused.FocusedParams(
        rng.normal(size=(n, columns)), rng.normal(size=n), rng.normal(size=(k, n)), rng.normal(size=k)
    )
    return rng.normal(size=(n_steps, m)), params, rng.normal(size=(n_steps, k))


@pytest.mark.parametrize("activation", F)
def test_an_ftdnn_is_a_static_net_on_the_stacked_matrix(activation):
    x, params, _ = drawn(1)
    found = focused.ftdnn(x, params, DELAYS, activation=activation)
    for t in range(8):
        s = naive_lines.delayed_row(x.tolist(), t, DELAYS)
        a, h, y = naive_lines.static_net(s, *(part.tolist() for part in params), F[activation])
        for values, expected in ((found.columns, s), (found.a, a), (found.h, h), (found.y, y)):
            np.testing.assert_allclose(values[t], expected, atol=1e-12)


def test_its_gradient_is_the_static_nets():
    x, params, d = drawn(2)
    found = focused.ftdnn_gradient(x, d, params, DELAYS)
    layers = [feedforward.Layer(params.U, np.zeros((3, 0)), params.b)]
    layers.append(feedforward.Layer(params.V, np.zeros((2, 0)), params.b_out))
    total, loss = [np.zeros_like(part) for part in params], 0.0
    for t in range(8):
        s = np.array(naive_lines.delayed_row(x.tolist(), t, DELAYS))
        # one layer at a time, since the two have different activations
        nets, outputs = feedforward.forward(layers[:1], s, [np.zeros(0)], 0)
        error = d[t] - (params.V @ outputs[1] + params.b_out)
        loss += (error**2).sum()
        [below], at_columns = feedforward.backward(
            layers[:1], [np.zeros(0)], nets, outputs, [params.V.T @ (-2 * error)], 0
        )
        parts = (below.dW, below.db, np.outer(-2 * error, outputs[1]), -2 * error)
        total = [sum_ + part for sum_, part in zip(total, parts, strict=True)]
        np.testing.assert_allclose(found.dF_dcolumns[t], at_columns, atol=1e-12)
    for values, expected in zip((found.loss, found.dU, found.db, found.dV, found.db_out), (loss, *total), strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", F)
def test_an_fgmn_is_a_static_net_on_a_gamma_line(activation):
    x, params, _ = drawn(3)
    found = focused.fgmn(x, params, 0.3, taps=3, activation=activation)
    rows = naive_lines.gamma_row(x.tolist(), 0.3, 3)
    np.testing.assert_allclose(found.columns, rows, atol=1e-13)
    for t, s in enumerate(rows):
        _, _, y = naive_lines.static_net(s, *(part.tolist() for part in params), F[activation])
        np.testing.assert_allclose(found.y[t], y, atol=1e-12)


@given(st.integers(0, 10**6), st.floats(0.02, 1.9))
def test_every_derivative_of_an_fgmn_by_central_differences(seed, alpha):
    x, params, d = drawn(seed)
    counted = np.arange(8) > 2
    found = focused.fgmn_gradient(x, d, params, alpha, taps=3, counted=counted)
    exact = [found.dU, found.db, found.dV, found.db_out, np.array([found.dF_dalpha])]
    parts = [*params, np.array([alpha])]

    def loss(vector):
        ends = np.cumsum([part.size for part in parts])[:-1]
        *own, moved = (piece.reshape(part.shape) for piece, part in zip(np.split(vector, ends), parts, strict=True))
        y = focused.fgmn(x, focused.FocusedParams(*own), float(moved[0]), taps=3).y
        return ((d - y)[counted] ** 2).sum()

    w = np.concatenate([part.ravel() for part in parts])
    steps = 1e-6 * np.eye(w.size)
    measured = np.array([(loss(w + step) - loss(w - step)) / 2e-6 for step in steps])
    assert found.loss == pytest.approx(loss(w), rel=1e-12)
    np.testing.assert_allclose(np.concatenate([part.ravel() for part in exact]), measured, rtol=2e-5, atol=2e-5)


def test_one_linear_element_has_the_gradient_of_the_solved_problem():
    x, d = np.random.default_rng(5).normal(size=(2, 20))
    params = focused.FocusedParams([[1.0]], [0.0], [[1.0]], [0.0])
    found = focused.fgmn_gradient(x, d, params, 0.35, taps=1, activation="identity")
    known = gamma.gradient(x, d, 0.35)
    assert found.loss == pytest.approx(known.loss) and found.dF_dalpha == pytest.approx(known.dF_dalpha)


def test_alpha_one_is_an_ftdnn_and_exact_numbers_are_exact():
    x, params, d = drawn(6)
    slow = focused.fgmn_gradient(x, d, params, 1.0, taps=3)
    fast = focused.ftdnn_gradient(x, d, params, (1, 2, 3))
    for name in ("loss", "dU", "db", "dV", "db_out", "dF_dcolumns"):
        np.testing.assert_allclose(getattr(slow, name), getattr(fast, name), rtol=1e-13)
    # E12.4: two gamma taps, two ReLU units, a linear output, in fractions
    half, sequence = Fraction(1, 2), [[1], [2], [-1], [3]]
    U, b, V, b_out = [[1, -1], [-2, 1]], [0, 1], [[2, 3]], [-1]
    rows = naive_lines.gamma_row(sequence, half, 2)
    expected = [naive_lines.static_net(s, U, b, V, b_out, lambda a: max(a, 0))[2][0] for s in rows]
    found = focused.fgmn(sequence, focused.FocusedParams(U, b, V, b_out), 0.5, taps=2, activation="relu")
    assert found.y[:, 0].tolist() == [float(value) for value in expected] == [2, 0, 1, 3.5]


def test_initial_weights_have_the_shapes_and_reach():
    params = focused.initial(4, 9, 2, np.random.default_rng(0))
    assert [part.shape for part in params] == [(4, 9), (4,), (2, 4), (2,)]
    assert np.abs(params.U).max() <= 1 / 3 and np.abs(params.V).max() <= 1 / 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, p, d: focused.ftdnn(x, p, (1, 2)), r"params.U must have shape \(None, 4\)"),
        (lambda x, p, d: focused.ftdnn(x, tuple(p), DELAYS), "params must be FocusedParams"),
        (lambda x, p, d: focused.ftdnn(x, p, DELAYS, activation="sine"), "activation must be one of"),
        (lambda x, p, d: focused.ftdnn_gradient(x, d[:3], p, DELAYS), "d must have shape"),
        (lambda x, p, d: focused.ftdnn_gradient(x, d, p, DELAYS, counted=[False] * 8), "counted must hold 8 bools"),
        (lambda x, p, d: focused.fgmn(x, p, np.nan, taps=3), "alpha must be a finite number"),
        (lambda x, p, d: focused.fgmn(x, p._replace(V=np.ones((2, 4))), 0.5, taps=3), "params.V"),
    ],
)
def test_refusals_name_the_argument(call, message):
    x, params, d = drawn(7)
    with pytest.raises(ValueError, match=message):
        call(x, params, d)
