import math
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import _activation, reservoir
from engine.reservoir import _kernels, _layout
from tests import naive_reservoir

pytestmark = pytest.mark.filterwarnings("error")

STORED = np.load(Path(__file__).parents[1] / "golden" / "reservoir.npz")
STORED_CASES = sorted({name.split("/")[0] for name in STORED.files})
FUNCTIONS = {"tanh": math.tanh, "identity": lambda a: a}
FORMS = {
    "dense": np.array,
    "csr": scipy.sparse.csr_array,
    "coo": scipy.sparse.coo_array,
    "csc": scipy.sparse.csc_matrix,
}


def random_weights(rng, n, m, density=0.5, late=0.0, n_outputs=0, delay=1):
    """Weights as naive_reservoir takes them, but arrays."""
    W = rng.normal(size=(n, n)) * (rng.random((n, n)) < density) / np.sqrt(density * n)
    is_late = rng.random((n, n)) < late
    weights = {"W_in": rng.normal(size=(n, 1 + m)), "W": np.where(is_late, 0, W)}
    if late:
        weights |= {"W_late": np.where(is_late, W, 0), "delay": delay}
    if n_outputs:
        weights["W_fb"] = rng.normal(size=(n, n_outputs))
    return weights


def made(weights, form="dense"):
    sparse = {name: FORMS[form](weights[name]) for name in ("W", "W_late") if name in weights}
    return reservoir.Reservoir(**{**weights, **sparse})


def lists(arrays):
    return {name: np.asarray(values).tolist() for name, values in arrays.items()}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", STORED_CASES)
def test_states_equal_those_of_reservoirpy(case, form):
    stored = {key: STORED[f"{case}/{key}"] for key in ("x", "W_in", "W", "h0", "states", "leak")}
    W_fb, teacher = (
        STORED[f"{case}/{key}"] if f"{case}/{key}" in STORED.files else None for key in ("W_fb", "teacher")
    )
    pool = reservoir.Reservoir(stored["W_in"], FORMS[form](stored["W"]), W_fb)
    states = reservoir.run(
        stored["x"], pool, leak_rate=stored["leak"], h0=stored["h0"], teacher=teacher, activation=case.split("-")[-1]
    )
    np.testing.assert_allclose(states, stored["states"], rtol=0, atol=1e-12)


def test_stored_cases_have_every_part():
    assert len(STORED_CASES) == 8
    assert sum(f"{case}/W_fb" in STORED.files for case in STORED_CASES) == 3
    assert {float(STORED[f"{case}/leak"]) for case in STORED_CASES} > {1.0, 0.3, 0.05}


@pytest.mark.parametrize("activation", reservoir.ACTIVATIONS)
@pytest.mark.parametrize(
    ("n", "m", "leak", "late", "delay", "n_outputs"),
    [(1, 1, 1.0, 0, 1, 0), (5, 2, 0.3, 0, 1, 0), (9, 1, 0.8, 0.5, 2, 0), (11, 1, 0.6, 0.4, 5, 2), (8, 3, 0, 0, 1, 1)],
)
def test_states_equal_literal_loops(n, m, leak, late, delay, n_outputs, activation):
    rng = np.random.default_rng(n)
    weights = random_weights(rng, n, m, late=late, delay=delay, n_outputs=n_outputs)
    x, before = rng.normal(size=(12, m)), rng.normal(size=(delay, n))
    teacher, y0 = (rng.normal(size=(12, n_outputs)), rng.normal(size=n_outputs)) if n_outputs else (None, None)
    expected = naive_reservoir.reservoir_states(
        x.tolist(), lists(weights), leak, FUNCTIONS[activation], before.tolist(), teacher, y0
    )
    for form in ("dense", "csr"):
        states = reservoir.run(
            x, made(weights, form), leak_rate=leak, h0=before, teacher=teacher, y0=y0, activation=activation
        )
        np.testing.assert_allclose(states, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("late", "delay"), [(0, 1), (0.5, 3)])
@pytest.mark.parametrize(("m", "n_outputs", "hears"), [(1, 0, 1), (2, 0, 2), (1, 2, 2), (0, 1, 1)])
def test_free_run_equals_literal_loops(m, n_outputs, hears, late, delay):
    rng = np.random.default_rng(7)
    weights = random_weights(rng, 7, m, late=late, delay=delay, n_outputs=n_outputs)
    V, before, y0 = 0.3 * rng.normal(size=(hears, 8 + m)), rng.normal(size=(delay, 7)), rng.normal(size=hears)
    x = rng.normal(size=(15, m)) if n_outputs and m else None
    literal_x = [[]] * 15 if x is None else x.tolist()
    for activation, f in FUNCTIONS.items():
        states, y = naive_reservoir.free_reservoir(
            literal_x, lists(weights), V.tolist(), 0.7, f, before.tolist(), y0.tolist()
        )
        result = reservoir.free_run(made(weights), V, 15, h0=before, y0=y0, x=x, leak_rate=0.7, activation=activation)
        np.testing.assert_allclose(result.states, states, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(result.y, y, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_what_a_free_run_feeds_back_is_added_up_from_left_to_right(n_outputs):
    rng = np.random.default_rng(11)
    weights = random_weights(rng, 40, 0, n_outputs=n_outputs)
    V, h0, y0 = rng.normal(size=(n_outputs, 41)), rng.normal(size=40), rng.normal(size=n_outputs)
    result = reservoir.free_run(made(weights), V, 12, h0=h0, y0=y0)
    for states, said in zip(result.states, result.y, strict=True):
        for row, y in zip(V, said, strict=True):
            total = 0.0
            for weight, state in zip(row[1:], states, strict=True):
                total += weight * state
            assert y == row[0] + total, "to the last bit"


def test_two_steps_by_hand():
    # one unit: tanh(0.5 + 1 * 2) halved, then half of that and half of tanh(0.5 - 1 + 3 h)
    pool = reservoir.Reservoir([[0.5, 1]], [[3]])
    first = math.tanh(2.5) / 2
    expected = [[first], [first / 2 + math.tanh(-0.5 + 3 * first) / 2]]
    np.testing.assert_allclose(reservoir.run([2, -1], pool, leak_rate=0.5), expected, rtol=1e-15)


def test_a_late_connection_arrives_late():
    # unit 1 hears the input, unit 2 hears unit 1 after three steps
    pool = reservoir.Reservoir([[0, 1], [0, 0]], np.zeros((2, 2)), None, [[0, 0], [1, 0]], 3)
    states = reservoir.run([1, 0, 0, 0, 0, 0], pool, activation="identity")
    assert states.T.tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0]]
    # h0 (n,) is the last of the states before step 1
    assert reservoir.run([0, 0, 0, 0], pool, h0=[1, 0], activation="identity")[:, 1].tolist() == [0, 0, 1, 0]


def test_a_late_connection_of_one_step_is_an_ordinary_one():
    rng = np.random.default_rng(2)
    weights = random_weights(rng, 6, 1, late=0.5, delay=1)
    together = reservoir.Reservoir(weights["W_in"], weights["W"] + weights["W_late"])
    x = rng.normal(size=9)
    np.testing.assert_allclose(reservoir.run(x, made(weights)), reservoir.run(x, together), rtol=0, atol=1e-15)


def test_the_teacher_enters_a_step_later():
    pool = reservoir.Reservoir([[0]], [[0]], W_fb=[[2]])
    states = reservoir.run(np.empty((3, 0)), pool, teacher=[5, 6, 7], y0=[4], activation="identity")
    assert states.tolist() == [[8], [10], [12]]
    assert reservoir.run(np.empty((1, 0)), pool, teacher=[5], activation="identity").tolist() == [[0]]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 20), st.floats(0, 1), st.floats(0, 1), st.integers(1, 3), st.integers(0, 2**31))
def test_sparse_and_dense_products_agree(n, density, leak, delay, seed):
    rng = np.random.default_rng(seed)
    weights = random_weights(rng, n, 1, density=density + 0.01, late=0.3, delay=delay)
    x, h0 = rng.normal(size=(6, 1)), rng.normal(size=(delay, n))
    results = []
    for share in (0.0, 2.0):
        connections = with_limit(share, weights)
        assert (connections.dense.size > 0) == (share == 0.0)
        rows = np.vstack([h0, weights["W_in"][:, 0] + x * weights["W_in"][:, 1]])
        _kernels.forward(rows, delay, connections, leak, _activation.ACTIVATIONS.index("tanh"))
        results.append(rows[delay:])
    np.testing.assert_allclose(*results, rtol=0, atol=1e-12)
    np.testing.assert_allclose(results[0], reservoir.run(x, made(weights), leak_rate=leak, h0=h0), rtol=0, atol=1e-12)


def with_limit(share, weights):
    before = _layout.DENSE_FROM
    try:
        _layout.DENSE_FROM = share
        return _layout.connections(weights["W"], weights["W_late"])
    finally:
        _layout.DENSE_FROM = before


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.booleans(), st.floats(0.1, 1), st.integers(0, 2**31))
def test_a_free_run_is_a_run_taught_by_its_own_output(n, with_feedback, leak, seed):
    rng = np.random.default_rng(seed)
    weights = random_weights(rng, n, 1, n_outputs=int(with_feedback))
    pool, V = made(weights), rng.normal(size=(1, 2 + n))
    x = rng.normal(size=8) if with_feedback else None
    free = reservoir.free_run(pool, V, 8, h0=np.zeros(n), y0=0.5, x=x, leak_rate=leak)
    if with_feedback:
        taught = reservoir.run(x, pool, leak_rate=leak, teacher=free.y, y0=0.5)
        heard = x[:, np.newaxis]
    else:
        heard = np.vstack([[0.5], free.y[:-1]])
        taught = reservoir.run(heard, pool, leak_rate=leak)
    np.testing.assert_allclose(free.states, taught, rtol=0, atol=1e-9)
    np.testing.assert_allclose(free.y, np.hstack([np.ones((8, 1)), taught, heard]) @ V.T, rtol=0, atol=1e-9)


def test_a_run_goes_on_where_another_stopped():
    rng = np.random.default_rng(4)
    pool, x = made(random_weights(rng, 10, 1, late=0.5, delay=3)), rng.normal(size=20)
    whole = reservoir.run(x, pool, leak_rate=0.5)
    assert (reservoir.run(x[8:], pool, leak_rate=0.5, h0=whole[5:8]) == whole[8:]).all()


def test_overflow_reaches_only_units_that_hear_it():
    # unit 1 leaves the range of numbers; no other has a connection with it, and the last two have none at all
    W = scipy.sparse.csr_array([[1e200, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    pool = reservoir.Reservoir(np.ones((4, 2)), W)
    states = reservoir.run(np.ones(4), pool, activation="identity")
    assert not np.isfinite(states[2:, 0]).any()
    assert states[:, 1:].tolist() == [[2, 2, 2], [3, 2, 2], [3.5, 2, 2], [3.75, 2, 2]]


def test_arguments_are_left_as_they_were():
    rng = np.random.default_rng(4)
    weights = random_weights(rng, 5, 1)
    for form in FORMS:
        pool = made(weights, form)
        h0 = np.ones((1, 5))
        reservoir.run(np.ones(3), pool, h0=h0)
        assert (h0 == 1).all()
        assert np.array_equal(pool.W if form == "dense" else pool.W.toarray(), weights["W"])


def test_other_forms_of_a_matrix():
    weights = random_weights(np.random.default_rng(3), 6, 1)
    W, W_in, x = weights["W"], weights["W_in"], np.ones(4)
    expected = reservoir.run(x, reservoir.Reservoir(W_in, W))
    frozen = W.copy()
    frozen.flags.writeable = False
    twice = scipy.sparse.coo_array(
        (np.tile(W.ravel() / 2, 2), [np.tile(i, 2) for i in np.indices((6, 6)).reshape(2, 36)])
    )
    for other in (frozen, np.asfortranarray(W), W.tolist(), twice):
        np.testing.assert_allclose(reservoir.run(x, reservoir.Reservoir(W_in, other)), expected, rtol=0, atol=1e-15)


def small(**changes):
    return reservoir.Reservoir([[0, 1]] * 2, np.eye(2))._replace(**changes)


def free(pool=None, V=((0, 0, 0, 0),), n_steps=3, **changes):
    return reservoir.free_run(pool or small(), V, n_steps, **{"h0": [0, 0], "y0": [0], **changes})


FEEDBACK = small(W_fb=[[1], [1]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reservoir.run([1], ()), r"reservoir must be Reservoir\(W_in, W, W_fb, W_late, delay\), got \(\)"),
        (lambda: reservoir.run([1], 3), "reservoir must be Reservoir"),
        (lambda: reservoir.run([1], small(W_in=[1, 2])), r"reservoir.W_in must have shape \(None, None\)"),
        (lambda: reservoir.run([1], small(W=np.eye(3))), r"reservoir.W must have shape \(2, 2\), got shape \(3, 3\)"),
        (lambda: reservoir.run([1], small(W=scipy.sparse.eye_array(3))), r"reservoir.W must have shape \(2, 2\), got"),
        (lambda: reservoir.run([1], small(W=np.nan * np.eye(2))), "reservoir.W must be finite, got nan"),
        (
            lambda: reservoir.run([1], small(W=np.inf * scipy.sparse.eye_array(2))),
            "reservoir.W must be finite, got inf",
        ),
        (lambda: reservoir.run([1], small(W=1j * scipy.sparse.eye_array(2))), "reservoir.W must hold real numbers"),
        (lambda: reservoir.run([1], small(W_late=np.eye(3))), r"reservoir.W_late must have shape \(2, 2\)"),
        (lambda: reservoir.run([1], small(delay=0)), "reservoir.delay must be a whole number of at least 1, got 0"),
        (lambda: reservoir.run([[1, 2]], small()), r"x must have shape \(None, 1\), got shape \(1, 2\)"),
        (lambda: reservoir.run([1], small(), h0=[1]), "h0 must have one dimension and 2 values"),
        (lambda: reservoir.run([1], small(), h0=np.ones((2, 2))), r"h0 must have shape \(1, 2\), got shape \(2, 2\)"),
        (
            lambda: reservoir.run([1], small(), leak_rate=1.1),
            "leak_rate must be a finite number at least 0 and at most",
        ),
        (
            lambda: reservoir.run([1], small(), activation="relu"),
            "activation must be one of tanh, identity, got 'relu'",
        ),
        (
            lambda: reservoir.run([1], small(), teacher=[1]),
            r"teacher must be None for a reservoir without W_fb, got \[1",
        ),
        (lambda: reservoir.run([1], small(), y0=[1]), r"y0 must be None for a reservoir without W_fb, got \[1\]"),
        (lambda: reservoir.run([1], FEEDBACK), r"teacher must be given, \(T, k\), for a reservoir with W_fb, got None"),
        (lambda: reservoir.run([1], FEEDBACK, teacher=[1, 2]), "teacher must have one dimension and 1 values"),
        (lambda: reservoir.run([1], FEEDBACK, teacher=[1], y0=[1, 2]), "y0 must have one dimension and 1 values"),
        (lambda: free(V=[[0, 0, 0]]), r"V must have shape \(None, 4\), got shape \(1, 3\)"),
        (lambda: free(V=np.ones((2, 4))), "V must have 1 rows, one for each input that its outputs become, got 2"),
        (lambda: free(FEEDBACK, V=np.ones((2, 4))), "V must have 1 rows, one for each column of W_fb, got 2"),
        (lambda: free(x=[1, 2, 3]), "x must be None for a reservoir without W_fb"),
        (lambda: free(FEEDBACK), r"x must be given, \(3, 1\), for a reservoir with W_fb and inputs, got None"),
        (lambda: free(FEEDBACK, x=[1, 2]), "x must have n_steps = 3 rows, got 2"),
        (lambda: free(n_steps=0), "n_steps must be a whole number of at least 1, got 0"),
        (lambda: free(y0=[1, 2]), "y0 must have one dimension and 1 values"),
        (lambda: free(h0=[1, 2, 3]), "h0 must have one dimension and 2 values"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
