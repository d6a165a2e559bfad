import cmath
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from engine import gamma, series
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

ALPHAS = [0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0, 1.1, 1.6, 1.99, 2.0]
NOISE = series.noise(40, np.random.default_rng(5))
SUNSPOTS = series.scaled(series.sunspots()[1][:40])
INTEGERS = st.lists(st.integers(-100, 100), min_size=1, max_size=40)
ALPHA = st.floats(0, 2)


# --- the line itself


@pytest.mark.parametrize("alpha", [*ALPHAS, -0.5, 2.5])
def test_run_against_literal_loops(alpha):
    expected = np.array(naive.gamma_line(NOISE.tolist(), alpha, 4))
    np.testing.assert_allclose(
        gamma.run(NOISE, alpha, taps=4), expected, rtol=1e-12, atol=1e-13 * np.abs(expected).max()
    )


@pytest.mark.parametrize("alpha", ALPHAS)
def test_run_against_a_library_filter(alpha):
    tap = SUNSPOTS
    line = gamma.run(tap, alpha, taps=3)
    for k in range(3):
        tap = signal.lfilter([0, alpha], [1, alpha - 1], tap)
        np.testing.assert_allclose(line[:, k], tap, rtol=1e-11, atol=1e-11)


def test_three_steps_by_hand():
    # a1(2) = 0.5*2; a1(3) = 0.5*4 + 0.5*1; a2(3) = 0.5*1
    assert gamma.run([2, 4, 100], 0.5, taps=2).tolist() == [[0, 0], [1, 0], [2.5, 0.5]]


@given(INTEGERS, ALPHA)
def test_a_line_is_single_elements_in_a_row(x, alpha):
    line = gamma.run(x, alpha, taps=3)
    tap = np.array(x)
    for k in range(3):
        tap = gamma.run(tap, alpha)[:, 0]
        assert np.array_equal(line[:, k], tap)


@given(INTEGERS, ALPHA, st.data())
def test_run_is_linear(x, alpha, data):
    other = data.draw(st.lists(st.integers(-100, 100), min_size=len(x), max_size=len(x)))
    both = gamma.run(3 * np.array(x) - np.array(other), alpha, taps=2)
    apart = 3 * gamma.run(x, alpha, taps=2) - gamma.run(other, alpha, taps=2)
    np.testing.assert_allclose(both, apart, rtol=1e-9, atol=1e-9 * (1 + np.abs(both).max()))


@given(INTEGERS, st.integers(1, 50))
def test_delay_line_and_alpha_one_are_the_same(x, taps):
    expected = [[x[t - k] if t >= k else 0 for k in range(1, taps + 1)] for t in range(len(x))]
    assert gamma.delay_line(x, taps).tolist() == expected
    assert gamma.run(x, 1, taps=taps).tolist() == expected


def test_overflow_is_shown_and_not_raised():
    response = gamma.run(series.step(1000), 5.0, taps=2)
    assert np.isinf(response).any()
    assert not np.isfinite(response[-1]).any()


# --- impulse response


@pytest.mark.parametrize("alpha", [*ALPHAS, -0.5, 2.5])
def test_impulse_responses_against_exact_fractions(alpha):
    exact = [[float(naive.gamma_impulse(Fraction(alpha), t, k)) if t else 0.0 for k in range(1, 7)] for t in range(60)]
    np.testing.assert_allclose(gamma.impulse_response_closed_form(alpha, 60, taps=6), exact, rtol=1e-12, atol=0)
    np.testing.assert_allclose(gamma.impulse_response(alpha, 60, taps=6), exact, rtol=1e-12, atol=1e-300)


def test_first_tap_is_equation_12_2():
    response = gamma.impulse_response_closed_form(0.25, 20)[:, 0]
    np.testing.assert_allclose(response, [0, *(0.25 * 0.75 ** (t - 1) for t in range(1, 20))], rtol=1e-14)


@pytest.mark.parametrize(
    ("alpha", "tap", "lags"),
    [
        (0.5, 10, [10, 500, 999]),
        (2.0, 10, [10, 999]),
        (1.99, 50, [50, 500, 999]),
        (0.1, 400, [400, 700, 999]),  # alpha^400 is below the smallest float, the response at lag 999 is not
        (0.9, 900, [900, 999]),
        (0.003, 3, [3, 999]),
    ],
)
def test_closed_form_at_long_lags(alpha, tap, lags):
    response = gamma.impulse_response_closed_form(alpha, 1000, taps=tap)[:, tap - 1]
    assert np.isfinite(response).all()
    for lag in lags:
        exact = float(naive.gamma_impulse(Fraction(alpha), lag, tap))
        assert response[lag] == pytest.approx(exact, rel=1e-12, abs=5e-324)


def test_closed_form_reaches_values_whose_first_factor_underflows():
    assert 0 < gamma.impulse_response_closed_form(0.1, 1000, taps=400)[999, 399] < 1e-100
    assert 0.1**400 == 0


@pytest.mark.parametrize("response", [gamma.impulse_response, gamma.impulse_response_closed_form])
def test_more_taps_than_steps(response):
    expected = [[0, 0, 0, 0], [0.5, 0, 0, 0], [0.25, 0.25, 0, 0]]
    assert response(0.5, 3, taps=4).tolist() == expected
    assert response(0.5, 1, taps=2).tolist() == [[0, 0]]


# --- what the response says


@pytest.mark.parametrize("alpha", [0.2, 0.5, 1.0, 1.7])
def test_frequency_response_is_the_transform_of_the_impulse_response(alpha):
    omega = [0.0, 0.3, 1.0, 2.5, math.pi]
    impulse = [1] + [0] * 400
    line = naive.gamma_line(impulse, alpha, 3)
    expected = [
        [sum(line[t][k] * cmath.exp(-1j * frequency * t) for t in range(401)) for k in range(3)] for frequency in omega
    ]
    np.testing.assert_allclose(gamma.frequency_response(alpha, omega, taps=3), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.5, 3.0])
def test_frequency_response_against_a_library(alpha):
    omega = np.linspace(0.01, 3.1, 50)
    _, expected = signal.freqz([0, alpha], [1, alpha - 1], worN=omega)
    response = gamma.frequency_response(alpha, omega, taps=2)
    np.testing.assert_allclose(response, np.stack([expected, expected**2], axis=1), rtol=1e-12)


def test_frequency_response_where_nothing_arrives():
    assert gamma.frequency_response(0, [0, 1]).tolist() == [[0], [0]]


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 1.5, 1.8])
def test_mean_lag_is_the_centre_of_the_impulse_response(alpha):
    line = np.array(naive.gamma_line([1.0] + [0] * 800, alpha, 5))
    centre = np.arange(801) @ line / line.sum(axis=0)
    np.testing.assert_allclose(gamma.mean_lag(alpha, 5), centre, rtol=1e-11)


@pytest.mark.parametrize("alpha", [0, -0.2, 2, 2.5])
def test_mean_lag_without_a_convergent_sum(alpha):
    assert gamma.mean_lag(alpha, 2).tolist() == [math.inf, math.inf]


@pytest.mark.parametrize("alpha", [-0.1, 0, 0.1, 0.5, 1, 1.5, 1.9, 2, 2.1])
def test_stable_means_that_an_output_dies_out(alpha):
    output = 1.0
    for _ in range(1000):
        output *= 1 - alpha
    assert gamma.is_stable(alpha) == (abs(output) < 1e-6)
    assert isinstance(gamma.is_stable(alpha), bool)


@pytest.mark.parametrize("alpha", [1e-12, 0.01, 0.5, 0.75, 1.5, 1.99])
def test_half_life_halves(alpha):
    assert gamma.half_life(0.5) == 1
    # log of |1-alpha| from its series where alpha is tiny, since 1-alpha has lost its digits there
    log_decay = -alpha - alpha**2 / 2 if alpha < 1e-6 else math.log(abs(1 - alpha))
    assert gamma.half_life(alpha) * log_decay == pytest.approx(math.log(0.5), rel=1e-12)


def test_half_life_at_the_ends():
    assert [gamma.half_life(alpha) for alpha in (0, 2, -1, 3)] == [math.inf] * 4
    assert gamma.half_life(1) == 0


def test_arguments_are_left_alone():
    x = np.ones(3)
    gamma.run(x, 0.5)
    gamma.delay_line(x, 2)
    assert x.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gamma.run([], 0.5), "x must have one dimension and at least one value"),
        (lambda: gamma.run([1, math.inf], 0.5), "x must be finite, got inf"),
        (lambda: gamma.run([1], math.nan), "alpha must be a finite number, got nan"),
        (lambda: gamma.run([1], [0.1, 0.2]), "alpha must be a finite number"),
        (lambda: gamma.run([1], 0.5, taps=0), "taps must be a whole number of at least 1, got 0"),
        (lambda: gamma.run([1], 0.5, taps=1.5), "taps must be a whole number of at least 1, got 1.5"),
        (lambda: gamma.impulse_response(0.5, 0), "n_steps must be a whole number of at least 1, got 0"),
        (lambda: gamma.impulse_response(None, 3), "alpha must be a finite number, got None"),
        (lambda: gamma.impulse_response_closed_form(0.5, -1), "n_steps must be"),
        (lambda: gamma.impulse_response_closed_form(math.inf, 2), "alpha must be"),
        (lambda: gamma.impulse_response_closed_form(0.5, 2, taps=-1), "taps must be"),
        (lambda: gamma.delay_line([1], 0), "taps must be"),
        (lambda: gamma.delay_line("abc", 1), "x must hold real numbers"),
        (lambda: gamma.frequency_response(0.5, [[0]]), r"omega must have one dimension .* got shape \(1, 1\)"),
        (lambda: gamma.frequency_response("a", [0]), "alpha must be"),
        (lambda: gamma.mean_lag(0.5, 0), "taps must be"),
        (lambda: gamma.mean_lag(math.nan, 1), "alpha must be"),
        (lambda: gamma.is_stable("x"), "alpha must be"),
        (lambda: gamma.half_life(math.inf), "alpha must be"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
