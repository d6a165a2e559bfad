import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from engine import linear
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

ROTATION = [[0.6, -0.8], [0.8, 0.6]]
SHEAR = [[0.5, 10.0], [0.0, 0.5]]


def case(seed, n_units, n_steps=12):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n_units, n_units)) / n_units
    return rng.normal(size=n_steps), W, rng.normal(size=n_units), rng.normal(size=n_units)


def fractions(values):
    return [fractions(value) for value in values] if np.ndim(values) else Fraction(float(values))


@pytest.mark.parametrize("n_units", [1, 2, 5])
def test_response_against_exact_loops(n_units):
    x, W, U, h0 = case(n_units, n_units)
    expected = naive.linear_network(fractions(x), fractions(W), fractions(U), fractions(h0))
    result = linear.response(x, W, U=U, h0=h0)
    assert result.shape == (12, n_units)
    np.testing.assert_allclose(result, np.array(expected, dtype=float), rtol=1e-12, atol=1e-13)


def test_a_number_gives_one_dimension_and_the_same_values():
    x = [1, -2, 0.5, 3]
    expected = naive.linear_network(fractions(x), [[Fraction(-0.75)]], [Fraction(2)], [Fraction(3)])
    assert linear.response(x, -0.75, U=2, h0=3).tolist() == [float(row[0]) for row in expected]
    np.testing.assert_array_equal(linear.response(x, [[-0.75]], U=2, h0=3)[:, 0], linear.response(x, -0.75, U=2, h0=3))


def test_one_number_for_U_feeds_every_unit():
    x = np.arange(4.0)
    np.testing.assert_array_equal(linear.response(x, ROTATION, U=2.0), linear.response(x, ROTATION, U=[2, 2]))


def test_impulse_response_of_eq_12_32():
    assert linear.impulse_response(0.5, 10).tolist() == [0.5 ** (t - 1) for t in range(1, 11)]
    assert linear.impulse_response(-0.5, 3, U=4).tolist() == [4, -2, 1]


def test_impulse_response_of_a_matrix_is_its_powers_times_U():
    _, W, U, _ = case(3, 3)
    result = linear.impulse_response(W, 8, U=U)
    for t, power in enumerate(naive.matrix_powers(fractions(W), 8)):
        expected = naive.matrix_product(power, [[value] for value in fractions(U)])
        np.testing.assert_allclose(result[t], [float(row[0]) for row in expected], rtol=1e-12, atol=1e-14)


def test_a_rotation_turns_and_never_fades():
    angle = math.atan2(0.8, 0.6)
    t = np.arange(200)
    result = linear.impulse_response(ROTATION, 200, U=[1, 0])
    np.testing.assert_allclose(result, np.stack([np.cos(angle * t), np.sin(angle * t)], axis=1), atol=1e-12)


def test_response_is_the_convolution_of_input_and_impulse_response():
    x, W, U, _ = case(5, 2, n_steps=20)
    impulse = linear.impulse_response(W, 20, U=U)
    expected = np.stack([np.convolve(x, impulse[:, i])[:20] for i in range(2)], axis=1)
    np.testing.assert_allclose(linear.response(x, W, U=U), expected, rtol=0, atol=1e-12)


def test_poles():
    assert linear.poles(-0.5).tolist() == [-0.5]
    np.testing.assert_allclose(linear.poles(ROTATION), [0.6 + 0.8j, 0.6 - 0.8j], atol=1e-14)


@pytest.mark.parametrize(
    ("W", "stable", "half_life"),
    [
        (0.5, True, 1),
        (-0.5, True, 1),
        (2**-0.25, True, 4),
        (0, True, 0),
        (1, False, math.inf),
        (-1, False, math.inf),
        (1.5, False, math.inf),
        (SHEAR, True, 1),
        ([[0, 7], [0, 0]], True, 0),
        (ROTATION, False, math.inf),
        (0.5 * np.array(ROTATION), True, 1),
        (np.diag([0.5**0.1, 0.9]), True, 10),
    ],
)
def test_stability_and_half_life(W, stable, half_life):
    assert linear.is_stable(W) is stable
    assert linear.half_life(W) == pytest.approx(half_life, rel=1e-12)
    # a time constant is as much longer than a half-life as 1/e is smaller than 1/2
    assert linear.time_constant(W) == pytest.approx(half_life / math.log(2), rel=1e-12)


def test_no_rotation_is_taken_for_stable_by_rounding():
    for angle in np.linspace(0, math.pi, 100):
        rotation = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        assert not linear.is_stable(rotation)
        assert linear.half_life(rotation) == math.inf


def test_after_one_half_life_half_is_left():
    W, start = np.array([[0.9, 0.05], [0.05, 0.7]]), 200
    h = linear.impulse_response(W, start + 60, U=[1, 1])[:, 0]
    steps = linear.half_life(W)
    # far from the start only the slowest mode is left, a straight line in the logarithm
    log_h = np.interp([start, start + steps], np.arange(len(h)), np.log(h))
    assert math.exp(log_h[1] - log_h[0]) == pytest.approx(0.5, rel=1e-9)


def test_gradient_decay_of_eq_12_34():
    assert linear.gradient_decay(0.5, 10).tolist() == [0.5 ** (10 - t) for t in range(1, 11)]
    assert linear.gradient_decay(-2, 4).tolist() == [-8, 4, -2, 1]
    assert linear.gradient_decay(0, 3).tolist() == [0, 0, 1]


def test_gradient_decay_is_the_derivative_of_the_run():
    # dF/dh(t) with F = h(T): one unit of input at step t with U = 1 is one unit of h(t)
    for W in (0.7, -1.1):
        differences = [linear.response(np.eye(8)[t], W)[-1] for t in range(8)]
        np.testing.assert_allclose(linear.gradient_decay(W, 8), differences, rtol=1e-13)


@pytest.mark.parametrize(
    "W", [SHEAR, [[0.6, -0.8], [0.7, 0.6]], [[0.3, -2], [1, 0.1]], [[0, 1], [0, 0]], [[1e-9, 0], [3e-9, 1e-9]]]
)
def test_matrix_decay_against_decimal_norms_of_exact_powers(W):
    norms, logs = linear.gradient_decay(W, 30), linear.log10_gradient_decay(W, 30)
    with localcontext() as context:
        context.prec = 60
        for lag, power in enumerate(naive.matrix_powers(fractions(W), 30)):
            entries = [[Decimal(e.numerator) / Decimal(e.denominator) for e in map(Fraction, row)] for row in power]
            expected = naive.spectral_norm_2x2(entries)
            assert norms[29 - lag] == pytest.approx(float(expected), rel=1e-12, abs=0)
            log10 = float(expected.log10()) if expected else -math.inf
            assert logs[29 - lag] == pytest.approx(log10, rel=1e-12, abs=1e-12)


def test_a_rotation_keeps_the_gradients_length():
    np.testing.assert_allclose(linear.gradient_decay(ROTATION, 300), 1, rtol=1e-12)


@pytest.mark.parametrize("W", [1e-3, -1e-3, 1e-3 * np.eye(3), 1e3, 1e3 * np.eye(2), 1e-300 * np.eye(2), 1e200])
def test_log_decay_where_the_power_leaves_the_range_of_numbers(W):
    logs = linear.log10_gradient_decay(W, 500)
    size = abs(W) if np.ndim(W) == 0 else W[0, 0]
    np.testing.assert_allclose(logs, math.log10(size) * np.arange(499, -1, -1), rtol=1e-12)
    assert linear.gradient_decay(W, 500)[0] in (0, math.inf, -math.inf)


def test_log_decay_of_nothing():
    assert linear.log10_gradient_decay(0, 3).tolist() == [-math.inf, -math.inf, 0]
    assert linear.log10_gradient_decay([[0, 2], [0, 0]], 4).tolist() == pytest.approx(
        [-math.inf, -math.inf, math.log10(2), 0]
    )


def test_overflow_is_shown_and_not_raised():
    assert linear.impulse_response(10, 400)[-1] == math.inf
    assert not np.isfinite(linear.impulse_response(10 * np.array(ROTATION), 400)[-1]).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linear.response([], 0.5), "x must have one dimension and at least one value"),
        (lambda: linear.response([1], "half"), "W must be a finite number, got 'half'"),
        (lambda: linear.response([1], [0.5]), "W must have shape"),
        (lambda: linear.response([1], np.ones((2, 3))), r"W must have shape \(2, 2\), got shape \(2, 3\)"),
        (lambda: linear.response([1], np.eye(2), U=[1, 2, 3]), "U must have one dimension and 2 values"),
        (lambda: linear.response([1], 1, U=math.inf), "U must be a finite number, got inf"),
        (lambda: linear.response([1], np.eye(2), h0=[1]), "h0 must have one dimension and 2 values"),
        (lambda: linear.impulse_response(0.5, 0), "n_steps must be a whole number of at least 1, got 0"),
        (lambda: linear.gradient_decay(0.5, 1.5), "n_steps must be a whole number of at least 1, got 1.5"),
        (lambda: linear.half_life(math.nan), "W must be a finite number, got nan"),
        (lambda: linear.is_stable([[math.inf]]), "W must be finite, got inf"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
