import math

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reservoir import connections, spectrum

pytestmark = pytest.mark.filterwarnings("error")

SIZES = (10, 50, 100, 240)
DENSITIES = (0.02, 0.1, 0.3, 1.0)


def random_matrix(n_units, density, rng):
    W = rng.normal(size=(n_units, n_units))
    return np.where(rng.random(W.shape) < density, W, 0.0)


def shuffled(W, rng):
    """The same network with its units in another order: the eigenvalues stay."""
    order = rng.permutation(len(W))
    return W[np.ix_(order, order)]


def reflected(W, rng):
    """H W H with a Householder reflection H: the eigenvalues stay, and no entry stays 0."""
    u = rng.normal(size=len(W))
    u /= np.linalg.norm(u)
    W = W - 2 * np.outer(u, u @ W)
    return W - 2 * np.outer(W @ u, u)


@pytest.mark.parametrize("as_given", [np.asarray, scipy.sparse.csr_array, scipy.sparse.coo_array])
@pytest.mark.parametrize("n_units", SIZES)
@pytest.mark.parametrize("density", DENSITIES)
def test_small_and_middle_sizes_against_lapack(n_units, density, as_given):
    rng = np.random.default_rng([n_units, round(100 * density)])
    W = random_matrix(n_units, density, rng)
    expected = np.abs(scipy.linalg.eigvals(W)).max()
    assert spectrum.spectral_radius(as_given(W)) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("topology", ["random", "small world", "fixed in-degree"])
@pytest.mark.parametrize("density", [0.02, 0.5])
def test_large_reservoirs_against_lapack(topology, density):
    W = 1.7 * connections.draw(320, density=density, topology=topology, rng=np.random.default_rng(7)).W
    expected = np.abs(scipy.linalg.eigvals(W)).max()
    assert spectrum.spectral_radius(W) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("n_units", [301, 400])
def test_large_circulant_matrices_against_the_fourier_transform(n_units):
    first_column = np.random.default_rng(n_units).normal(size=n_units)
    expected = np.fft.fft(first_column)
    expected = expected[np.argsort(-np.abs(expected))]
    W = scipy.linalg.circulant(first_column)
    assert spectrum.spectral_radius(W) == pytest.approx(abs(expected[0]), rel=1e-12)
    found = spectrum.eigenvalues(W, most=8)
    assert len(found) == 8
    np.testing.assert_allclose(np.abs(found), np.abs(expected[:8]), rtol=1e-9)
    for value in found:
        assert np.abs(expected - value).min() < 1e-9 * abs(value)


def test_pairs_of_opposite_eigenvalues_and_close_ones():
    rng = np.random.default_rng(0)
    inner = rng.uniform(-0.9, 0.9, 315)
    for outer in ([2, -2, 2, -2, 1.9], [1.001, -1.0009, 1.0008, 1.0007, -1.0006], [-3, 1, 1, 1, 1]):
        W = reflected(reflected(np.diag(np.concatenate((inner, outer))), rng), rng)
        assert spectrum.spectral_radius(W) == pytest.approx(np.abs(outer).max(), rel=1e-12)


def test_all_moduli_equal_in_a_large_matrix():
    # Arnoldi's method does not tell them apart, and LAPACK has to decide
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(300, 300)))[0]
    assert spectrum.spectral_radius(3 * Q) == pytest.approx(3, rel=1e-12)


@pytest.mark.parametrize("period", [2, 7])
def test_groups_that_feed_each_other_in_a_circle(period):
    # W^period has the product of the blocks on its diagonal, and each of its roots is an eigenvalue of W
    rng = np.random.default_rng(period)
    size = 294 // period
    blocks = rng.normal(size=(period, size, size)) / math.sqrt(size)
    W = np.zeros((period * size, period * size))
    for group, block in enumerate(blocks):
        to = (group + 1) % period
        W[to * size : (to + 1) * size, group * size : (group + 1) * size] = block
    product = np.linalg.multi_dot(blocks[::-1])
    expected = np.abs(scipy.linalg.eigvals(product)).max() ** (1 / period)
    assert spectrum.spectral_radius(shuffled(W, rng)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n_units", [2, 3, 50, 3000])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_ring_has_the_roots_of_its_product(n_units, sign):
    # LAPACK is no oracle here: at 500 units it is wrong by 2e-7
    rng = np.random.default_rng(n_units)
    weights = rng.uniform(0.1, 2, n_units)
    weights[1] *= sign
    units = np.arange(n_units)
    W = scipy.sparse.csr_array((weights, (units, (units - 1) % n_units)), shape=(n_units, n_units))
    radius = math.exp(math.fsum(math.log(abs(weight)) for weight in weights) / n_units)
    assert spectrum.spectral_radius(W) == pytest.approx(radius, rel=1e-13)
    if n_units <= 50:
        values = spectrum.eigenvalues(W)
        np.testing.assert_allclose(values**n_units, sign * radius**n_units, rtol=1e-10)
        assert len(np.unique(values.round(9))) == n_units


@pytest.mark.parametrize("n_units", [1, 2, 60, 300])
def test_no_loop_means_zero_exactly(n_units):
    rng = np.random.default_rng(n_units)
    W = shuffled(np.tril(rng.normal(size=(n_units, n_units)), -1), rng)
    assert spectrum.spectral_radius(W) == 0
    np.testing.assert_array_equal(spectrum.eigenvalues(W), np.zeros(n_units))


def test_weights_that_cancel_around_the_loops_mean_zero_exactly():
    assert spectrum.spectral_radius([[1, -1], [1, -1]]) == 0
    left, right = np.array([1.0, 1, 1, -1]), np.array([1.0, -1, 1, 1])
    assert left @ right == 0
    assert spectrum.spectral_radius(np.outer(left, right)) == 0


def test_components_count_one_by_one():
    rng = np.random.default_rng(1)
    blocks = [rng.normal(size=(size, size)) for size in (1, 2, 40, 300)]
    blocks[2] *= 10
    W = scipy.linalg.block_diag(*blocks)
    W += np.triu(rng.normal(size=W.shape), 1) * (np.add.outer(-np.arange(len(W)), np.arange(len(W))) > 300)
    expected = np.concatenate([scipy.linalg.eigvals(block) for block in blocks])
    W = shuffled(W, rng)
    assert spectrum.spectral_radius(W) == pytest.approx(np.abs(expected).max(), rel=1e-12)
    found = spectrum.eigenvalues(W)
    np.testing.assert_allclose(np.sort(np.abs(found)), np.sort(np.abs(expected)), rtol=1e-9)
    np.testing.assert_allclose(np.abs(spectrum.eigenvalues(W, most=5)), np.abs(found[:5]), rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
@pytest.mark.parametrize("n_units", [20, 320])
def test_very_large_and_very_small_weights(n_units, scale):
    W = random_matrix(n_units, 0.5, np.random.default_rng(0))
    assert spectrum.spectral_radius(scale * W) / scale == pytest.approx(spectrum.spectral_radius(W), rel=1e-9)


def test_all_weights_equal_in_a_large_full_matrix():
    # of rank 1: there is nothing for Arnoldi's method to find after the first step
    assert spectrum.spectral_radius(np.full((300, 300), 0.5)) == pytest.approx(150, rel=1e-13)


def test_order_of_eigenvalues():
    W = scipy.linalg.block_diag([[0, -2], [2, 0]], 1, [[0.5, -0.5], [0.5, 0.5]], 0)
    np.testing.assert_allclose(spectrum.eigenvalues(W), [2j, -2j, 1, 0.5 + 0.5j, 0.5 - 0.5j, 0], atol=1e-15)
    np.testing.assert_allclose(spectrum.eigenvalues(W, most=3), [2j, -2j, 1], atol=1e-15)
    assert len(spectrum.eigenvalues(W, most=99)) == 6


@settings(deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.lists(st.lists(st.integers(-2, 2), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_eigenvalues_give_the_traces_of_all_powers(rows):
    # Newton's identities: these sums determine the characteristic polynomial, and they do not mind double eigenvalues
    W = np.array(rows, dtype=float)
    values = spectrum.eigenvalues(W)
    assert values.shape == (len(W),)
    scale = max(np.abs(W).sum(axis=1).max(), 1.0)
    power, weights = np.eye(len(W)), np.ones(len(W), dtype=complex)
    for _ in range(len(W)):
        power, weights = power @ W / scale, weights * values / scale
        assert abs(weights.sum() - np.trace(power)) < 1e-11


def test_effective_eigenvalues_are_those_of_the_leaky_matrix():
    W, leak_rate = random_matrix(30, 0.5, np.random.default_rng(0)), 0.3
    found = spectrum.effective_eigenvalues(spectrum.eigenvalues(W), leak_rate)
    expected = scipy.linalg.eigvals((1 - leak_rate) * np.eye(30) + leak_rate * W)
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(expected), rtol=1e-10)
    np.testing.assert_allclose(spectrum.effective_eigenvalues([2, -1, 0.5j], 0.5), [1.5, 0, 0.5 + 0.25j])


def test_stored_zeros_and_repeated_entries_are_understood_and_left_alone():
    W = scipy.sparse.csr_array(
        (np.array([1.0, 2.0, 0.0, 3.0]), np.array([1, 1, 0, 0]), np.array([0, 3, 4])), shape=(2, 2)
    )
    data, indices = W.data.copy(), W.indices.copy()
    # [[0, 1 + 2], [3, 0]]
    assert spectrum.spectral_radius(W) == pytest.approx(3)
    np.testing.assert_array_equal(W.data, data)
    np.testing.assert_array_equal(W.indices, indices)


@pytest.mark.parametrize("W", [[[1, 2]], [1, 2], [[math.nan]], [["a"]], scipy.sparse.csr_array((2, 3))])
@pytest.mark.parametrize("function", [spectrum.spectral_radius, spectrum.eigenvalues])
def test_refused_matrices(function, W):
    with pytest.raises(ValueError, match="W"):
        function(W)


def test_refused_numbers():
    for most in (0, 1.5):
        with pytest.raises(ValueError, match="most"):
            spectrum.eigenvalues(np.eye(2), most=most)
    for leak_rate in (-0.1, 1.1):
        with pytest.raises(ValueError, match="leak_rate"):
            spectrum.effective_eigenvalues([1], leak_rate)
