import cmath
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import parity
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

BOOK_BITS = "0011011000"
LAB_BITS = "1011000010100001111000"
# Eq. 12.36, typed from the book, in the order of the draws
BOOK_NUMBERS = [1, 1, 1, -1, 1, -1, -0.5, -1.5, 1, -1, -0.5]
BIT_LISTS = st.lists(st.integers(0, 1), min_size=1, max_size=60)


def as_lists(weights):
    return [list(weights.U), [list(row) for row in weights.W], list(weights.b), list(weights.V), weights.b_out]


def random_weights(seed, size=2.0):
    numbers = np.random.default_rng(seed).uniform(-size, size, 11)
    return parity.ParityWeights(numbers[:2], numbers[2:6].reshape(2, 2), numbers[6:8], numbers[8:10], numbers[10])


def test_exact_weights_are_those_of_the_book():
    U, W, b, V, b_out = as_lists(parity.EXACT)
    assert [*U, *W[0], *W[1], *b, *V, b_out] == BOOK_NUMBERS


def test_exact_weights_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        parity.EXACT.W[0, 0] = 2


def test_every_ten_bit_input():
    for bits in itertools.product([0, 1], repeat=10):
        result = parity.run(bits)
        target = naive.parity(bits)
        assert result.output.tolist() == target
        assert (result.hidden[:, 0] - result.hidden[:, 1]).tolist() == target


def test_hundred_thousand_random_bits():
    bits = np.random.default_rng(1).integers(0, 2, 100_000)
    assert np.array_equal(parity.run(bits).output, np.bitwise_xor.accumulate(bits))


def test_first_two_steps_by_hand():
    result = parity.run("11")
    # step 1: 1 - 0.5 and 1 - 1.5; step 2: 1 + 1 - 0.5 and 1 + 1 - 1.5
    assert result.net.tolist() == [[0.5, -0.5], [1.5, 0.5]]
    assert result.hidden.tolist() == [[1, 0], [1, 1]]
    assert result.output_net.tolist() == [0.5, -0.5]
    assert result.output.tolist() == [1, 0]


def test_book_demo_and_lab_sequence():
    assert parity.run(BOOK_BITS).output.tolist() == [0, 0, 1, 0, 0, 1, 0, 0, 0, 0]
    lab = [1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1]
    assert parity.run(LAB_BITS).output.tolist() == lab


def test_hardlim_is_one_at_zero():
    weights = parity.ParityWeights([0, 0], [[0, 0], [0, 0]], [0, -1e-300], [0, 0], 0)
    result = parity.run("0", weights=weights)
    assert result.hidden.tolist() == [[1, 0]]
    assert result.output.tolist() == [1]


@pytest.mark.parametrize("seed", range(8))
def test_hardlim_with_any_weights_against_literal_loops(seed):
    weights = random_weights(seed)
    bits = np.random.default_rng(seed + 100).integers(0, 2, 80).tolist()
    expected = naive.parity_network(bits, *as_lists(weights), naive.hardlim)
    for ours, theirs in zip(parity.run(bits, weights=weights), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13)


@pytest.mark.parametrize("steepness", [0.5, 3.0, 10.0, 50.0])
@pytest.mark.parametrize("seed", range(4))
def test_logistic_against_literal_loops(seed, steepness):
    weights = random_weights(seed)
    bits = np.random.default_rng(seed + 100).integers(0, 2, 40).tolist()

    def logistic(a):
        return 1 / (1 + math.exp(-steepness * a))

    expected = naive.parity_network(bits, *as_lists(weights), logistic)
    ours = parity.run(bits, weights=weights, activation="logistic", steepness=steepness)
    for values, theirs in zip(ours, expected, strict=True):
        # two sequences of rounding errors may drift apart where the network is chaotic: 40 steps leave ample margin
        np.testing.assert_allclose(values, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_logistic_saturates_without_overflow(sign):
    weights = parity.ParityWeights([0, 0], [[0, 0], [0, 0]], [sign * 1e300, sign * 5], [0, 0], 0)
    result = parity.run("01", weights=weights, activation="logistic", steepness=1e4)
    assert result.hidden.tolist() == [[(1 + sign) / 2] * 2] * 2
    assert result.output.tolist() == [0.5, 0.5]


def test_overflow_of_the_net_input_is_shown_and_not_raised():
    weights = parity.ParityWeights([1e308, 1], [[1e308, 0], [0, 0]], [1e308, 0], [0, 0], 0)
    assert parity.run("11", weights=weights).net[1, 0] == math.inf


@given(BIT_LISTS)
def test_running_xor(bits):
    result = parity.running_xor(bits)
    assert result.tolist() == naive.parity(bits)
    assert np.issubdtype(result.dtype, np.integer)


@pytest.mark.parametrize("bits", [BOOK_BITS, list(map(int, BOOK_BITS)), np.array(list(BOOK_BITS)) == "1"])
def test_bits_may_be_text_numbers_or_booleans(bits):
    assert parity.run(bits).output.tolist() == naive.parity(list(map(int, BOOK_BITS)))


@given(BIT_LISTS, st.data())
def test_first_error_finds_the_first_flipped_bit(bits, data):
    output = [float(bit) for bit in naive.parity(bits)]
    assert parity.first_error(output, bits) == 0
    flipped = data.draw(st.sets(st.integers(0, len(bits) - 1), min_size=1))
    for t in flipped:
        output[t] = 1 - output[t]
    assert parity.first_error(output, bits) == min(flipped) + 1


def test_first_error_rounds_and_counts_nan_as_wrong():
    assert parity.first_error([0.9, 0.51, 0.49, 0.1], "1000") == 3
    assert parity.first_error([1, np.nan, 1], "100") == 2


@pytest.mark.parametrize("steepness", [0.7, 4.0, 10.0])
@pytest.mark.parametrize("seed", [None, 0, 1])
def test_jacobian_factors_against_complex_steps_of_one_network_step(seed, steepness):
    weights = parity.EXACT if seed is None else random_weights(seed)
    U, W, b, _, _ = as_lists(weights)
    bits = list(map(int, LAB_BITS))
    hidden = parity.run(bits, weights=weights, activation="logistic", steepness=steepness).hidden
    factors = parity.jacobian_norms(bits, weights=weights, steepness=steepness).factors
    for t in range(len(bits)):
        before = hidden[t - 1] if t else np.zeros(2)
        jacobian = np.empty((2, 2))
        for i, j in itertools.product([0, 1], repeat=2):
            nudged = before + 1e-30j * np.eye(2)[j]
            net = U[i] * bits[t] + W[i][0] * nudged[0] + W[i][1] * nudged[1] + b[i]
            jacobian[i, j] = (1 / (1 + cmath.exp(-steepness * net))).imag / 1e-30
        assert factors[t] == pytest.approx(np.linalg.norm(jacobian, 2), rel=1e-9)


@pytest.mark.parametrize(
    ("weights", "bits", "steepness", "below"),
    [
        (parity.EXACT, LAB_BITS, 1.0, -5),
        (parity.EXACT, LAB_BITS, 10.0, -20),
        (parity.EXACT, "1" + "0" * 399, 10.0, -350),
        (parity.EXACT, "1" * 200, 20.0, -600),
        (parity.EXACT, LAB_BITS, 50.0, -320),
        (random_weights(2), LAB_BITS * 4, 3.0, None),
        (random_weights(3), LAB_BITS * 4, 30.0, -330),
    ],
)
def test_jacobian_products_against_many_digits(weights, bits, steepness, below):
    ours = parity.jacobian_norms(bits, weights=weights, steepness=steepness)
    factors, logs = naive.parity_jacobians(list(map(int, bits)), *as_lists(weights), steepness)
    np.testing.assert_allclose(ours.factors, [float(v) for v in factors], rtol=1e-7)
    np.testing.assert_allclose(ours.log10_products, [float(v) for v in logs], rtol=1e-6, atol=1e-9)
    assert ours.log10_products[-1] == 0
    if below is not None:
        assert ours.log10_products[0] < below


def test_slopes_far_below_the_smallest_float_keep_their_logarithm():
    # both units have net input -2, so each factor is 1000 exp(-2000), to all digits that count
    weights = parity.ParityWeights([0, 0], [[0, 1], [1, 0]], [-2, -2], [0, 0], 0)
    result = parity.jacobian_norms("0000", weights=weights, steepness=1000)
    one_step = 3 - 2000 / math.log(10)
    np.testing.assert_allclose(result.log10_products, [3 * one_step, 2 * one_step, one_step, 0], rtol=1e-13)
    assert result.factors.tolist() == [0, 0, 0, 0]


def test_without_feedback_no_derivative_is_left():
    weights = parity.EXACT._replace(W=np.zeros((2, 2)))
    result = parity.jacobian_norms("101", weights=weights)
    assert result.factors.tolist() == [0, 0, 0]
    assert result.log10_products.tolist() == [-math.inf, -math.inf, 0]


def test_perturb_draws_eleven_numbers_in_the_documented_order():
    U, W, b, V, b_out = as_lists(parity.perturb(parity.EXACT, 0.25, np.random.default_rng(7)))
    expected = np.array(BOOK_NUMBERS) + 0.25 * np.random.default_rng(7).uniform(-1, 1, 11)
    np.testing.assert_array_equal([*U, *W[0], *W[1], *b, *V, b_out], expected)


def test_perturb_by_nothing_changes_nothing():
    same = parity.perturb(parity.EXACT, 0, np.random.default_rng(7))
    assert as_lists(same) == as_lists(parity.EXACT)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: parity.run(""), "bits must be a text"),
        (lambda: parity.run("01a"), "bits must be a text .* got '01a'"),
        (lambda: parity.run("0²"), "bits must be a text"),
        (lambda: parity.run([]), "bits must have one dimension and at least one value"),
        (lambda: parity.run([0, 2]), "bits must hold only 0 and 1, got 2"),
        (lambda: parity.run([0, 0.5]), "bits must hold only 0 and 1, got 0.5"),
        (lambda: parity.run([[0, 1]]), r"bits must have one dimension .* got shape \(1, 2\)"),
        (lambda: parity.run(7), "bits must have one dimension .* got 7"),
        (lambda: parity.run(None), "bits must have one dimension .* got None"),
        (lambda: parity.run("01", activation="tanh"), "activation must be one of hardlim, logistic, got 'tanh'"),
        (lambda: parity.run("01", activation=["hardlim"]), "activation must be one of"),
        (lambda: parity.run("01", steepness=0), "steepness must be a finite number greater than 0, got 0"),
        (lambda: parity.run("01", steepness=math.inf), "steepness must be"),
        (lambda: parity.run("01", weights=3), "weights must be ParityWeights"),
        (lambda: parity.run("01", weights=parity.EXACT._replace(W=[1, 2])), r"weights.W must have shape \(2, 2\)"),
        (lambda: parity.run("01", weights=parity.EXACT._replace(U=[1, math.nan])), "weights.U must be finite, got nan"),
        (lambda: parity.run("01", weights=parity.EXACT._replace(b_out="x")), "weights.b_out must be a finite number"),
        (lambda: parity.jacobian_norms("01", steepness=-1), "steepness must be"),
        (lambda: parity.running_xor("2"), "bits must be"),
        (lambda: parity.first_error([0, 1], "011"), r"output must have one value per bit, shape \(3,\)"),
        (lambda: parity.perturb(parity.EXACT, -1, np.random.default_rng(0)), "amount must be .* at least 0, got -1"),
        (lambda: parity.perturb(parity.EXACT, 1, 0), "rng must be a numpy.random.Generator, got 0"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
