import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import matrices
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

ENTRIES = st.floats(-10, 10).filter(lambda value: value == 0 or abs(value) > 1e-3)
TWO_BY_TWO = st.lists(st.lists(ENTRIES, min_size=2, max_size=2), min_size=2, max_size=2)


def circulant(first_row):
    """Each row is the one above, shifted by one; its eigenvalues are the Fourier transform of the first row."""
    return np.array([np.roll(first_row, k) for k in range(len(first_row))])


def ring(n_units):
    return circulant(np.eye(n_units)[1])


def test_random_entries_have_variance_one_over_n():
    W = matrices.make("random", 200, np.random.default_rng(0))
    # 40000 draws: the variance of the mean is 1/n/40000, of the mean square 2/n^2/40000; five standard deviations
    assert abs(W.mean()) < 5 * math.sqrt(1 / 200 / 40000)
    assert abs((W**2).mean() - 1 / 200) < 5 * math.sqrt(2 / 40000) / 200
    assert 0.9 < matrices.spectral_radius(W) < 1.2


def test_symmetric_matrix_keeps_the_variance_off_the_diagonal():
    W = matrices.make("symmetric", 200, np.random.default_rng(0))
    assert (W == W.T).all()
    off_diagonal = W[np.triu_indices(200, 1)]
    assert abs((off_diagonal**2).mean() - 1 / 200) < 5 * math.sqrt(2 / 19900) / 200
    # the semicircle law
    assert 1.8 < matrices.spectral_radius(W) < 2.2


@pytest.mark.parametrize("n_units", [1, 2, 3, 40])
def test_orthogonal_matrix_keeps_every_length(n_units):
    W = matrices.make("orthogonal", n_units, np.random.default_rng(n_units))
    np.testing.assert_allclose(W.T @ W, np.eye(n_units), rtol=0, atol=1e-14)
    np.testing.assert_allclose(np.abs(matrices.eigenvalues(W)), 1, rtol=1e-13)


def test_orthogonal_matrices_are_drawn_uniformly():
    rng = np.random.default_rng(1)
    draws = np.array([matrices.make("orthogonal", 3, rng) for _ in range(2000)])
    traces = draws.trace(axis1=1, axis2=2)
    # uniform over O(3): each entry has mean 0 and mean square 1/3, the trace mean 0 and mean square 1
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=5 * math.sqrt(1 / 3 / 2000))
    np.testing.assert_allclose((draws**2).mean(axis=0), 1 / 3, atol=5 * 0.3 / math.sqrt(2000))
    assert abs(traces.mean()) < 5 / math.sqrt(2000)
    assert abs((traces**2).mean() - 1) < 5 * math.sqrt(2 / 2000)


def test_identity_and_repeatability():
    assert matrices.make("identity", 3, np.random.default_rng(0)).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    for kind in matrices.KINDS:
        first, second = (matrices.make(kind, 4, np.random.default_rng(7)) for _ in range(2))
        assert (first == second).all()


@given(TWO_BY_TWO)
def test_eigenvalues_of_two_by_two_solve_the_quadratic(W):
    (a, b), (c, d) = W
    first, second = matrices.eigenvalues(W)
    size = max(1.0, max(abs(entry) for row in W for entry in row))
    assert abs(first + second - (a + d)) <= 1e-13 * size
    assert abs(first * second - (a * d - b * c)) <= 1e-12 * size**2
    assert abs(first) >= abs(second) * (1 - 1e-9)


@pytest.mark.parametrize("n_units", [1, 2, 5, 8])
def test_eigenvalues_of_a_circulant_are_its_fourier_transform(n_units):
    row = np.random.default_rng(n_units).normal(size=n_units)
    values = matrices.eigenvalues(circulant(row))
    expected = np.fft.fft(row)
    distances = np.abs(values[:, np.newaxis] - expected)
    assert distances.min(axis=0).max() < 1e-12 and distances.min(axis=1).max() < 1e-12
    assert (np.diff(np.abs(values)) < 1e-9).all()
    assert matrices.spectral_radius(circulant(row)) == pytest.approx(np.abs(expected).max(), rel=1e-12)


def test_equal_moduli_are_sorted_by_angle():
    # the n-th roots of one
    expected = np.exp(2j * np.pi * np.array([0, 1, -1, 2, -2, 3]) / 6)
    np.testing.assert_allclose(matrices.eigenvalues(ring(6)), expected, atol=1e-12)
    np.testing.assert_allclose(matrices.eigenvalues(np.diag([-0.5, 2, 0.5, -2])), [2, -2, 0.5, -0.5], atol=0)
    assert matrices.eigenvalues(np.zeros((2, 2))).tolist() == [0, 0]


@given(TWO_BY_TWO)
def test_largest_singular_value_of_two_by_two(W):
    expected = naive.spectral_norm_2x2([[Decimal(entry) for entry in row] for row in W])
    assert matrices.largest_singular_value(W) == pytest.approx(float(expected), rel=1e-12, abs=1e-300)


def test_singular_values_of_a_stretched_rotation():
    rng = np.random.default_rng(3)
    left, right = matrices.make("orthogonal", 4, rng), matrices.make("orthogonal", 4, rng)
    values = matrices.singular_values(left @ np.diag([0.1, 3, 2, 0]) @ right)
    np.testing.assert_allclose(values, [3, 2, 0.1, 0], atol=1e-14)


def test_a_shear_is_longer_than_its_eigenvalues():
    shear = [[0.5, 10], [0, 0.5]]
    assert matrices.spectral_radius(shear) == 0.5
    assert matrices.largest_singular_value(shear) > 10


@pytest.mark.parametrize("size", [0, 0.3, 1, 5])
def test_scaling(size):
    W = np.random.default_rng(4).normal(size=(6, 6))
    for scale, measure in (
        (matrices.scale_spectral_radius, matrices.spectral_radius),
        (matrices.scale_largest_singular_value, matrices.largest_singular_value),
    ):
        scaled = scale(W, size)
        assert measure(scaled) == pytest.approx(size, rel=1e-12)
        # the same direction: all entries by one factor
        np.testing.assert_allclose(scaled * W[0, 0], scaled[0, 0] * W, rtol=1e-12)


def test_scaling_survives_tiny_and_huge_entries():
    for factor in (1e-300, 1e300):
        scaled = matrices.scale_spectral_radius(factor * ring(3), 0.5)
        np.testing.assert_allclose(scaled, 0.5 * ring(3), rtol=1e-12)


def symmetric_case(seed, n_units=4):
    A = np.random.default_rng(seed).normal(size=(n_units, n_units))
    return (A + A.T) / 4, np.random.default_rng(seed + 100).normal(size=n_units)


@pytest.mark.parametrize("seed", range(4))
def test_modes_against_exact_matrix_powers(seed):
    W, h0 = symmetric_case(seed)
    result = matrices.modes(W, h0, 9)
    exact = [[Fraction(v) for v in row] for row in W]
    start = [[Fraction(v)] for v in h0]
    for t, power in enumerate(naive.matrix_powers(exact, 10)):
        expected = [float(row[0]) for row in naive.matrix_product(power, start)]
        np.testing.assert_allclose(result.h[t], expected, rtol=0, atol=1e-13)
    Q = result.eigenvectors
    np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-14)
    np.testing.assert_allclose(Q @ np.diag(result.eigenvalues) @ Q.T, W, atol=1e-14)
    assert (np.diff(np.abs(result.eigenvalues)) <= 0).all()


def test_the_transposed_order_on_the_slide_is_another_network():
    W, h0 = symmetric_case(1)
    result = matrices.modes(W, h0, 1)
    Q, Lambda = result.eigenvectors, np.diag(result.eigenvalues)
    np.testing.assert_allclose(result.h[1], W @ h0, atol=1e-14)
    assert np.abs(Q.T @ Lambda @ Q @ h0 - W @ h0).max() > 0.1


def test_modes_by_hand():
    # eigenvectors (1, 1)/sqrt2 with 0.9 and (1, -1)/sqrt2 with -0.5
    result = matrices.modes([[0.2, 0.7], [0.7, 0.2]], [3, 1], 2)
    np.testing.assert_allclose(result.eigenvalues, [0.9, -0.5], atol=1e-15)
    np.testing.assert_allclose(result.eigenvectors * math.sqrt(2), [[1, 1], [1, -1]], atol=1e-14)
    np.testing.assert_allclose(result.components / math.sqrt(2), [[2, 1], [1.8, -0.5], [1.62, 0.25]], atol=1e-14)
    np.testing.assert_allclose(result.h, [[3, 1], [1.3, 2.3], [1.87, 1.37]], atol=1e-14)


def test_log_components_where_components_underflow():
    result = matrices.modes(np.diag([0.1, -0.001]), [1, 2], 400)
    assert result.components[-1].tolist() == [0, 0]
    t = np.arange(401)
    np.testing.assert_allclose(result.log10_components[:, 0], -t, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(result.log10_components[:, 1], math.log10(2) - 3 * t, rtol=1e-12)


def test_a_zero_eigenvalue_is_forgotten_after_one_step():
    result = matrices.modes(np.diag([1.0, 0.0]), [1, 2], 2)
    assert result.h.tolist() == [[1, 2], [1, 0], [1, 0]]
    assert result.log10_components[:, 1].tolist() == [math.log10(2), -math.inf, -math.inf]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matrices.make("square", 2, np.random.default_rng(0)), "kind must be one of random, symmetric"),
        (lambda: matrices.make("random", 0, np.random.default_rng(0)), "n_units must be a whole number of at least 1"),
        (lambda: matrices.make("identity", 2, 0), "rng must be a numpy.random.Generator, got 0"),
        (lambda: matrices.eigenvalues([1, 2]), "W must have shape"),
        (lambda: matrices.eigenvalues([[1, 2]]), r"W must have shape \(1, 1\), got shape \(1, 2\)"),
        (lambda: matrices.singular_values([[1, 2], [3, math.nan]]), "W must be finite, got nan"),
        (lambda: matrices.scale_spectral_radius(np.eye(2), -1), "rho must be a finite number at least 0, got -1"),
        (lambda: matrices.scale_spectral_radius([[0, 1], [0, 0]], 1), "W must have a spectral radius above 0"),
        (lambda: matrices.scale_largest_singular_value(np.zeros((2, 2)), 1), "W must have a largest singular value"),
        (lambda: matrices.modes([[1, 2], [3, 1]], [1, 1], 3), "W must be symmetric, got 2 in row 0, column 1 but 3"),
        (lambda: matrices.modes(np.eye(2), [1], 3), "h0 must have one dimension and 2 values"),
        (lambda: matrices.modes(np.eye(2), [1, 1], -1), "n_steps must be a whole number of at least 0"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
