"""Gradients through time: stored results of PyTorch, literal loops, finite differences, and each other."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feedforward, gradients, rnn
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

METHODS = {"bptt": gradients.bptt, "rtrl": gradients.rtrl, "unrolled": gradients.unrolled}
TOTALS = ("dU", "dW", "db", "dh0")
FUNCTIONS = {
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "logistic": (lambda a: 1 / (1 + np.exp(-a)), lambda a: 0.25 / np.cosh(a / 2) ** 2),
    "relu": (lambda a: max(a, 0.0), lambda a: float(a > 0)),
    "identity": (lambda a: a, lambda a: 1.0),
}
STORED = np.load(Path(__file__).parents[1] / "golden" / "rnn.npz")
CASES = sorted({key.split("/")[0] for key in STORED})


def problem(n, m, n_steps, seed=0, gain=1.0):
    rng = np.random.default_rng(seed)
    params = rnn.RnnParams(rng.normal(size=(n, m)), gain * rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n))
    return rng.normal(size=(n_steps, m)), params, rng.normal(size=(n_steps, n)), rng.normal(size=n)


def assert_close(actual, expected, tolerance, name=""):
    """Relative to the whole array: single elements may be small by cancellation."""
    assert np.shape(actual) == np.shape(expected), name
    scale = np.linalg.norm(expected)
    assert np.linalg.norm(np.subtract(actual, expected)) <= tolerance * scale + 1e-300, name


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CASES)
def test_stored_results_of_pytorch(name, method):
    case = {key.split("/")[1]: STORED[key] for key in STORED if key.startswith(name + "/")}
    activation, at = name.split("-")[0], name.split("-")[-1]
    params = rnn.RnnParams(case["U"], case["W"], case["b"])
    h = rnn.run(case["x"], params, h0=case["h0"], activation=activation).h
    if "V" in case:
        output = gradients.output_layer(h, case["V"], case["b_out"], case["d"], at=at)
        for key, expected in (("y", "y"), ("dV", "dV"), ("db_out", "db_out")):
            assert_close(getattr(output, key), case[expected], 1e-12, key)
    else:
        output = gradients.sum_squared_error(h, case["d"], at=at)
    assert output.loss == pytest.approx(float(case["loss"]), rel=1e-12)
    result = METHODS[method](case["x"], params, output.explicit, h0=case["h0"], activation=activation)
    for key in (*TOTALS, *(("dF_dh", "dF_da") if method != "rtrl" else ())):
        assert_close(getattr(result, key), case[key], 1e-12, key)


@pytest.mark.parametrize("window", [1, 2, 3, 7, 8, 9, 100, None])
@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_bptt_against_each_error_carried_back_on_its_own(activation, window):
    x, params, explicit, h0 = problem(3, 2, 8)
    literal = naive.recurrent_gradients(
        x.tolist(),
        *(values.tolist() for values in params),
        h0.tolist(),
        *FUNCTIONS[activation],
        explicit.tolist(),
        len(x) if window is None else window,
    )
    result = gradients.bptt(x, params, explicit, h0=h0, activation=activation, window=window)
    for key, expected in zip((*TOTALS, "dF_dh"), literal, strict=True):
        assert_close(getattr(result, key), expected, 1e-12, key)
    slopes = np.vectorize(FUNCTIONS[activation][1])(rnn.run(x, params, h0=h0, activation=activation).a)
    assert_close(result.dF_da, slopes * result.dF_dh, 1e-12)


def test_window_of_one_keeps_only_explicit_terms():
    x, params, explicit, h0 = problem(3, 2, 6)
    result = gradients.bptt(x, params, explicit, h0=h0, window=1)
    np.testing.assert_array_equal(result.dF_dh, explicit)
    first = gradients.bptt(x[:1], params, explicit[:1], h0=h0)
    assert_close(result.dh0, first.dh0, 1e-14)


def weighted_sum_of_states(x, params, h0, activation, explicit):
    """A loss whose explicit derivative is `explicit`, by literal loops."""
    U, W, b = (np.asarray(values).tolist() for values in params)
    _, h = naive.recurrent_network(x.tolist(), U, W, b, h0.tolist(), FUNCTIONS[activation][0])
    return float((np.array(h) * explicit).sum())


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_bptt_against_central_differences(activation):
    x, params, explicit, h0 = problem(3, 2, 6, seed=3)
    result = gradients.bptt(x, params, explicit, h0=h0, activation=activation)
    given = {"U": params.U, "W": params.W, "b": params.b, "h0": h0}
    for name, values in given.items():
        expected = np.empty_like(values)
        for index in np.ndindex(values.shape):
            losses = []
            for step in (1e-6, -1e-6):
                nudged = values.copy()
                nudged[index] += step
                changed = {**given, name: nudged}
                weights = (changed["U"], changed["W"], changed["b"])
                losses.append(weighted_sum_of_states(x, weights, changed["h0"], activation, explicit))
            expected[index] = (losses[0] - losses[1]) / 2e-6
        assert_close(getattr(result, f"d{name}"), expected, 1e-6, name)


@given(st.data())
@settings(deadline=None)
def test_three_ways_agree(data):
    n, m, n_steps = (data.draw(st.integers(1, high)) for high in (5, 3, 12))
    activation = data.draw(st.sampled_from(rnn.ACTIVATIONS))
    x, params, explicit, h0 = problem(n, m, n_steps, data.draw(st.integers(0, 2**32)), data.draw(st.floats(0, 1.5)))
    given_h0 = data.draw(st.sampled_from([None, h0]))
    backward, forward, static = (
        method(x, params, explicit, h0=given_h0, activation=activation) for method in METHODS.values()
    )
    for name in TOTALS:
        assert_close(getattr(forward, name), getattr(backward, name), 1e-10, name)
        assert_close(getattr(static, name), getattr(backward, name), 1e-10, name)
    assert_close(static.dF_dh, backward.dF_dh, 1e-10)
    assert_close(static.dF_da, backward.dF_da, 1e-10)


def test_two_steps_written_out():
    # Eqs. 12.10 to 12.31, with the error of the last of Q = 2 steps
    x, (U, W, b), _, a0 = problem(3, 2, 2, seed=5)
    t = np.array([0.3, -0.2, 0.5])
    n1 = U @ x[0] + W @ a0 + b
    a1 = np.tanh(n1)
    n2 = U @ x[1] + W @ a1 + b
    a2 = np.tanh(n2)
    e = t - a2
    F1, F2 = np.diag(1 - a1**2), np.diag(1 - a2**2)
    copy_2 = np.outer(F2.T @ (-2 * e), a1)
    copy_1 = np.outer(F1.T @ W.T @ F2.T @ (-2 * e), a0)
    loss = gradients.sum_squared_error(np.array([a1, a2]), [t, t], at="last")
    assert loss.loss == pytest.approx(e @ e, rel=1e-14)
    assert (loss.explicit[0] == 0).all()
    for method in METHODS.values():
        assert_close(method(x, (U, W, b), loss.explicit, h0=a0).dW, copy_1 + copy_2, 1e-13)
    unrolled = gradients.unrolled(x, (U, W, b), loss.explicit, h0=a0)
    assert_close(unrolled.dW_per_copy, [copy_1, copy_2], 1e-13)
    assert_close(unrolled.dF_dh, [W.T @ F2.T @ (-2 * e), -2 * e], 1e-13)  # Eqs. 12.12 and 12.13
    assert_close(unrolled.dF_da, [F1.T @ W.T @ F2.T @ (-2 * e), F2.T @ (-2 * e)], 1e-13)  # Eqs. 12.26 to 12.28


def test_linear_unit_of_the_textbook():
    # Eq. 12.34: with W = 0.5 and an error at the 10th step only, dF/dh(t) = 0.5^(10-t)
    explicit = np.zeros((10, 1))
    explicit[9] = 1
    params = rnn.RnnParams([[1]], [[0.5]], [0])
    dF_dh = gradients.bptt(np.ones(10), params, explicit, activation="identity").dF_dh
    assert dF_dh[:, 0].tolist() == [0.5 ** (10 - t) for t in range(1, 11)]


def test_copies_are_the_terms_of_the_sums():
    x, params, explicit, h0 = problem(4, 2, 9)
    result = gradients.unrolled(x, params, explicit, h0=h0)
    h = np.vstack([h0, rnn.run(x, params, h0=h0).h])
    s = gradients.bptt(x, params, explicit, h0=h0).dF_da
    for t in range(9):
        assert_close(result.dW_per_copy[t], np.outer(s[t], h[t]), 1e-12)
        assert_close(result.dU_per_copy[t], np.outer(s[t], x[t]), 1e-12)
        assert_close(result.db_per_copy[t], s[t], 1e-12)


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
def test_rtrl_carries_the_derivatives_of_the_states(activation):
    x, params, explicit, h0 = problem(3, 2, 5)
    every = gradients.rtrl(x, params, explicit, h0=h0, activation=activation, every_step=True).dh_dW
    last = gradients.rtrl(x, params, explicit, h0=h0, activation=activation).dh_dW
    assert (every.shape, last.shape) == ((5, 3, 3, 3), (1, 3, 3, 3))
    np.testing.assert_array_equal(every[-1:], last)
    for t in range(5):
        for k in range(3):
            one = np.zeros((5, 3))
            one[t, k] = 1
            assert_close(every[t, k], gradients.bptt(x, params, one, h0=h0, activation=activation).dW, 1e-12)


def test_static_network_with_layers_of_different_width():
    rng = np.random.default_rng(2)
    widths, inputs = [2, 4, 3, 1], [rng.normal(size=m) for m in (2, 1, 3)]
    layers = [
        feedforward.Layer(rng.normal(size=(n, k)), rng.normal(size=(n, len(p))), rng.normal(size=n))
        for k, n, p in zip(widths[:-1], widths[1:], inputs, strict=True)
    ]
    first, explicit = rng.normal(size=2), [rng.normal(size=n) for n in widths[1:]]

    def loss():
        a, total = first, 0.0
        for layer, p, weights in zip(layers, inputs, explicit, strict=True):
            a = np.tanh(layer.W @ a + layer.U @ p + layer.b)
            total += weights @ a
        return total

    nets, outputs = feedforward.forward(layers, first, inputs, 0)
    found, dF_dfirst = feedforward.backward(layers, inputs, nets, outputs, explicit, 0)
    pairs = [(getattr(layer, k), getattr(g, f"d{k}")) for layer, g in zip(layers, found, strict=True) for k in "WUb"]
    for values, derivative in [*pairs, (first, dF_dfirst)]:
        for index in np.ndindex(values.shape):
            kept, losses = values[index], []
            for step in (1e-6, -1e-6):
                values[index] = kept + step
                losses.append(loss())
            values[index] = kept
            assert derivative[index] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6, abs=1e-8)


def test_sum_squared_error_by_hand():
    h, d = [[1, 2], [3, 4]], [[2, 2], [1, 5]]
    every = gradients.sum_squared_error(h, d)
    assert (every.loss, every.error.tolist(), every.explicit.tolist()) == (6, [[1, 0], [-2, 1]], [[-2, 0], [4, -2]])
    last = gradients.sum_squared_error(h, d, at="last")
    assert (last.loss, last.error.tolist(), last.explicit.tolist()) == (5, [[0, 0], [-2, 1]], [[0, 0], [4, -2]])


def test_output_layer_by_hand():
    # y = [h1 + 2 h2 + 1]: 6 and 12, e = -1 and 1
    result = gradients.output_layer([[1, 2], [3, 4]], [[1, 2]], [1], [[5], [13]])
    assert (result.y.tolist(), result.error.tolist(), result.loss) == ([[6], [12]], [[-1], [1]], 2)
    assert result.explicit.tolist() == [[2, 4], [-2, -4]]
    assert (result.dV.tolist(), result.db_out.tolist()) == ([[-4, -4]], [0])
    last = gradients.output_layer([[1, 2], [3, 4]], [[1, 2]], [1], [[5], [13]], at="last")
    assert (last.loss, last.error.tolist(), last.explicit.tolist()) == (1, [[0], [1]], [[0, 0], [-2, -4]])
    assert (last.y.tolist(), last.dV.tolist(), last.db_out.tolist()) == ([[6], [12]], [[-6, -8]], [-2])


def test_overflow_is_shown_and_not_raised():
    params = rnn.RnnParams([[1.0]], [[10.0]], [0.0])
    for method in METHODS.values():
        result = method(np.ones(400), params, np.ones((400, 1)), activation="identity")
        assert not np.isfinite(result.dW).any()
    assert not np.isfinite(gradients.bptt(np.ones(700), params, np.ones((700, 1)), activation="relu", window=3).dW)


def test_arguments_are_left_alone_and_any_array_will_do():
    x, params, explicit, h0 = problem(3, 1, 5)
    frozen = [np.asfortranarray(values) for values in (x, *params, explicit, h0)]
    for values in frozen:
        values.flags.writeable = False
    for name, method in METHODS.items():
        result = method(frozen[0], frozen[1:4], frozen[4], h0=frozen[5])
        lists = method(x[:, 0].tolist(), params, explicit.tolist(), h0=h0.tolist())
        np.testing.assert_array_equal(result.dW, lists.dW, err_msg=name)


X, GOOD, EXPLICIT, _ = problem(2, 3, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradients.bptt(X, GOOD, EXPLICIT[1:]), r"explicit must have shape \(4, 2\), got shape \(3, 2\)"),
        (lambda: gradients.rtrl(X, GOOD, EXPLICIT * np.nan), "explicit must be finite"),
        (lambda: gradients.unrolled(X, GOOD, EXPLICIT, h0=[1]), "h0 must have one dimension and 2 values"),
        (lambda: gradients.bptt(X, GOOD, EXPLICIT, activation="sin"), "activation must be one of"),
        (lambda: gradients.bptt(X, GOOD, EXPLICIT, window=0), "window must be a whole number of at least 1"),
        (lambda: gradients.bptt(X, GOOD, EXPLICIT, window=2.0), "window must be a whole number of at least 1"),
        (lambda: gradients.sum_squared_error([[1]], [[1, 2]]), "d must have shape"),
        (lambda: gradients.sum_squared_error([[1]], [[1]], at="first"), "at must be one of every, last"),
        (lambda: gradients.output_layer([[1]], [[1, 2]], [1], [[1]]), r"V must have shape \(None, 1\)"),
        (lambda: gradients.output_layer([[1]], [[1]], [1, 2], [[1]]), "b_out must have"),
        (lambda: gradients.output_layer([[1]], [[1]], [1], [[1, 2]]), "d must have shape"),
        (lambda: gradients.output_layer([[1]], [[1]], [1], [[1]], at=1), "at must be one of"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
@pytest.mark.parametrize("n_steps", [1, 2, 7])
def test_all_windows_at_once_are_each_error_carried_back_on_its_own(activation, n_steps):
    x, params, explicit, h0 = problem(3, 2, n_steps)
    together = gradients.windows(x, params, explicit, h0=h0, activation=activation)
    assert len(together) == n_steps
    given = x.tolist(), *(values.tolist() for values in params), h0.tolist(), *FUNCTIONS[activation], explicit.tolist()
    for window, result in enumerate(together, 1):
        for key, expected in zip((*TOTALS, "dF_dh"), naive.recurrent_gradients(*given, window), strict=True):
            assert_close(getattr(result, key), expected, 1e-12, key)
        alone = gradients.bptt(x, params, explicit, h0=h0, activation=activation, window=window)
        assert_close(result.dF_da, alone.dF_da, 1e-12)
