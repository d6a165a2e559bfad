import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import reservoir
from engine.reservoir import Reservoir, _online_kernels, online, readout
from tests import naive_online

pytestmark = pytest.mark.filterwarnings("error")


def example(n_steps, n_units, n_inputs=1, n_outputs=2, seed=0):
    """Smooth states, so that neighbouring rows look alike as they do in a reservoir."""
    rng = np.random.default_rng(seed)
    x, states = rng.uniform(-1, 1, (n_steps, n_inputs)), rng.normal(size=(n_steps, n_units))
    for t in range(1, n_steps):
        states[t] = 0.8 * states[t - 1] + 0.2 * states[t]
    return x, states, rng.normal(size=(n_steps, n_outputs))


def weighted_least_squares(x, states, d, ridge, forgetting):
    """V from the rows [sqrt(forgetting^(T-t)) z(t)] and, below them, sqrt(ridge forgetting^T) I."""
    rows = np.column_stack((np.ones(len(x)), states, x))
    weights = np.sqrt(forgetting ** np.arange(len(x) - 1, -1, -1.0))[:, np.newaxis]
    last = np.sqrt(ridge * forgetting ** len(x)) * np.eye(rows.shape[1])
    right = np.vstack((weights * d, np.zeros((rows.shape[1], d.shape[1]))))
    return np.linalg.lstsq(np.vstack((weights * rows, last)), right, rcond=None)[0].T


@pytest.mark.parametrize("ridge", [10.0, 0.1, 1e-3, 1e-6, 1e-8])
@pytest.mark.parametrize("n_steps, n_units, n_inputs", [(60, 12, 1), (8, 12, 2), (40, 5, 0)])
def test_without_forgetting_it_ends_at_ridge_regression(n_steps, n_units, n_inputs, ridge):
    x, states, d = example(n_steps, n_units, n_inputs)
    learned = online.fit_recursive(x, states, d, ridge=ridge)
    expected = weighted_least_squares(x, states, d, ridge, 1.0)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(learned.V, expected, rtol=0, atol=1e-9 * scale)
    np.testing.assert_allclose(learned.V, readout.fit_ridge(x, states, d, ridge), rtol=0, atol=1e-9 * scale)


@pytest.mark.parametrize("forgetting", [0.999, 0.97, 0.9, 0.5])
def test_with_forgetting_it_ends_at_weighted_least_squares(forgetting):
    x, states, d = example(80, 6)
    expected = weighted_least_squares(x, states, d, 0.01, forgetting)
    learned = online.fit_recursive(x, states, d, ridge=0.01, forgetting=forgetting)
    np.testing.assert_allclose(learned.V, expected, rtol=0, atol=1e-8 * np.abs(expected).max())


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(1, 6), st.floats(-4, 1), st.floats(0.8, 1), st.integers(0, 10_000))
def test_every_step_against_literal_loops(n_steps, n_units, log_ridge, forgetting, seed):
    x, states, d = example(n_steps, n_units, seed=seed)
    ridge = 10.0**log_ridge
    naive = naive_online.RecursiveLeastSquares(2, 2 + n_units, ridge, forgetting)
    learned = online.fit_recursive(x, states, d, ridge=ridge, forgetting=forgetting)
    for t in range(n_steps):
        y = naive.learn([1.0, *states[t], *x[t]], d[t])
        np.testing.assert_allclose(learned.y[t], y, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(learned.largest_weight[t], np.abs(naive.V).max(), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(learned.V, naive.V, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(learned.errors, d - learned.y)


def test_arguments_stay_as_they_were_and_may_be_frozen_or_integers():
    x, states, d = example(9, 3)
    expected = online.fit_recursive(x, states, d, ridge=1)
    for part in (x, states, d):
        part.flags.writeable = False
    learned = online.fit_recursive(x, states, d, ridge=1)
    np.testing.assert_array_equal(learned.V, expected.V)
    signs = online.fit_recursive(x, states, np.sign(d).astype(int), ridge=1)
    np.testing.assert_allclose(signs.V, readout.fit_ridge(x, states, np.sign(d), 1), atol=1e-12)
    compiled = _online_kernels.along_rows
    assert len(getattr(compiled, "signatures", [])) <= 1


def test_by_hand_two_steps_of_a_bias():
    # P(0) = 1, z = 1: gain 1/2, V = d/2; P = 1/2: gain 1/3, V = 1 + (5 - 1)/3
    learned = online.fit_recursive(np.empty((2, 0)), np.zeros((2, 1)), [2, 5], ridge=1)
    np.testing.assert_allclose(learned.y, [[0], [1]], rtol=1e-15)
    np.testing.assert_allclose(learned.largest_weight, [1, 7 / 3], rtol=1e-15)
    np.testing.assert_allclose(learned.V, [[7 / 3, 0]], rtol=1e-15)


def test_it_follows_a_target_that_changes_where_it_forgets():
    x, states, d = example(400, 4, n_outputs=1)
    V = np.random.default_rng(5).normal(size=(2, 1, 6))
    d = np.vstack((readout.outputs(x[:200], states[:200], V[0]), readout.outputs(x[200:], states[200:], V[1])))
    forgetful = online.fit_recursive(x, states, d, ridge=1e-3, forgetting=0.9)
    lasting = online.fit_recursive(x, states, d, ridge=1e-3)
    np.testing.assert_allclose(forgetful.V, V[1], atol=1e-6)
    assert np.abs(lasting.V - V[1]).max() > 0.1


def test_a_long_run_with_forgetting_stays_with_the_oracle():
    # repeated rows leave most directions of P unvisited for 3000 steps
    x, states, d = (np.tile(part, (300, 1)) for part in example(10, 4))
    learned = online.fit_recursive(x, states, d, ridge=1e-2, forgetting=0.99)
    expected = weighted_least_squares(x, states, d, 1e-2, 0.99)
    np.testing.assert_allclose(readout.outputs(x, states, learned.V), readout.outputs(x, states, expected), atol=1e-9)


# --- with a reservoir


def a_reservoir(n_units=5, n_inputs=1, n_outputs=2, *, feedback=True, late=False, seed=3):
    rng = np.random.default_rng(seed)
    W_in, W = rng.uniform(-0.8, 0.8, (n_units, 1 + n_inputs)), rng.uniform(-0.6, 0.6, (n_units, n_units))
    W_fb = rng.uniform(-0.7, 0.7, (n_units, n_outputs)) if feedback else None
    return Reservoir(W_in, W, W_fb, *((rng.uniform(-0.6, 0.6, W.shape), 3) if late else ()))


def as_lists(matrix):
    return None if matrix is None else np.asarray(matrix).tolist()


@pytest.mark.parametrize("feedback", online.FEEDBACKS)
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("n_inputs, washout, forgetting", [(1, 0, 1.0), (0, 4, 0.95), (2, 7, 1.0)])
def test_learning_while_running_against_literal_loops(feedback, late, n_inputs, washout, forgetting):
    made = a_reservoir(n_inputs=n_inputs, late=late)
    x, _, d = example(25, 1, n_inputs)
    options = {"ridge": 0.05, "forgetting": forgetting, "feedback": feedback, "washout": washout}
    h0 = [0.1, -0.2, 0.3, 0.0, 0.5]
    matrices = [as_lists(made.W_in), as_lists(made.W), as_lists(made.W_fb), as_lists(made.W_late), made.delay]
    states, y, largest, V = naive_online.learn_online(x.tolist(), d.tolist(), *matrices, leak=0.7, h0=h0, **options)
    learned = online.learn_online(x, d, made, leak_rate=0.7, h0=h0, **options)
    for found, expected in zip(learned[:4], (states, V, y, d - np.array(y)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(learned.largest_weight, largest, rtol=1e-9)
    assert (learned.largest_weight[:washout] == 0).all()


@pytest.mark.parametrize("feedback", online.FEEDBACKS)
def test_without_feedback_it_is_learning_along_the_states_of_a_run(feedback):
    made = a_reservoir(8, feedback=False)
    x, _, d = example(60, 1)
    learned = online.learn_online(x, d, made, ridge=1e-3, feedback=feedback, leak_rate=0.6)
    states = reservoir.run(x, made, leak_rate=0.6)
    expected = online.fit_recursive(x, states, d, ridge=1e-3)
    np.testing.assert_array_equal(learned.states, states)
    for found, wanted in zip(learned[1:], expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_an_output_that_is_right_is_as_good_as_the_teacher():
    # A readout of the teacher-forced states reproduces these targets exactly: once learned, both ways hear the same.
    # The own output begins with wrong values, which have to be forgotten.
    made = a_reservoir(4, n_inputs=1, n_outputs=1)
    x, d = example(300, 1)[0], np.zeros((300, 1))
    V = np.array([[0.1, 0.2, -0.3, 0.1, 0.2, 0.5]])
    h, y = np.zeros(4), np.zeros(1)
    for t in range(300):
        h = np.tanh(made.W_in @ [1, x[t, 0]] + made.W @ h + made.W_fb @ y)
        y = d[t] = V @ np.concatenate(([1], h, x[t]))
    for feedback in online.FEEDBACKS:
        learned = online.learn_online(x, d, made, ridge=1e-8, forgetting=0.9, feedback=feedback)
        np.testing.assert_allclose(learned.errors[-50:], 0, atol=1e-6)
        np.testing.assert_allclose(learned.V, V, atol=1e-4)


def test_sparse_weights_give_what_dense_ones_give():
    made = a_reservoir(12, late=True)
    few = Reservoir(made.W_in, np.where(np.abs(made.W) > 0.45, made.W, 0), made.W_fb, made.W_late, made.delay)
    sparse = few._replace(W=scipy.sparse.csr_array(few.W), W_late=scipy.sparse.csr_array(few.W_late))
    x, _, d = example(30, 1)
    expected, found = (online.learn_online(x, d, r, ridge=0.1, feedback="own") for r in (few, sparse))
    np.testing.assert_allclose(found.y, expected.y, atol=1e-12)


X, STATES, D = example(5, 3)
MADE, NO_FEEDBACK = a_reservoir(), a_reservoir(feedback=False)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: online.fit_recursive(X, STATES, D, ridge=0), "ridge must be a finite number greater than 0"),
        (
            lambda: online.fit_recursive(X, STATES, D, ridge=1, forgetting=0),
            "forgetting must be a finite number greater",
        ),
        (lambda: online.fit_recursive(X, STATES, D, ridge=1, forgetting=1.1), "at most 1, got 1.1"),
        (lambda: online.fit_recursive(X, STATES * np.inf, D, ridge=1), "states must be finite"),
        (lambda: online.fit_recursive(X, STATES, D[:2], ridge=1), "d must have shape (5, None), got shape (2, 2)"),
        (lambda: online.learn_online(X, D, MADE, ridge=1, feedback="none"), "feedback must be one of teacher, own"),
        (lambda: online.learn_online(X, D, MADE, ridge=1, washout=-1), "washout must be a whole number of at least 0"),
        (lambda: online.learn_online(X, D, MADE, ridge=1, leak_rate=2), "leak_rate must be a finite number"),
        (lambda: online.learn_online(X, D, MADE, ridge=1, feedback="own", leak_rate=2), "leak_rate must be a finite"),
        (lambda: online.learn_online(X, D[:, :1], MADE, ridge=1), "d must have shape (5, 2), got shape (5, 1)"),
        (lambda: online.learn_online(X, D[:4], NO_FEEDBACK, ridge=1), "d must have shape (5, None), got shape (4, 2)"),
        (lambda: online.learn_online([[1, 2]], D, MADE, ridge=1), "x must have shape (None, 1)"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert message in str(refusal.value)
