import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reservoir import readout

pytestmark = pytest.mark.filterwarnings("error")

RIDGES = [100.0, 1.0, 1e-3, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-14]


def correlated(n_steps, n_units, seed=0):
    """Inputs and states as ill-conditioned as those of a reservoir: column k is 3^-k of its own, the rest its past."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n_steps)
    states = np.zeros((n_steps, n_units))
    for k in range(n_units):
        before = np.roll(states[:, k - 1], 1) if k else x
        states[:, k] = np.tanh(0.5 * before + 0.9 * np.roll(before, 3)) + 3.0**-k * rng.normal(size=n_steps)
    return x, states, np.column_stack((np.roll(x, 4), rng.normal(size=n_steps)))


def least_squares(x, states, d, ridge):
    """V from the augmented system [Z; sqrt(ridge) I] V' = [D; 0], by LAPACK's own solver."""
    rows = np.column_stack((np.ones(len(x)), states, x))
    size = rows.shape[1]
    above = np.vstack((rows, np.sqrt(ridge) * np.eye(size)))
    right = np.vstack((d, np.zeros((size, d.shape[1]))))
    return np.linalg.lstsq(above, right, rcond=None)[0].T


@pytest.mark.parametrize("ridge", RIDGES)
@pytest.mark.parametrize("n_steps, n_units", [(120, 30), (40, 60), (33, 31), (32, 30), (31, 30), (1, 3)])
def test_ridge_against_least_squares_on_the_augmented_system(n_steps, n_units, ridge):
    x, states, d = correlated(n_steps, n_units)
    expected = least_squares(x, states, d, ridge)
    found = readout.fit_ridge(x, states, d, ridge)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("n_steps, n_units", [(120, 30), (40, 60)])
def test_the_quick_way_serves_all_but_the_tiniest_ridge(n_steps, n_units):
    x, states, d = correlated(n_steps, n_units)
    rows = readout.augmented(x, states)
    for ridge in (1.0, 1e-6, 1e-8):
        expected = least_squares(x, states, d, ridge).T
        quick = readout._by_normal_equations(rows, d, ridge)
        np.testing.assert_allclose(quick, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    assert readout._by_normal_equations(rows, d, 1e-16) is None


@pytest.mark.parametrize("n_steps, n_units", [(120, 10), (10, 30)])
def test_without_ridge_the_solution_of_least_norm(n_steps, n_units):
    x, states, d = correlated(n_steps, n_units)
    # twice the same unit: infinitely many readouts do as well as each other
    states[:, 1] = states[:, 0]
    expected = least_squares(x, states, d, 0.0)
    found = readout.fit_ridge(x, states, d, 0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8 * np.abs(expected).max())
    np.testing.assert_allclose(found[:, 1], found[:, 2], rtol=1e-6, atol=1e-9 * np.abs(expected).max())


@settings(max_examples=60)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2), st.floats(-8, 2), st.integers(0, 10_000))
def test_no_readout_near_by_is_better(n_steps, n_units, n_inputs, log_ridge, seed):
    rng = np.random.default_rng(seed)
    ridge = 10.0**log_ridge
    x, states = rng.normal(size=(n_steps, n_inputs)), rng.normal(size=(n_steps, n_units))
    d = rng.normal(size=(n_steps, 2))
    V = readout.fit_ridge(x, states, d, ridge)

    def cost(V):
        return np.sum((d - readout.outputs(x, states, V)) ** 2) + ridge * np.sum(V**2)

    # a quadratic cost is smallest where it grows in every direction and its opposite
    for _ in range(5):
        change = 0.1 * rng.normal(size=V.shape)
        assert cost(V + change) > cost(V) and cost(V - change) > cost(V)


def test_by_hand_one_unit():
    # Z = [[1, 1], [1, -1]] without inputs; Z'Z = 2 I; Z'd = [4, 2]; with ridge 2: V = [1, 0.5]
    V = readout.fit_ridge(np.empty((2, 0)), [[1], [-1]], [3, 1], 2)
    np.testing.assert_allclose(V, [[1, 0.5]], rtol=1e-15)
    np.testing.assert_allclose(readout.outputs(np.empty((2, 0)), [1, -1], V), [[1.5], [0.5]], rtol=1e-15)


def test_rows_are_bias_states_and_inputs():
    rows = readout.augmented([7.0, 8.0], [[1, 2], [3, 4]])
    assert rows.tolist() == [[1, 1, 2, 7], [1, 3, 4, 8]]
    y = readout.outputs([7.0, 8.0], [[1, 2], [3, 4]], [[1, 10, 100, 1000], [0, 0, 0, 1]])
    assert y.tolist() == [[7211, 7], [8431, 8]]


def test_states_may_be_integers_or_strided_and_stay_as_they_were():
    x, states, d = correlated(40, 6)
    whole = np.repeat(states, 2, axis=1)
    before = whole.copy()
    found = readout.fit_ridge(x, whole[:, ::2], d, 1e-3)
    np.testing.assert_array_equal(found, readout.fit_ridge(x, states, d, 1e-3))
    np.testing.assert_array_equal(whole, before)
    signs = np.sign(states).astype(int)
    np.testing.assert_allclose(readout.fit_ridge(x, signs, d, 1), least_squares(x, signs, d, 1), atol=1e-12)


def test_states_that_are_all_alike_get_no_weight():
    V = readout.fit_ridge(np.empty((5, 0)), np.zeros((5, 3)), np.full(5, 2.0), 0)
    np.testing.assert_allclose(V, [[2, 0, 0, 0]], atol=1e-14)


def test_outputs_of_a_reservoir_that_overflowed():
    y = readout.outputs([1.0, 1.0, 1.0], [[1.0], [np.inf], [np.nan]], [[0, 2, 1]])
    assert y[0] == 3 and np.isinf(y[1]) and np.isnan(y[2])


def test_states_as_large_as_a_float_can_hold():
    states = np.array([[1e200], [-1e200], [3e200]])
    V = readout.fit_ridge(np.empty((3, 0)), states, [1.0, -1.0, 3.0], 1e-6)
    np.testing.assert_allclose(readout.outputs(np.empty((3, 0)), states, V)[:, 0], [1, -1, 3], rtol=1e-12)


# --- error


def test_normalised_error_by_hand():
    # mean squared error 1, variance of d 4; and, in a second column, 0.25 against 0.25
    assert readout.normalised_error([1, 5], [2, 6]) == 0.25
    assert readout.normalised_error([[1, 0.5], [5, 0.5]], [[2, 0], [6, 1]]) == (0.25 + 1) / 2


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20).filter(lambda d: np.ptp(d) > 1e-3))
def test_the_mean_scores_1_and_the_target_itself_0(d):
    assert readout.normalised_error(d, d) == 0
    assert readout.normalised_error(np.full(len(d), np.mean(d)), d) == pytest.approx(1)


@pytest.mark.parametrize("wrong", [np.inf, np.nan])
def test_the_error_of_an_overflow_is_not_finite(wrong):
    assert not np.isfinite(readout.normalised_error([1.0, wrong], [1.0, 2.0]))


X, STATES, D = correlated(5, 2)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: readout.fit_ridge(X, STATES, D, -1), "ridge must be a finite number at least 0"),
        (
            lambda: readout.fit_ridge(X, STATES[:4], D, 1),
            "x must have shape (T, k) or (T,) with 4 rows",
        ),
        (
            lambda: readout.fit_ridge(X, STATES, D[:3], 1),
            "with 5 rows, got shape (3, 2)",
        ),
        (
            lambda: readout.fit_ridge(X, np.zeros((0, 2)), D, 1),
            "states must have shape (T, k) or (T,) with at",
        ),
        (lambda: readout.fit_ridge(X, STATES[None], D, 1), "states must have shape (T, k)"),
        (lambda: readout.fit_ridge(X, "abc", D, 1), "states must hold real numbers, got 'abc'"),
        (lambda: readout.fit_ridge(X, STATES, D * 1j, 1), "d must hold real numbers"),
        (lambda: readout.fit_ridge(X, STATES, D * np.nan, 1), "d must be finite, got nan at step 1"),
        (lambda: readout.outputs(X, STATES, np.ones((1, 3))), "V must have shape (None, 4), got shape (1, 3)"),
        (lambda: readout.augmented([0, np.inf, 0, 0, 0], STATES), "x must be finite, got inf at step 2"),
        (lambda: readout.normalised_error([1, 2], [1, 2, 3]), "y must have shape (T, k) or (T,) with 3 rows"),
        (
            lambda: readout.normalised_error([[1, 2]] * 3, [1, 2, 3]),
            "must have the shape of d, (3, 1), got shape (3, 2)",
        ),
        (lambda: readout.normalised_error([1, 2], [0.1, 0.1]), "d must vary in every column, got only 0.1 in one"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert message in str(refusal.value)


def test_a_state_that_is_not_finite_is_named_by_its_step():
    states = STATES.copy()
    states[3, 1], states[4, 0] = np.inf, np.nan
    with pytest.raises(ValueError, match="states must be finite, got inf at step 4"):
        readout.fit_ridge(X, states, D, 1)
