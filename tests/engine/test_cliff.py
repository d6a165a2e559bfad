import cmath
import math

import numpy as np
import pytest

from engine import cliff
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")


def naive_loss(w, b, n_steps=50, target=0.7, h0=0.5):
    return (naive.one_unit(w, b, n_steps, h0, cmath.exp)[-1] - target) ** 2


def naive_gradient(w, b, **task):
    """Complex steps: exact to rounding, since the loss is analytic in both weights."""
    step = 1e-200
    return naive_loss(w + 1j * step, b, **task).imag / step, naive_loss(w, b + 1j * step, **task).imag / step


def test_surface_against_literal_loops():
    ws, bs = np.linspace(0, 7, 6), np.linspace(-4, 2, 5)
    losses = cliff.surface(ws, bs, n_steps=20, target=0.6, h0=0.4)
    assert losses.shape == (5, 6)
    for row, b in enumerate(bs):
        for column, w in enumerate(ws):
            expected = naive_loss(w, b, n_steps=20, target=0.6, h0=0.4).real
            assert losses[row, column] == pytest.approx(expected, rel=1e-11, abs=1e-15)
            assert cliff.loss(w, b, n_steps=20, target=0.6, h0=0.4) == losses[row, column]


@pytest.mark.parametrize(("w", "b"), [(5, -1.7), (4.2, -2.12), (0, 0), (-3, 1), (4.6, -2.305), (6, -3.2)])
@pytest.mark.parametrize("task", [{}, {"n_steps": 1, "target": -1, "h0": 2}, {"n_steps": 7, "h0": 0.0}])
def test_gradient_against_complex_steps(w, b, task):
    result = cliff.gradient(w, b, **task)
    dF_dw, dF_db = naive_gradient(w, b, **task)
    # on the wall the error of each step is multiplied up along with the gradient
    assert result.loss == pytest.approx(naive_loss(w, b, **task).real, rel=1e-9)
    assert result.dF_dw == pytest.approx(dF_dw, rel=1e-9, abs=1e-15)
    assert result.dF_db == pytest.approx(dF_db, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("w", [2, 4, 5, 6])
def test_on_the_middle_line_the_gradient_is_a_geometric_series(w):
    # b = -w/2 holds h at 1/2 for ever, where h' = 1/4 and one step back multiplies by w/4
    result = cliff.gradient(w, -w / 2)
    series = sum((w / 4) ** k for k in range(50))
    assert result.loss == pytest.approx(0.04, rel=1e-14)
    assert result.dF_db == pytest.approx(2 * (0.5 - 0.7) / 4 * series, rel=1e-12)
    assert result.dF_dw == pytest.approx(result.dF_db / 2, rel=1e-12)


def test_there_is_a_cliff():
    above, below = cliff.loss(6, -2.99), cliff.loss(6, -3.01)
    # two plains at the two stable states, found by their own equation h = logistic(6 h - 3)
    high = next(h for h in np.linspace(0.5, 1, 100_001)[:0:-1] if h <= 1 / (1 + math.exp(3 - 6 * h)))
    assert above == pytest.approx((high - 0.7) ** 2, abs=2e-3)
    assert below == pytest.approx((1 - high - 0.7) ** 2, abs=5e-3)
    assert math.hypot(*cliff.gradient(6, -3)[1:]) > 1e7
    assert math.hypot(*cliff.gradient(6, -2.9)[1:]) < 0.1


@pytest.mark.parametrize("threshold", [None, 0.1, 0.02])
def test_descent_against_literal_updates(threshold):
    w, b = 4.3, -2.0
    result = cliff.descend(w, b, learning_rate=0.2, n_updates=8, threshold=threshold)
    assert all(values.shape == (9,) for values in result)
    for k in range(9):
        dF_dw, dF_db = naive_gradient(w, b)
        norm = math.sqrt(dF_dw**2 + dF_db**2)
        expected = [w, b, naive_loss(w, b).real, norm]
        assert [values[k] for values in result] == pytest.approx(expected, rel=1e-8)
        shorten = threshold / norm if threshold is not None and norm > threshold else 1
        w, b = w - 0.2 * shorten * dF_dw, b - 0.2 * shorten * dF_db


def test_plain_descent_is_thrown_off_the_cliff_and_clipped_descent_arrives():
    task = {"learning_rate": 0.3, "n_updates": 200}
    plain, clipped = cliff.descend(5, -1.7, **task), cliff.descend(5, -1.7, threshold=0.1, **task)
    plain_steps, clipped_steps = (np.hypot(np.diff(path.w), np.diff(path.b)) for path in (plain, clipped))
    assert plain_steps.max() > 3
    assert plain.loss[-1] > 0.08
    assert clipped_steps.max() <= 0.03 * (1 + 1e-12)
    assert clipped.gradient_norm.max() > 1
    assert clipped.loss[-20:].max() < 5e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cliff.surface([], [1]), "ws must have one dimension and at least one value"),
        (lambda: cliff.surface([1], [math.inf]), "bs must be finite, got inf"),
        (lambda: cliff.surface([1], [1], n_steps=0), "n_steps must be a whole number of at least 1, got 0"),
        (lambda: cliff.loss("w", 1), "w must be a finite number, got 'w'"),
        (lambda: cliff.gradient(1, math.nan), "b must be a finite number, got nan"),
        (lambda: cliff.gradient(1, 1, target=None), "target must be a finite number"),
        (lambda: cliff.gradient(1, 1, h0=math.inf), "h0 must be a finite number"),
        (lambda: cliff.descend(1, 1, learning_rate=-1, n_updates=1), "learning_rate must be a finite number at least"),
        (lambda: cliff.descend(1, 1, learning_rate=1, n_updates=-1), "n_updates must be a whole number of at least 0"),
        (
            lambda: cliff.descend(1, 1, learning_rate=1, n_updates=1, threshold=0),
            "threshold must be a finite number greater than 0",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
