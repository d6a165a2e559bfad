"""Delay lines: literal loops, closed forms of the kernels, and what a line can give back at most."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import delay_line, gamma
from tests import naive, naive_lines

X = np.random.default_rng(3).normal(size=(9, 2))


@pytest.mark.parametrize("delays", [(0,), (1, 2, 3), (4, 0, 2), (8,), (9, 20)])
def test_columns_are_delayed_copies(delays):
    expected = [naive_lines.delayed_row(X.tolist(), t, delays) for t in range(9)]
    np.testing.assert_array_equal(delay_line.tapped(X, delays), expected)
    np.testing.assert_array_equal(delay_line.tapped(X[:, 0], delays), np.array(expected)[:, ::2])


@given(st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True), st.integers(0, 10**6))
def test_undoing_the_delays_is_the_adjoint(delays, seed):
    rng = np.random.default_rng(seed)
    x, columns = rng.normal(size=(2, 7, 3)), rng.normal(size=(2, 7, 3 * len(delays)))
    there = (delay_line.stacked(x, delays) * columns).sum()
    assert there == pytest.approx((x * delay_line.unstacked(columns, delays, 3)).sum(), abs=1e-10)


@pytest.mark.parametrize("kind", delay_line.KERNELS)
def test_a_line_is_the_generalised_line_with_its_kernels(kind):
    x = X[:, 0]
    kernels = delay_line.kernels(kind, 9, taps=3, alpha=0.4)
    found = delay_line.line(x, kind, taps=3, alpha=0.4)
    by_hand = [[sum(kernels[lag, k] * x[t - lag] for lag in range(t + 1)) for k in range(3)] for t in range(9)]
    np.testing.assert_allclose(delay_line.generalised(x, kernels), by_hand, atol=1e-13)
    np.testing.assert_allclose(found, by_hand, atol=1e-13)


def test_kernels_are_their_closed_forms():
    for alpha in (Fraction(1, 10), Fraction(1, 2), Fraction(1), Fraction(8, 5)):
        found = delay_line.kernels("gamma", 40, taps=4, alpha=float(alpha))
        closed = [[float(naive.gamma_impulse(alpha, lag, k)) if lag else 0 for k in range(1, 5)] for lag in range(40)]
        np.testing.assert_allclose(found, closed, rtol=1e-11, atol=1e-15)
        found = delay_line.kernels("laguerre", 40, taps=4, alpha=float(alpha))
        closed = [[naive_lines.laguerre_kernel(1 - alpha, lag, k) for k in range(1, 5)] for lag in range(40)]
        np.testing.assert_allclose(found, closed, rtol=1e-9, atol=1e-14)
    averages = delay_line.kernels("average", 6, taps=3)
    np.testing.assert_allclose(averages[:5].T, [[0, 1, 0, 0, 0], [0, 0.5, 0.5, 0, 0], [0, *[1 / 3] * 3, 0]])


@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.8, 1.0, 1.7])
def test_laguerre_kernels_are_orthonormal_and_span_what_gamma_kernels_span(alpha):
    laguerre = delay_line.kernels("laguerre", 1500, taps=5, alpha=alpha)
    np.testing.assert_allclose(laguerre.T @ laguerre, np.eye(5), atol=1e-12)
    gammas = delay_line.kernels("gamma", 1500, taps=5, alpha=alpha)
    np.testing.assert_allclose(laguerre @ (laguerre.T @ gammas), gammas, atol=1e-12)


@pytest.mark.parametrize("kind", ["gamma", "laguerre"])
def test_alpha_one_is_the_tapped_line(kind):
    np.testing.assert_array_equal(
        delay_line.line(X[:, 0], kind, taps=4, alpha=1.0), delay_line.tapped(X[:, 0], [1, 2, 3, 4])
    )


def test_depth_and_resolution():
    for taps in (1, 3, 7):
        assert delay_line.profile(delay_line.kernels("delay", 20, taps=taps)) == (taps, 1, taps, 0)
        for alpha in (0.1, 0.5, 0.9):
            found = delay_line.profile(delay_line.kernels("gamma", 2000, taps=taps, alpha=alpha))
            np.testing.assert_allclose(found[:3], [taps / alpha, alpha, taps], rtol=1e-9)
            u = 1 - alpha
            found = delay_line.profile(delay_line.kernels("laguerre", 2000, taps=taps, alpha=alpha))
            assert found.depth == pytest.approx((1 + (taps - 1) * (1 + u)) / (1 - u), rel=1e-8)
        found = delay_line.profile(delay_line.kernels("average", 20, taps=taps))
        assert found.depth == pytest.approx((taps + 1) / 2)
        assert found.spread == pytest.approx(np.sqrt((taps**2 - 1) / 12))
    assert np.isnan(delay_line.profile(delay_line.kernels("gamma", 9, taps=2, alpha=0.0)).depth)


@given(st.integers(1, 6), st.integers(0, 10**6))
def test_all_recalls_add_up_to_the_number_of_taps(taps, seed):
    kernels = np.random.default_rng(seed).normal(size=(15, taps))
    found = delay_line.recall(kernels)
    assert found.sum() == pytest.approx(taps) and found.min() >= 0 and found.max() <= 1 + 1e-12
    # the share of variance that least squares explains, for white noise of exactly the identity's covariance
    for lag in (0, 7):
        wanted = np.eye(15)[lag]
        weights = np.linalg.lstsq(kernels, wanted, rcond=None)[0]
        assert found[lag] == pytest.approx(1 - ((wanted - kernels @ weights) ** 2).sum(), abs=1e-9)


def test_recall_of_known_lines():
    assert delay_line.recall(delay_line.kernels("delay", 9, taps=3)).tolist() == [0, 1, 1, 1, 0, 0, 0, 0, 0]
    # one gamma tap: kernel alpha (1 - alpha)^(l - 1), so recall (1 - (1 - alpha)^2) (1 - alpha)^(2 (l - 1))
    found = delay_line.recall(delay_line.kernels("gamma", 200, taps=1, alpha=0.25))
    np.testing.assert_allclose(found[1:], (1 - 0.75**2) * 0.75 ** (2.0 * np.arange(199)), rtol=1e-9)
    assert not delay_line.recall(np.zeros((4, 2))).any()
    twice = delay_line.recall(np.array([[1.0, 2.0], [0.0, 0.0]]))
    assert twice.tolist() == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: delay_line.tapped([1.0], [1, 1]), "delays must be different"),
        (lambda: delay_line.tapped([1.0], [-1]), "delays"),
        (lambda: delay_line.tapped([1.0], [0.5]), "delays"),
        (lambda: delay_line.tapped([[[1.0]]], [0]), "x must"),
        (lambda: delay_line.generalised([1.0], [1.0]), "kernels must"),
        (lambda: delay_line.laguerre([1.0], 2.0), "alpha.*less than 2"),
        (lambda: delay_line.laguerre([1.0], 0.0), "alpha"),
        (lambda: delay_line.line([1.0], "wave", taps=1), "kind must be one of delay"),
        (lambda: delay_line.line([1.0], "delay", taps=0), "taps"),
    ],
)
def test_refusals_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_present_is_lag_zero_and_the_gamma_module_agrees():
    assert delay_line.generalised([1.0, 2.0], [[1.0], [10.0]])[:, 0].tolist() == [1, 12]
    np.testing.assert_array_equal(delay_line.tapped(X[:, 1], [1, 2, 3]), gamma.delay_line(X[:, 1], 3))
