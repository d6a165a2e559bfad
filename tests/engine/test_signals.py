import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from engine import signals

pytestmark = pytest.mark.filterwarnings("error")

SIGNS = st.lists(st.sampled_from([-1, 1]), min_size=1, max_size=30)


# --- Mackey and Glass


def method_of_steps(n, tau, start):
    """The series at 0, 1, ... n-1 by an adaptive solver: over one delay after the other the late value is known."""
    pieces, ends = [lambda t: np.full((1, np.size(t)), start)], [0.0]
    while ends[-1] < n:
        earlier = pieces[-1]

        def slope(t, x, earlier=earlier):
            late = earlier(t - tau)[0]
            return 0.2 * late / (1 + late**10) - 0.1 * x

        span = (ends[-1], ends[-1] + tau)
        now = [float(np.squeeze(earlier(ends[-1])))]
        solved = solve_ivp(slope, span, now, method="DOP853", rtol=1e-11, atol=1e-12, max_step=1.0, dense_output=True)
        pieces.append(solved.sol)
        ends.append(span[1])
    times = np.arange(float(n))
    which = np.searchsorted(ends, times, side="right")
    return np.array([float(np.squeeze(pieces[k](t))) for k, t in zip(which, times, strict=True)])


@pytest.mark.parametrize("tau, start", [(17, 1.2), (30, 1.2), (17, 0.4)])
def test_mackey_glass_against_an_adaptive_solution_delay_by_delay(tau, start):
    expected = method_of_steps(200, tau, start)
    found = signals.mackey_glass(200, tau, discard=0, start=start)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)
    finer = signals.mackey_glass(200, tau, discard=0, start=start, dt=0.025)
    np.testing.assert_allclose(finer, expected, rtol=0, atol=2e-8)


@pytest.mark.parametrize("tau", [17, 30])
def test_half_the_step_leaves_a_sixteenth_of_the_error(tau):
    expected = method_of_steps(150, tau, 1.2)
    errors = [np.abs(signals.mackey_glass(150, tau, discard=0, dt=dt) - expected).max() for dt in (0.5, 0.25, 0.125)]
    ratios = np.array(errors[:-1]) / errors[1:]
    assert (ratios > 11).all() and (ratios < 22).all(), ratios


def test_mackey_glass_rests_where_the_slope_is_0():
    # 0.2 / (1 + x^10) = 0.1 at x = 1
    np.testing.assert_array_equal(signals.mackey_glass(50, discard=0, start=1.0), np.ones(50))


def test_mackey_glass_before_the_first_delay_ends():
    # Until then the late value is the start: x' = p - x/10 with p fixed, an exponential approach to 10 p.
    start, p = 0.6, 0.2 * 0.6 / (1 + 0.6**10)
    expected = 10 * p + (start - 10 * p) * np.exp(-np.arange(18) / 10)
    np.testing.assert_allclose(signals.mackey_glass(18, discard=0, start=start), expected, rtol=0, atol=1e-8)


def test_discarding_starts_later():
    whole = signals.mackey_glass(60, discard=0)
    np.testing.assert_array_equal(signals.mackey_glass(20, discard=40), whole[40:])


def test_a_delay_may_be_a_fraction_of_the_time_unit():
    found = signals.mackey_glass(60, 2.5, discard=0, start=0.5)
    np.testing.assert_allclose(found, method_of_steps(60, 2.5, 0.5), rtol=0, atol=2e-6)


# --- NARMA-10


def naive_narma10(u):
    """y(1), y(2), ... with y and u looked up by their own time, 0 before it began."""
    y = {0: 0.0}
    for t in range(len(u)):
        recent = sum(y.get(t - i, 0.0) for i in range(10))
        late = u[t - 9] if t >= 9 else 0.0
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * recent + 1.5 * late * u[t] + 0.1
    return [y[t + 1] for t in range(len(u))]


@given(st.integers(0, 1000), st.integers(1, 60))
def test_narma10_against_literal_loops(seed, n):
    u = signals.narma_input(n, np.random.default_rng(seed))
    np.testing.assert_allclose(signals.narma10(u), naive_narma10(u.tolist()), rtol=1e-13)


def test_narma10_by_hand():
    # 0.1; 0.03 + 0.05*0.1*0.1 + 0.1; then with y = 0.1305: 0.03915 + 0.05*0.1305*0.2305 + 0.1
    np.testing.assert_allclose(signals.narma10([0.4, 0.4, 0.4])[:2], [0.1, 0.1305], rtol=1e-15)
    np.testing.assert_allclose(signals.narma10([0.4, 0.4, 0.4])[2], 0.14065401250, rtol=1e-10)
    # the tenth step is the first with a product of inputs, 1.5 * 0.4 * 0.4
    with_input, without = (signals.narma10(np.full(10, level)) for level in (0.4, 0.0))
    np.testing.assert_allclose(with_input[:9], without[:9], rtol=0)
    np.testing.assert_allclose(with_input[9] - without[9], 0.24, rtol=1e-14)


def test_narma10_that_runs_away_shows_as_inf():
    assert np.isinf(signals.narma10(np.full(200, 2.0))[-1])


def test_narma_input_is_drawn_evenly_from_0_to_a_half():
    u = signals.narma_input(4000, np.random.default_rng(3))
    assert u.min() >= 0 and u.max() < 0.5
    # standard error of the mean 0.5 / sqrt(12 * 4000) = 0.0023
    assert abs(u.mean() - 0.25) < 0.01 and abs(u.var() - 0.25 / 12) < 0.001


# --- the others


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=20), st.integers(0, 25))
def test_delayed_looks_back(x, lag):
    assert signals.delayed(x, lag).tolist() == [x[t - lag] if t >= lag else 0 for t in range(len(x))]


@given(SIGNS, st.integers(1, 35))
def test_parity_of_the_last_bits(bits, n_bits):
    expected = [np.prod(bits[max(t - n_bits + 1, 0) : t + 1]) for t in range(len(bits))]
    assert signals.parity_of_last(bits, n_bits).tolist() == expected


def test_figure_eight():
    eight = signals.figure_eight(240, 80)
    assert eight.shape == (240, 2)
    angle = 2 * np.pi * np.arange(240) / 80
    # sin 2a = 2 sin a cos a, the equation of the curve
    np.testing.assert_allclose(eight[:, 0], np.sin(angle), atol=1e-12)
    np.testing.assert_allclose(eight[:, 1], 2 * np.sin(angle) * np.cos(angle), atol=1e-12)
    # both passages through the crossing, half a period apart
    np.testing.assert_allclose(eight[[0, 40, 80]], 0, atol=1e-12)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: signals.mackey_glass(0), "n must be a whole number of at least 1"),
        (lambda: signals.mackey_glass(5, 0), "tau must be a finite number greater than 0"),
        (lambda: signals.mackey_glass(5, dt=0.3), "dt must divide 1, got dt = 0.3"),
        (lambda: signals.mackey_glass(5, 17.03), "dt must divide tau, got dt = 0.1 and tau = 17.03"),
        (lambda: signals.mackey_glass(5, 0.01), "dt must divide tau"),
        (lambda: signals.mackey_glass(5, dt=2), "dt must be a finite number greater than 0 and at most 1"),
        (lambda: signals.mackey_glass(5, discard=-1), "discard must be a whole number of at least 0"),
        (lambda: signals.mackey_glass(5, start=np.nan), "start must be a finite number"),
        (lambda: signals.narma10([[1.0]]), "u must have one dimension"),
        (lambda: signals.narma_input(5, 1), "rng must be a numpy.random.Generator"),
        (lambda: signals.narma_input(0, RNG), "n must be a whole number"),
        (lambda: signals.delayed([1.0], -1), "lag must be a whole number of at least 0"),
        (lambda: signals.parity_of_last([1, 0, -1], 2), "bits must be 1 or -1, got 0"),
        (lambda: signals.parity_of_last([1, -1], 0), "n_bits must be a whole number of at least 1"),
        (lambda: signals.figure_eight(5, 3), "period must be a finite number at least 4"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert message in str(refusal.value)
