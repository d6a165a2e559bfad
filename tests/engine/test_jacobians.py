"""Spectral norms of Jacobian products, against LAPACK, exact logarithms and long double products."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import _spectral_norm, gradients, rnn

pytestmark = pytest.mark.filterwarnings("error")

TOLERANCE = 5e-11  # of log10, what `lag_norms` promises with room for rounding


def network(W, n_steps=12, seed=0, size=1.0):
    rng = np.random.default_rng(seed)
    n = len(W)
    params = rnn.RnnParams(size * rng.normal(size=(n, 2)), np.asarray(W, dtype=float), 0.1 * rng.normal(size=n))
    return rng.normal(size=(n_steps, 2)), params


def orthogonal(n, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


def slopes(a, activation):
    """f'(a) in the textbook's form, from f(a); good enough where f is not saturated."""
    if activation == "tanh":
        return 1 - np.tanh(a) ** 2
    if activation == "logistic":
        return 0.25 / np.cosh(a / 2) ** 2
    return np.ones_like(a) if activation == "identity" else (a > 0).astype(float)


def one_step(x, params, h0, activation, form):
    """dh(t)/dh(t-1) or dc(t)/dc(t-1), step by step from the definition."""
    f = {"tanh": np.tanh, "logistic": lambda a: 1 / (1 + np.exp(-a)), "relu": lambda a: np.maximum(a, 0)}
    f = f.get(activation, lambda a: a)
    state, result = np.zeros(len(params.b)) if h0 is None else h0, []
    for x_t in x:
        if form == "cell":
            result.append(params.W @ np.diag(slopes(state, activation)))
            state = params.W @ f(state) + params.U @ x_t + params.b
        else:
            a = params.W @ state + params.U @ x_t + params.b
            result.append(np.diag(slopes(a, activation)) @ params.W)
            state = f(a)
    return result


def log10_norm_of_product(factors):
    """LAPACK's largest singular value of a product, left to right in long double, scaled by powers of two."""
    product, exponent = np.eye(len(factors[0]), dtype=np.longdouble), 0
    for factor in factors:
        product = product @ factor.astype(np.longdouble)
        largest = np.abs(product).max()
        if largest == 0:
            return -math.inf
        shift = int(np.floor(np.log2(largest)))
        product, exponent = product * np.longdouble(2) ** -shift, exponent + shift
    return exponent * math.log10(2) + math.log10(np.linalg.svd(product.astype(float))[1][0])


MATRICES = {
    "one unit": [[-0.7]],
    "zero": np.zeros((3, 3)),
    "random": np.random.default_rng(1).normal(size=(6, 6)) / 2,
    "orthogonal": orthogonal(7),
    "rank 1": np.outer([1, -2, 0.5, 1], [0.31, 0.17, -1.03, 0.77]),
    "diagonal": np.diag([0.9, -0.91, 0.5, 0.1, 0.901]),
    "blocks": np.kron(np.diag([1, 1.1]), orthogonal(3, 2)) * 0.9,
    "nilpotent": np.diag([1.0, 2.0, 3.0], 1),
    "nearly equal": orthogonal(6, 3) @ np.diag([1, 1 - 1e-9, 1 - 1e-7, 0.99, 0.5, 0.1]) @ orthogonal(6, 4),
}


@pytest.mark.parametrize("form", ["hidden", "cell"])
@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
@pytest.mark.parametrize("name", MATRICES)
def test_norms_against_lapack(name, activation, form):
    x, params = network(MATRICES[name])
    for h0 in (None, np.random.default_rng(9).normal(size=len(params.b))):
        factors = one_step(x, params, h0, activation, form)
        given = {"h0": h0, "activation": activation, "form": form}
        expected = [log10_norm_of_product(factors[:k:-1]) for k in range(len(x) - 1)] + [0]
        np.testing.assert_allclose(gradients.lag_norms(x, params, **given), expected, rtol=0, atol=TOLERANCE)
        expected = [np.linalg.svd(factor)[1][0] for factor in factors]
        np.testing.assert_allclose(gradients.factors(x, params, **given), expected, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("every", [1, 2, 5, 12, 40])
@pytest.mark.parametrize("name", MATRICES)
def test_matrix_against_lapack(name, every):
    x, params = network(MATRICES[name])
    factors = one_step(x, params, None, "tanh", "hidden")
    result = gradients.lag_norm_matrix(x, params, every=every)
    assert result.steps.tolist() == [t for t in range(1, 13) if (12 - t) % every == 0]
    assert result.log10_norms.shape == (math.ceil(12 / every),) * 2
    for i, t in enumerate(result.steps):
        for j, k in enumerate(result.steps):
            if k > t:
                assert np.isnan(result.log10_norms[i, j])
            else:
                expected = log10_norm_of_product(factors[k:t][::-1]) if k < t else 0
                assert result.log10_norms[i, j] == pytest.approx(expected, abs=3e-7)


@pytest.mark.parametrize("n", [1, 2, 5, 16, 33])
def test_orthogonal_weights_keep_every_norm(n):
    x, params = network(orthogonal(n), 60)
    np.testing.assert_allclose(gradients.lag_norms(x, params, activation="identity"), 0, rtol=0, atol=1e-10)
    np.testing.assert_allclose(gradients.factors(x, params, activation="identity"), 1, rtol=1e-10)


def test_linear_network_has_the_norms_of_the_powers():
    W = np.random.default_rng(3).normal(size=(5, 5)) / 2
    x, params = network(W, 30)
    expected = [math.log10(np.linalg.norm(np.linalg.matrix_power(W, lag), 2)) for lag in range(29, -1, -1)]
    for form in ("hidden", "cell"):
        result = gradients.lag_norms(x, params, activation="identity", form=form)
        np.testing.assert_allclose(result, expected, rtol=0, atol=TOLERANCE)


def test_norms_far_below_the_smallest_number():
    # a diagonal W: the norm is the largest power, and its logarithm is exact
    values = [0.001, 0.0009, -0.0001]
    x, params = network(np.diag(values), 200)
    result = gradients.lag_norms(x, params, activation="identity")
    np.testing.assert_allclose(result, [lag * math.log10(0.001) for lag in range(199, -1, -1)], rtol=1e-11)
    assert result[0] < -590
    matrix = gradients.lag_norm_matrix(x, params, activation="identity", every=3)
    np.testing.assert_allclose(matrix.log10_norms[-1], result[matrix.steps - 1], rtol=1e-8)


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1e30, 1e200])
def test_one_step_may_be_tiny_or_huge(size):
    W = np.array([[2, 1], [0, 1]]) * size
    x, params = network(W, 6, size=0.0)
    params = params._replace(b=np.zeros(2))
    powers = [np.linalg.norm(np.linalg.matrix_power(W / size, lag), 2) for lag in range(5, -1, -1)]
    expected = [math.log10(power) + lag * math.log10(size) for power, lag in zip(powers, range(5, -1, -1), strict=True)]
    result = gradients.lag_norms(x, params, activation="identity")
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(gradients.factors(x, params, activation="identity"), size * powers[-2], rtol=1e-10)


def test_saturated_tanh_in_exact_logarithms():
    # one unit: the product of slopes 1/cosh^2 a, each about 4 exp(-2|a|)
    params = rnn.RnnParams([[1.0]], [[0.5]], [0.0])
    x = np.array([30.0, -80, 150, 20, -40, 60])
    a = rnn.run(x, params).a[:, 0]
    logs = [math.log10(0.5 * 4) - 2 * abs(v) * math.log10(math.e) for v in a]
    expected = [sum(logs[k + 1 :]) for k in range(6)]
    np.testing.assert_allclose(gradients.lag_norms(x, params), expected, rtol=1e-12)


def test_crossing_singular_values_are_followed():
    # unit 1 leads over short lags, unit 2 over long ones; the two never mix
    n_steps = 40
    params = rnn.RnnParams(np.eye(2), np.diag([1.0, 0.8]), np.zeros(2))
    x = np.zeros((n_steps, 2))
    x[:25, 0] = 3.0
    h = rnn.run(x, params).h
    logs = np.log10((1 - h**2) * np.diag(params.W))
    totals = np.array([logs[k + 1 :].sum(axis=0) for k in range(n_steps)])
    assert {*totals.argmax(axis=1)} == {0, 1}
    np.testing.assert_allclose(gradients.lag_norms(x, params), totals.max(axis=1), rtol=0, atol=TOLERANCE)


def test_dead_relu_units_end_the_product():
    x = np.ones((6, 2))
    x[3] = -50
    params = rnn.RnnParams(np.eye(2), 0.5 * np.eye(2), np.zeros(2))
    result = gradients.lag_norms(x, params, activation="relu")
    np.testing.assert_allclose(result[3:], [2 * math.log10(0.5), math.log10(0.5), 0], atol=1e-12)
    assert result[:3].tolist() == [-math.inf] * 3
    assert gradients.factors(x, params, activation="relu")[3] == 0
    matrix = gradients.lag_norm_matrix(x, params, activation="relu").log10_norms
    assert (matrix[3:, :3] == -math.inf).all()
    assert np.isfinite(matrix[2, :3]).all()


@pytest.mark.parametrize("name", [*MATRICES, "twin blocks", "large"])
@pytest.mark.parametrize("tolerance", [1e-6, 1e-10])
def test_no_start_makes_the_norm_stick_at_a_smaller_singular_value(name, tolerance):
    extra = {
        "twin blocks": np.kron(np.eye(2), np.random.default_rng(4).normal(size=(4, 4))) + np.diag([0, 1e-4] * 4),
        "large": np.random.default_rng(5).normal(size=(40, 40)),
    }
    P = np.array({**MATRICES, **extra}[name], dtype=float)
    left, values, _ = np.linalg.svd(P)
    starts = [_spectral_norm.start(len(P)), *left.T, *np.eye(len(P))]
    for start in starts:
        log_norm = _spectral_norm.log_norm(P, start.copy(), (P**2).sum(), tolerance)
        if values[0] == 0:
            assert log_norm == -math.inf
        else:
            assert log_norm == pytest.approx(math.log(values[0]), abs=0.51 * tolerance + 1e-14)


@given(st.integers(1, 7), st.integers(0, 2**32), st.floats(-3, 0), st.booleans())
@settings(deadline=None)
def test_norm_of_any_spectrum(n, seed, spread, use_right_start):
    rng = np.random.default_rng(seed)
    values = 10 ** (spread * rng.random(n))
    P = orthogonal(n, seed) @ np.diag(values) @ orthogonal(n, seed + 1)
    # a singular vector to start from, most often not that of the largest value
    start = np.linalg.svd(P)[0][:, 0 if use_right_start else -1].copy()
    log_norm = _spectral_norm.log_norm(P, start, (P**2).sum(), 1e-10)
    assert log_norm == pytest.approx(math.log(values.max()), abs=6e-11)


def test_states_that_become_nan_give_nan_and_not_an_error():
    x, params = network(10 * np.array([[1, -0.5], [0.5, -0.1]]), 800)
    assert np.isnan(rnn.run(x, params, activation="relu").h[-1]).any()
    assert np.isnan(gradients.lag_norms(x, params, activation="relu")[0])
    assert np.isnan(gradients.lag_norm_matrix(x, params, activation="relu", every=9).log10_norms[-1, 0])


def test_one_step_has_no_lag():
    x, params = network(MATRICES["random"], 1)
    assert gradients.lag_norms(x, params).tolist() == [0]
    assert gradients.factors(x, params).shape == (1,)
    result = gradients.lag_norm_matrix(x, params)
    assert (result.steps.tolist(), result.log10_norms.tolist()) == ([1], [[0]])


@pytest.mark.parametrize("activation", rnn.ACTIVATIONS)
@pytest.mark.parametrize("name", MATRICES)
def test_bound_is_the_power_of_one_factor_and_holds(name, activation):
    W = np.array(MATRICES[name], dtype=float)
    x, params = network(W)
    gamma = 0.25 if activation == "logistic" else 1.0
    size = gamma * math.sqrt(max(np.linalg.eigvalsh(W.T @ W)[-1], 0))
    expected = [0] + [lag * math.log10(size) if size > 0 else -math.inf for lag in range(1, 12)]
    bound = gradients.bound(params, activation, 12)
    np.testing.assert_allclose(bound, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(gradients.bound(W, activation, 12), bound)
    for form in ("hidden", "cell"):
        assert (gradients.lag_norms(x, params, activation=activation, form=form)[::-1] <= bound + 1e-10).all()


def test_linear_prediction():
    W = [[0.3, 5], [0, -0.5]]
    np.testing.assert_allclose(gradients.linear_prediction(W, 4), [0, *(math.log10(0.5) * k for k in (1, 2, 3))])
    params = rnn.RnnParams([[1], [1]], W, [0, 0])
    np.testing.assert_array_equal(gradients.linear_prediction(params, 4), gradients.linear_prediction(W, 4))
    assert gradients.linear_prediction(np.zeros((2, 2)), 3).tolist() == [0, -math.inf, -math.inf]
    assert gradients.linear_prediction([[2]], 1).tolist() == [0]


X, GOOD = network(np.eye(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradients.lag_norms(X, GOOD, form="both"), "form must be one of hidden, cell"),
        (lambda: gradients.lag_norms(X, GOOD, activation="sin"), "activation must be one of"),
        (lambda: gradients.lag_norms(X, GOOD, h0=[1]), "h0 must have one dimension and 2 values"),
        (lambda: gradients.factors(X[0], GOOD), "x must have shape"),
        (lambda: gradients.lag_norm_matrix(X, GOOD, every=0), "every must be a whole number of at least 1"),
        (lambda: gradients.bound(np.ones((2, 3)), "tanh", 3), r"W must have shape \(2, 2\)"),
        (lambda: gradients.bound(GOOD, "sin", 3), "activation must be one of"),
        (lambda: gradients.linear_prediction(np.eye(2), 0), "n_lags must be a whole number of at least 1"),
        (lambda: gradients.linear_prediction([[math.nan]], 1), "W must be finite"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("lag", [0, 1, 2, 7, 199])
def test_norm_of_a_power_against_exact_fractions(size, lag):
    W = np.random.default_rng(lag).integers(-9, 10, (3, 3)) * size
    product = [[Fraction(int(i == j)) for j in range(3)] for i in range(3)]
    for _ in range(lag):
        product = [[sum(row[k] * Fraction(W[k, j]) for k in range(3)) for j in range(3)] for row in product]
    largest = max(abs(entry) for row in product for entry in row)
    scaled = [[float(entry / largest) for entry in row] for row in product]
    # log10 of a fraction of any size
    log10 = math.log10(largest.numerator) - math.log10(largest.denominator)
    assert gradients.power_norm(W, lag) == pytest.approx(log10 + math.log10(np.linalg.norm(scaled, 2)), abs=1e-10)


def test_norm_of_a_power_that_is_0():
    assert gradients.power_norm([[0, 1], [0, 0]], 1) == 0
    assert gradients.power_norm([[0, 1], [0, 0]], 2) == gradients.power_norm([[0]], 5) == -math.inf
    with pytest.raises(ValueError, match="lag must be a whole number of at least 0, got -1"):
        gradients.power_norm([[1]], -1)
