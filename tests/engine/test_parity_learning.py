"""Learning the parity network: the gradient against finite differences, Adam against plain NumPy."""

import numpy as np
import pytest

from engine import parity, parity_learning
from tests import naive_parity

pytestmark = pytest.mark.filterwarnings("error")
STARTS = np.random.default_rng(3).uniform(-1.5, 1.5, (6, 11))


@pytest.mark.parametrize(("n_bits", "steepness"), [(1, 1.0), (3, 5.0), (4, 2.5)])
def test_loss_is_that_of_the_network_run_on_all_sequences(n_bits, steepness):
    for w in STARTS:
        errors = []
        for k in range(2**n_bits):
            bits = f"{k:0{n_bits}b}"
            run = parity.run(bits, weights=parity_learning.unpacked(w), activation="logistic", steepness=steepness)
            errors.append((run.output - parity.running_xor(bits)) ** 2)
        found = parity_learning.gradient(w, n_bits=n_bits, steepness=steepness)
        assert found.loss == pytest.approx(np.mean(errors), rel=1e-12)


@pytest.mark.parametrize(("n_bits", "steepness"), [(1, 1.0), (3, 5.0), (4, 2.5)])
def test_gradient_against_finite_differences_of_another_loss(n_bits, steepness):
    x, d = naive_parity.sequences(n_bits)
    step = 1e-6 * np.eye(11)
    for w in STARTS:
        above, below = (naive_parity.loss(w + sign * step, x, d, steepness) for sign in (1, -1))
        found = parity_learning.gradient(w, n_bits=n_bits, steepness=steepness)
        np.testing.assert_allclose(found.dF_dw, (above - below) / 2e-6, rtol=1e-6, atol=1e-9)


def test_the_oracles_gradient_is_one_too():
    x, d = naive_parity.sequences(4)
    for w, found in zip(STARTS, naive_parity.gradient(STARTS, x, d, 5.0), strict=True):
        np.testing.assert_allclose(found, parity_learning.gradient(w).dF_dw, rtol=1e-10, atol=1e-14)


def test_updates_are_adams():
    expected = naive_parity.adam(STARTS, 40)
    x, d = naive_parity.sequences(4)
    for k, w in enumerate(STARTS):
        learning = parity_learning.learn(w, n_updates=40)
        assert learning.weights.shape == (41, 11) and learning.loss.shape == (41,)
        np.testing.assert_array_equal(learning.weights[0], w)
        np.testing.assert_allclose(learning.weights[-1], expected[k], rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(learning.loss, naive_parity.loss(learning.weights, x, d, 5.0), rtol=1e-10)


def test_no_update_leaves_the_start():
    learning = parity_learning.learn(STARTS[0], n_updates=0)
    np.testing.assert_array_equal(learning.weights, STARTS[:1])


def test_a_start_is_eleven_numbers_between_minus_one_and_one():
    drawn = np.array([parity_learning.start(np.random.default_rng(seed)) for seed in range(200)])
    assert drawn.shape == (200, 11) and drawn.min() >= -1 and drawn.max() < 1
    assert abs(drawn.mean()) < 0.05 and drawn.std() == pytest.approx(1 / np.sqrt(3), rel=0.05)


def test_the_given_numbers_stay_as_they_are():
    w = STARTS[0].copy()
    parity_learning.learn(w, n_updates=3)
    np.testing.assert_array_equal(w, STARTS[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"numbers": np.zeros(10)}, "numbers"),
        ({"n_bits": 0}, "n_bits"),
        ({"n_bits": 9}, "n_bits must be at most 8"),
        ({"steepness": 0.0}, "steepness"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"n_updates": -1}, "n_updates"),
    ],
)
def test_what_is_not_allowed_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        parity_learning.learn(**{"numbers": np.zeros(11), "n_updates": 1} | change)


def test_the_shortest_failure_is_that_of_all_short_sequences():
    """Against every sequence of up to nine bits: two switches and the parity have only eight states together."""
    rng, seen = np.random.default_rng(0), set()
    for k in range(60):
        w = book_numbers() + rng.uniform(-1, 1, 11) * (k % 6) * 0.12
        wrong = [
            n
            for n in range(1, 10)
            if not all(naive_parity.is_right(list(map(int, f"{i:0{n}b}")), w) for i in range(2**n))
        ]
        expected = wrong[0] if wrong else 0
        assert parity.shortest_failure(parity_learning.unpacked(w)) == expected
        seen.add(expected)
    assert {0, 1, 2} <= seen


def book_numbers():
    """Eq. 12.36, typed from the book."""
    return np.array([1, 1, 1, -1, 1, -1, -0.5, -1.5, 1, -1, -0.5])
