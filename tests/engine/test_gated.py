"""The squashing functions of the gates against Decimal, their ends, and the products with weights."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from engine import _gated

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(0)
# around every power of 2 that exp(-a) passes, near 0, and far out
NETS = np.concatenate((RNG.uniform(-40, 40, 800), RNG.uniform(-700, 700, 400), 10.0 ** RNG.uniform(-300, 0, 200)))
NETS = np.concatenate((NETS, np.log(2) * np.arange(-60, 61), np.log(2) * (np.arange(-60, 60) + 0.5)))


def squashed(function, nets):
    values, slopes = np.empty_like(nets), np.empty_like(nets)
    with np.errstate(all="ignore"):
        function(nets, values, slopes)
    return values, slopes


def exact(nets, twice):
    """s(a) and s(a) s(-a), or tanh(a) = s(2a) - s(-2a) and 4 s(2a) s(-2a), with 350 digits."""
    values, slopes = [], []
    with localcontext() as context:
        context.prec = 350
        for net in nets:
            e = (-Decimal(float(net)) * (2 if twice else 1)).exp()
            values.append(float((1 - e) / (1 + e) if twice else 1 / (1 + e)))
            slopes.append(float((4 if twice else 1) * e / (1 + e) ** 2))
    return values, slopes


@pytest.mark.parametrize(("function", "twice"), [(_gated.logistic, False), (_gated.tanh, True)])
def test_values_and_slopes_keep_all_digits(function, twice):
    nets = NETS / 2 if twice else NETS
    values, slopes = squashed(function, nets)
    true_values, true_slopes = exact(nets, twice)
    np.testing.assert_allclose(values, true_values, rtol=1e-15, atol=0)
    np.testing.assert_allclose(slopes, true_slopes, rtol=1.5e-15, atol=0)


def test_ends():
    nets = np.array([0.0, -0.0, np.inf, -np.inf, 1e308, -1e308, 800.5, -800.5, np.nan])
    values, slopes = squashed(_gated.logistic, nets)
    np.testing.assert_array_equal(values, [0.5, 0.5, 1, 0, 1, 0, 1, 0, np.nan])
    np.testing.assert_array_equal(slopes, [0.25, 0.25, 0, 0, 0, 0, 0, 0, np.nan])
    values, slopes = squashed(_gated.tanh, nets)
    np.testing.assert_array_equal(values, [0, 0, 1, -1, 1, -1, 1, -1, np.nan])
    np.testing.assert_array_equal(slopes, [1, 1, 0, 0, 0, 0, 0, 0, np.nan])


@pytest.mark.parametrize("n_rows", range(1, 10))
def test_rows_are_added_whatever_their_number(n_rows):
    M, factors, result = RNG.normal(size=(n_rows, 3)), RNG.normal(size=n_rows), np.ones(3)
    _gated.add_rows(M, factors, result)
    np.testing.assert_allclose(result, 1 + M.T @ factors, rtol=1e-13)


def test_normalize():
    P = np.array([[0.0, -4e-300], [2e-300, 1e-300]])
    assert _gated.normalize(P) == np.log(4e-300)
    np.testing.assert_allclose(P, [[0, -1], [0.5, 0.25]], rtol=1e-15)
    P = np.array([[1.0, np.nan]])
    assert _gated.normalize(P) == 0 and np.isnan(P[0, 1])
    with np.errstate(divide="ignore"):
        assert _gated.normalize(np.zeros((2, 2))) == -np.inf
