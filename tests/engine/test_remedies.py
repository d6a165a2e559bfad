import math
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import remedies
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

# below 1e-290 the rounding of subnormal numbers would be all there is to see
ENTRIES = st.lists(
    st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-290), min_size=1, max_size=20
)


class Weights(NamedTuple):
    U: np.ndarray
    W: np.ndarray
    P: np.ndarray | None = None


def orthogonal(seed, n_units=3):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n_units, n_units)))[0]


def test_a_long_gradient_is_shortened_and_a_short_one_left_alone():
    result = remedies.clip_by_norm([3, 4], 1)
    np.testing.assert_allclose(result.gradient, [0.6, 0.8], rtol=1e-15)
    assert (result.norm, result.clipped) == (5, True)
    for threshold in (5, 6):
        result = remedies.clip_by_norm([3, 4], threshold)
        assert (result.gradient.tolist(), result.norm, result.clipped) == ([3, 4], 5, False)


@given(ENTRIES, st.floats(1e-6, 1e6))
def test_clipping_keeps_the_direction(entries, threshold):
    result = remedies.clip_by_norm(entries, threshold)
    squares = sum(Fraction(entry) ** 2 for entry in entries)
    assert abs(Fraction(result.norm) ** 2 - squares) <= squares / 10**13
    length = min(threshold, result.norm)
    assert math.hypot(*result.gradient) == pytest.approx(length, rel=1e-13, abs=0)
    factor = length / result.norm if result.norm else 1
    np.testing.assert_allclose(result.gradient, np.array(entries) * factor, rtol=1e-13, atol=1e-300)
    assert result.clipped == (result.norm > threshold)


def test_one_norm_for_all_arrays_together():
    given_gradient = Weights(U=np.array([[3.0]]), W=np.array([[0.0, 4.0], [12.0, 0.0]]))
    result = remedies.clip_by_norm(given_gradient, 6.5)
    assert type(result.gradient) is Weights and result.gradient.P is None
    assert result.norm == 13
    np.testing.assert_allclose(result.gradient.U, [[1.5]], rtol=1e-15)
    np.testing.assert_allclose(result.gradient.W, [[0, 2], [6, 0]], rtol=1e-15)
    plain = remedies.clip_by_norm((given_gradient.U, given_gradient.W), 20)
    assert type(plain.gradient) is tuple
    assert [part.tolist() for part in plain.gradient] == [[[3]], [[0, 4], [12, 0]]]


def test_nothing_is_changed_in_place():
    gradient = np.array([3.0, 4.0])
    remedies.clip_by_norm(gradient, 10).gradient[:] = 0
    remedies.clip_by_norm(gradient, 1)
    assert gradient.tolist() == [3, 4]


def test_clipping_of_huge_and_tiny_entries():
    huge = remedies.clip_by_norm([1.2e308, -1.6e308], 5)
    assert huge.norm == math.inf and huge.clipped
    np.testing.assert_allclose(huge.gradient, [3, -4], rtol=1e-14)
    tiny = remedies.clip_by_norm([3e-200, 4e-200], 1e-200)
    assert tiny.norm == pytest.approx(5e-200, rel=1e-14)
    np.testing.assert_allclose(tiny.gradient, [0.6e-200, 0.8e-200], rtol=1e-14)
    zero = remedies.clip_by_norm([0, 0], 1)
    assert (zero.gradient.tolist(), zero.norm, zero.clipped) == ([0, 0], 0, False)


def test_rescaling_does_not_help_the_long_lags():
    result = remedies.rescale([1, 1 / 10, 1 / 100, 1 / 1000, 1 / 10000])
    expected = [Fraction(1, 10**k) / Fraction(11111, 10000) for k in range(5)]
    np.testing.assert_allclose(result.terms, [float(term) for term in expected], rtol=1e-14)
    assert result.total == pytest.approx(1.1111, rel=1e-14)
    # the slide prints 1e-5
    assert result.terms[4] == pytest.approx(9.0001e-5, rel=1e-5)
    assert result.terms[4] / result.terms[0] == pytest.approx(1e-4, rel=1e-13)


def test_rescaling_keeps_the_sign_of_the_sum():
    result = remedies.rescale([1, -4, -1], size=2)
    assert result.terms.tolist() == [0.5, -2, -0.5]
    assert (result.factor, result.total) == (0.5, -4)


@pytest.mark.parametrize("terms", [[1e308, 1e308, 1e308], [3e-310, 1e-310], [1.0, 1e-30, -1.0]])
def test_rescaling_where_the_plain_sum_fails(terms):
    exact = [Fraction(term) for term in terms]
    result = remedies.rescale(terms)
    np.testing.assert_allclose(result.terms, [float(term / sum(exact)) for term in exact], rtol=1e-13)


@pytest.mark.parametrize("seed", range(4))
def test_omega_against_literal_loops(seed):
    rng = np.random.default_rng(seed)
    dF_dc, jacobians = rng.normal(size=(6, 3)), rng.normal(size=(6, 3, 3))
    result = remedies.omega(dF_dc, jacobians)
    decimals = np.vectorize(Decimal, otypes=[object])
    ratios, total = naive.omega(decimals(dF_dc).tolist(), decimals(jacobians).tolist(), Decimal.sqrt)
    np.testing.assert_allclose(result.ratios, [float(ratio) for ratio in ratios], rtol=1e-13)
    np.testing.assert_allclose(result.terms, (result.ratios - 1) ** 2, rtol=1e-13)
    assert result.total == pytest.approx(float(total), rel=1e-13)


def test_omega_by_hand():
    # one unit with factors 0.5, 1 and 2 on the way back
    result = remedies.omega([[1], [2], [3], [4]], [[[9]], [[-0.5]], [[1]], [[2]]])
    assert result.ratios.tolist() == [0.5, 1, 2]
    assert result.terms.tolist() == [0.25, 0, 1]
    assert result.total == 1.25


@pytest.mark.parametrize("size", [0, 0.25, 1, 3, 1e-200, 1e100])
def test_omega_of_rotations_is_the_square_of_their_stretch_minus_one(size):
    jacobians = [size * orthogonal(t) for t in range(5)]
    dF_dc = np.random.default_rng(9).normal(size=(5, 3))
    result = remedies.omega(dF_dc, jacobians)
    np.testing.assert_allclose(result.ratios, size, rtol=1e-13)
    assert result.total == pytest.approx(4 * (size - 1) ** 2, rel=1e-12, abs=1e-28)


@pytest.mark.parametrize("power", [-290, 0, 290])
def test_omega_does_not_depend_on_the_size_of_the_gradient(power):
    rng = np.random.default_rng(1)
    dF_dc, jacobians = rng.normal(size=(4, 2)), rng.normal(size=(4, 2, 2))
    sizes = 10.0 ** (power + np.arange(4))[:, np.newaxis]
    result = remedies.omega(dF_dc * sizes, jacobians)
    np.testing.assert_allclose(result.ratios, remedies.omega(dF_dc, jacobians).ratios, rtol=1e-13)


def test_omega_leaves_out_what_has_no_ratio():
    result = remedies.omega([[1, 0], [0, 0], [0, 1]], [np.eye(2), np.eye(2), 3 * np.eye(2)])
    assert math.isnan(result.ratios[0]) and math.isnan(result.terms[0])
    assert result.ratios[1] == 3
    assert result.total == 4
    alone = remedies.omega([[1, 2]], [np.eye(2)])
    assert (alone.ratios.shape, alone.terms.shape, alone.total) == ((0,), (0,), 0)


def walked(error, jacobians):
    """dF/dc of all steps from that of the last, and Omega of them, in decimals that do not underflow."""
    rows = [[Decimal(value) for value in error]]
    decimals = np.vectorize(Decimal, otypes=[object])(np.asarray(jacobians, dtype=float)).tolist()
    for jacobian in decimals[:0:-1]:
        rows.append(
            [sum(e * j for e, j in zip(rows[-1], column, strict=True)) for column in zip(*jacobian, strict=True)]
        )
    return naive.omega(rows[::-1], decimals, Decimal.sqrt)


@pytest.mark.parametrize("size", [1e-150, 1e-5, 1, 3])
def test_omega_follows_an_error_that_would_underflow(size):
    rng = np.random.default_rng(4)
    error, jacobians = rng.normal(size=3), size * rng.normal(size=(120, 3, 3))
    ratios, total = walked(error, jacobians)
    result = remedies.omega_from_last(error, jacobians)
    np.testing.assert_allclose(result.ratios, [float(ratio) for ratio in ratios], rtol=1e-11)
    assert result.total == pytest.approx(float(total), rel=1e-12)


def test_omega_from_the_last_step_ends_where_nothing_is_left():
    cut = [np.eye(2), np.eye(2), np.zeros((2, 2)), 2 * np.eye(2), 3 * np.eye(2)]
    result = remedies.omega_from_last([1, -1], cut)
    assert math.isnan(result.ratios[0]) and result.ratios[1:].tolist() == pytest.approx([0, 2, 3])
    assert result.total == pytest.approx(1 + 1 + 4)
    dead = remedies.omega_from_last([0, 0], cut)
    assert np.isnan(dead.ratios).all() and dead.total == 0
    assert remedies.omega_from_last([1], [[[9]]]).ratios.shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: remedies.clip_by_norm([1, math.inf], 1), "gradient must be finite, got inf"),
        (lambda: remedies.clip_by_norm(([1], [math.nan]), 1), "gradient must be finite, got nan"),
        (lambda: remedies.clip_by_norm([[1], [2, 3]], 1), "gradient must hold real numbers"),
        (lambda: remedies.clip_by_norm([1], 0), "threshold must be a finite number greater than 0, got 0"),
        (lambda: remedies.clip_by_norm([1], math.inf), "threshold must be a finite number greater than 0, got inf"),
        (lambda: remedies.rescale([1, -1]), "terms must have a sum other than 0 to be rescaled"),
        (lambda: remedies.rescale([0, 0]), "terms must have a sum other than 0"),
        (lambda: remedies.rescale([]), "terms must have one dimension and at least one value"),
        (lambda: remedies.rescale([1], size=-1), "size must be a finite number greater than 0, got -1"),
        (lambda: remedies.omega([1, 2], [1, 2]), "dF_dc must have shape"),
        (lambda: remedies.omega([[1], [2]], [[[1]]]), r"jacobians must have shape \(2, 1, 1\), got shape \(1, 1, 1\)"),
        (lambda: remedies.omega_from_last([[1]], [[[1]]]), "error must have one dimension"),
        (lambda: remedies.omega_from_last([1], [[[1, 2]]]), "jacobians must have shape"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
