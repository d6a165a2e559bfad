"""P12.3: the derivative of the loss by alpha, the loss curve and gradient descent on it."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import gamma, series
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

ALPHAS = [0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0, 1.1, 1.6, 1.99, 2.0]
SIGNALS = {
    "impulse": series.impulse(40),
    "step": series.step(40),
    "sine": series.sine(40, 7),
    "noise": series.noise(40, np.random.default_rng(5)),
    "sunspots": series.scaled(series.sunspots()[1][:40]),
}
INTEGERS = st.lists(st.integers(-100, 100), min_size=1, max_size=40)


def target_for(x):
    return np.cos(np.arange(len(x))) + 0.1


def complex_step(function, value):
    """Derivative without subtraction, so good to the last digits."""
    return function(value + 1e-30j).imag / 1e-30


def test_gradient_by_hand():
    # a = 0, alpha, alpha(1-alpha), so F = alpha^2 + alpha^2 (1-alpha)^2 and F'(0.5) = 1
    result = gamma.gradient([1, 0, 0], [0, 0, 0], 0.5)
    assert result.output.tolist() == [0, 0.5, 0.25]
    assert result.error.tolist() == [0, -0.5, -0.25]
    assert result.loss == 0.3125
    assert result.dF_da.tolist() == [0.625, 1.25, 0.5]
    assert result.da_dalpha_explicit.tolist() == [0, 1, -0.5]
    assert result.terms.tolist() == [0, 1.25, -0.25]
    assert result.dF_dalpha == 1


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("alpha", [*ALPHAS, -0.2, 2.2])
def test_derivative_by_alpha_against_complex_steps(name, alpha):
    x = SIGNALS[name].tolist()
    d = target_for(x).tolist()
    expected = complex_step(lambda value: naive.gamma_loss(x, d, value), alpha)
    result = gamma.gradient(x, d, alpha)
    assert result.dF_dalpha == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert result.loss == pytest.approx(naive.gamma_loss(x, d, alpha), rel=1e-12)


@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.3, 1.95])
def test_derivative_by_alpha_against_central_differences_of_fractions(alpha):
    x = [Fraction(v) for v in SIGNALS["noise"][:15]]
    d = [Fraction(v) for v in target_for(x)]
    h = Fraction(1, 10**10)
    difference = naive.gamma_loss(x, d, Fraction(alpha) + h) - naive.gamma_loss(x, d, Fraction(alpha) - h)
    x, d = [float(v) for v in x], [float(v) for v in d]
    assert gamma.gradient(x, d, alpha).dF_dalpha == pytest.approx(float(difference / (2 * h)), rel=1e-11)


@given(INTEGERS, st.floats(0, 2), st.data())
def test_derivative_by_alpha_for_any_signal(x, alpha, data):
    d = data.draw(st.lists(st.integers(-100, 100), min_size=len(x), max_size=len(x)))
    expected = complex_step(lambda value: naive.gamma_loss(x, d, value), alpha)
    result = gamma.gradient(x, d, alpha)
    scale = np.abs(result.terms).sum()
    assert result.dF_dalpha == pytest.approx(expected, rel=1e-7, abs=1e-12 * scale + 1e-12)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 1.7])
def test_derivative_by_each_output_against_complex_steps(alpha):
    x = SIGNALS["noise"].tolist()
    d = target_for(x).tolist()
    dF_da = gamma.gradient(x, d, alpha).dF_da
    for t in range(len(x)):
        direction = np.eye(len(x))[t] * 1e-30j
        expected = naive.gamma_loss(x, d, alpha, direction.tolist()).imag / 1e-30
        assert dF_da[t] == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_explicit_derivative_and_terms():
    x = SIGNALS["sine"]
    result = gamma.gradient(x, target_for(x), 0.4)
    a = [row[0] for row in naive.gamma_line(x.tolist(), 0.4, 1)]
    explicit = [0] + [x[t - 1] - a[t - 1] for t in range(1, len(x))]
    np.testing.assert_allclose(result.da_dalpha_explicit, explicit, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(result.output, a, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(result.error, target_for(x) - a, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(result.terms, explicit * result.dF_da, rtol=1e-13, atol=1e-14)
    assert result.dF_dalpha == pytest.approx(math.fsum(result.terms), rel=1e-13)


def test_error_at_the_tenth_step_only_fades_by_half_per_step():
    x = SIGNALS["noise"][:10]
    d = gamma.run(x, 0.5)[:, 0]
    d[9] += 1
    dF_da = gamma.gradient(x, d, 0.5).dF_da
    np.testing.assert_allclose(dF_da / dF_da[9], [0.5 ** (10 - t) for t in range(1, 11)], rtol=1e-12)


def test_loss_curve_against_literal_loops():
    x = SIGNALS["noise"].tolist()
    d = target_for(x).tolist()
    expected = [naive.gamma_loss(x, d, alpha) for alpha in ALPHAS]
    np.testing.assert_allclose(gamma.loss_curve(x, d, ALPHAS), expected, rtol=1e-12)
    assert gamma.loss_curve([3], [2], [0.5]).tolist() == [4]


@pytest.mark.parametrize(("learning_rate", "clipped"), [(0.05, False), (60.0, True)])
def test_descend_against_literal_loops(learning_rate, clipped):
    x = SIGNALS["noise"].tolist()
    d = [row[0] for row in naive.gamma_line(x, 0.3, 1)]
    result = gamma.descend(x, d, 0.9, learning_rate=learning_rate, n_steps=12)
    alpha, alphas = 0.9, []
    for n in range(13):
        alphas.append(alpha)
        slope = complex_step(lambda value: naive.gamma_loss(x, d, value), alpha)
        assert result.gradient[n] == pytest.approx(slope, rel=1e-9, abs=1e-9)
        assert result.loss[n] == pytest.approx(naive.gamma_loss(x, d, alpha), rel=1e-9, abs=1e-9)
        alpha = min(max(alpha - learning_rate * slope / len(x), 0), 2)
    np.testing.assert_allclose(result.alpha, alphas, rtol=1e-9)
    assert (0 in alphas or 2 in alphas) == clipped


def test_descend_finds_the_alpha_that_made_the_target():
    x = SIGNALS["noise"]
    result = gamma.descend(x, np.array(naive.gamma_line(x.tolist(), 0.3, 1))[:, 0], 0.9, learning_rate=0.5, n_steps=200)
    assert result.alpha[0] == 0.9
    assert result.alpha[-1] == pytest.approx(0.3, abs=1e-6)
    assert result.loss[-1] < 1e-9 < result.loss[0]


def test_descend_by_no_steps_returns_the_start():
    result = gamma.descend([1, 0, 0], [0, 0, 0], 0.5, learning_rate=1, n_steps=0)
    assert (result.alpha.tolist(), result.loss.tolist(), result.gradient.tolist()) == ([0.5], [0.3125], [1])


def test_overflow_is_shown_and_not_raised():
    x, d = series.step(1000), np.zeros(1000)
    diverged = gamma.gradient(x, d, 5.0)
    assert not np.isfinite(diverged.loss)
    assert not np.isfinite(diverged.dF_dalpha)
    assert not np.isfinite(gamma.loss_curve(x, d, [5.0]))[0]
    # the first step is infinitely long, and the clip ends it at 0
    assert gamma.descend(1e200 * x, d, 0.5, learning_rate=1, n_steps=2).alpha.tolist() == [0.5, 0, 0]
    # terms of +inf and -inf add up to NaN, which the clip lets through
    undefined = gamma.descend([1e200, 0, 0], [0, 0, 0], 0.5, learning_rate=1, n_steps=2)
    assert np.isnan(undefined.alpha[1:]).all()


def test_arguments_are_left_alone():
    x, d = np.ones(3), np.ones(3)
    gamma.gradient(x, d, 0.5)
    gamma.descend(x, d, 0.5, learning_rate=1, n_steps=2)
    assert x.tolist() == d.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gamma.gradient([1, 2], [1], 0.5), "d must have one dimension and 2 values"),
        (lambda: gamma.gradient([1], [math.nan], 0.5), "d must be finite"),
        (lambda: gamma.loss_curve([1], [1], []), "alphas must have one dimension and at least one value"),
        (lambda: gamma.loss_curve([1], [1, 1], [0.5]), "d must have"),
        (lambda: gamma.descend([1], [1], 2.1, learning_rate=1, n_steps=1), "alpha must be .* at least 0 and at most 2"),
        (lambda: gamma.descend([1], [1], 1, learning_rate=-1, n_steps=1), "learning_rate must be .* at least 0"),
        (lambda: gamma.descend([1], [1], 1, learning_rate=1, n_steps=-1), "n_steps must be"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
