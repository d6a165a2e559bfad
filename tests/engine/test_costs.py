import math

import numpy as np
import pytest

from engine import costs
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

SIZES = [(1, 1, 1), (1, 3, 2), (2, 1, 1), (5, 2, 1), (4, 3, 2), (7, 2, 4), (3, 4, 3)]


def slope_of_tanh(h):
    return 1 - h * h


def network(n_steps, n_units, n_inputs):
    rng = np.random.default_rng(n_steps)
    shapes = [
        (n_steps, n_inputs),
        (n_units, n_inputs),
        (n_units, n_units),
        (n_units,),
        (n_units,),
        (n_steps, n_units),
    ]
    x, U, W, b, h0, explicit = (rng.normal(size=shape).tolist() for shape in shapes)
    return (x, U, W, b, h0, math.tanh, slope_of_tanh, explicit)


@pytest.mark.parametrize("sizes", SIZES)
def test_counts_against_algorithms_that_count(sizes):
    ledgers = [naive.Ledger() for _ in range(3)]
    naive.counted_backward(*network(*sizes), ledgers[0], copies=False)
    naive.counted_backward(*network(*sizes), ledgers[1], copies=True)
    naive.counted_rtrl(*network(*sizes), ledgers[2])
    for count, ledger in zip((costs.bptt, costs.unrolled, costs.rtrl), ledgers, strict=True):
        assert count(*sizes) == (ledger.multiply_adds, ledger.stored_numbers)


@pytest.mark.parametrize("sizes", SIZES)
def test_the_counting_algorithms_compute_the_gradient(sizes):
    case = network(*sizes)
    results = [
        naive.counted_backward(*case, naive.Ledger(), copies=False),
        naive.counted_backward(*case, naive.Ledger(), copies=True),
        naive.counted_rtrl(*case, naive.Ledger()),
    ]
    x, U, W, b, h0 = case[:5]
    weights = np.column_stack([U, W, b]).astype(complex)
    expected = np.empty(weights.shape)
    n_inputs = len(x[0])
    for place in np.ndindex(weights.shape):
        # a complex step: exact to rounding
        weights[place] += 1e-200j
        parts = weights[:, :n_inputs], weights[:, n_inputs:-1], weights[:, -1]
        states = naive.recurrent_network(x, *(part.tolist() for part in parts), h0, np.tanh)[1]
        expected[place] = (np.array(case[-1]) * np.array(states)).sum().imag / 1e-200
        weights[place] = weights[place].real
    for result in results:
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-13)


def test_counts_by_hand():
    # one unit, one input, two steps: 2 U x, 2 W h, 2 slopes, 1 step back, 2 dU, 2 dW
    assert costs.bptt(2, 1, 1) == (11, 2 + 1 + 3)
    assert costs.unrolled(2, 1, 1) == (11, 2 + 1 + 6 + 3)
    # each step: U x, W h, and for each of three weights W dh, the slope and the sum
    assert costs.rtrl(2, 1, 1) == (22, 1 + 3 + 3)


def test_growth():
    # twice the units: about 16 times the work of RTRL, 8 times its memory, 4 times the work of BPTT
    assert costs.rtrl(10, 2000, 1)[0] / costs.rtrl(10, 1000, 1)[0] == pytest.approx(16, rel=5e-3)
    assert costs.rtrl(10, 2000, 1)[1] / costs.rtrl(10, 1000, 1)[1] == pytest.approx(8, rel=5e-3)
    assert costs.bptt(10, 2000, 1)[0] / costs.bptt(10, 1000, 1)[0] == pytest.approx(4, rel=5e-3)
    assert costs.rtrl(10, 5, 1).stored_numbers == costs.rtrl(10**6, 5, 1).stored_numbers
    assert costs.bptt(11, 5, 1).stored_numbers - costs.bptt(10, 5, 1).stored_numbers == 5


def test_counts_are_exact_however_large():
    n = 10**6
    assert costs.rtrl(1, n, 1).multiply_adds == n**4 + 4 * n**3 + 5 * n**2 + n
    assert isinstance(costs.rtrl(np.int32(9), np.int64(3), 1).multiply_adds, int)


@pytest.mark.parametrize("count", [costs.bptt, costs.unrolled, costs.rtrl])
@pytest.mark.parametrize(("place", "name"), [(0, "n_steps"), (1, "n_units"), (2, "n_inputs")])
@pytest.mark.parametrize("value", [0, 1.5, None])
def test_bad_input_is_refused_by_name(count, place, name, value):
    sizes = [2, 2, 2]
    sizes[place] = value
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1, got {value}"):
        count(*sizes)
