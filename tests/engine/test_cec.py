import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import cec
from tests import naive

pytestmark = pytest.mark.filterwarnings("error")

INTEGERS = st.lists(st.integers(-1000, 1000), min_size=1, max_size=50)


def bits(text):
    return [int(character) for character in text]


def log10(fraction):
    """log10 of a positive Fraction of any size: Python takes logarithms of integers of any length."""
    return math.log10(fraction.numerator) - math.log10(fraction.denominator)


def random_case(seed, n_steps=30):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_steps)
    i, f, o = rng.uniform(size=(3, n_steps))
    return x, i, f, o, rng.uniform(-1.2, 1.2), rng.normal()


def test_exercise_e12_6_a_gate_alone():
    a = cec.gate([0, 1, 2, 3, 2, 1, 0, -1, -2, -3, -2, -1, 0], bits("1111000111000"))
    assert a.tolist() == [0, 1, 2, 3, 0, 0, 0, -1, -2, -3, 0, 0, 0]


def test_exercise_e12_7():
    result = cec.run(np.ones(13), bits("1111000111111"), bits("1111110111000"))
    assert result.c.tolist() == [1, 2, 3, 4, 4, 4, 0, 1, 2, 3, 1, 1, 1]
    assert result.y.tolist() == result.c.tolist()


def test_start_of_the_books_demo():
    result = cec.run(np.ones(13), bits("1111100111111"), bits("1111111011100"))
    assert result.c.tolist() == [1, 2, 3, 4, 5, 5, 5, 1, 2, 3, 4, 1, 1]


@pytest.mark.parametrize("seed", range(10))
def test_run_against_literal_loops(seed):
    x, i, f, o, w, c0 = random_case(seed)
    result = cec.run(x, i, f, output_gate=o, w=w, c0=c0)
    c, y = naive.carousel(x.tolist(), i.tolist(), f.tolist(), o.tolist(), w, c0)
    np.testing.assert_allclose(result.c, c, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(result.y, y, rtol=1e-13, atol=1e-13)


@given(INTEGERS)
def test_open_gates_make_a_running_sum(x):
    ones = [1] * len(x)
    result = cec.run(x, ones, ones)
    assert result.c.tolist() == list(itertools.accumulate(x))
    assert result.y.tolist() == result.c.tolist()


@given(INTEGERS, st.data())
def test_run_is_linear_in_input_and_start(x, data):
    n_steps = len(x)
    openings = st.lists(st.sampled_from([0, 0.25, 0.5, 1]), min_size=n_steps, max_size=n_steps)
    i, f = data.draw(openings), data.draw(openings)
    other = data.draw(st.lists(st.integers(-1000, 1000), min_size=n_steps, max_size=n_steps))
    both = cec.run(2 * np.array(x) + np.array(other), i, f, c0=2 * 3 + 5).c
    apart = 2 * cec.run(x, i, f, c0=3).c + cec.run(other, i, f, c0=5).c
    np.testing.assert_allclose(both, apart, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_sensitivity_against_differences_of_run(seed):
    x, i, f, _, w, c0 = random_case(seed, n_steps=20)
    dc_dx = cec.sensitivity(i, f, w=w)
    base = cec.run(x, i, f, w=w, c0=c0).c
    for k in range(20):
        # c is linear in x, so a difference over a whole unit is the derivative
        difference = cec.run(x + np.eye(20)[k], i, f, w=w, c0=c0).c - base
        np.testing.assert_allclose(dc_dx[:, k], difference, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_sensitivity_against_exact_products(seed):
    _, i, f, _, w, _ = random_case(seed, n_steps=12)
    dc_dx = cec.sensitivity(i, f, w=w)
    exact_f, exact_w = [Fraction(v) for v in f], Fraction(w)
    for t, k in itertools.product(range(12), repeat=2):
        product = naive.carousel_product(exact_f[: t + 1], exact_w, k + 1)
        assert dc_dx[t, k] == pytest.approx(float(Fraction(i[k]) * product) if k <= t else 0, rel=1e-13, abs=0)


def test_one_closed_gate_cuts_every_path_behind_it():
    forget_gate = bits("11110111")
    dc_dx = cec.sensitivity(np.ones(8), forget_gate)
    assert dc_dx[7].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert dc_dx[3].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_factors():
    assert cec.factors([0, 0.5, 1], w=1.2).tolist() == [0, 0.6, 1.2]
    assert cec.factors([0, 0.5, 1]).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(("n_steps", "largest", "w"), [(5, 1.0, 0.9), (400, 0.02, -0.7), (300, 1e-300, 1e-200)])
def test_log_products_where_plain_products_underflow(n_steps, largest, w):
    f = np.random.default_rng(n_steps).uniform(largest / 2, largest, n_steps)
    logs = cec.log10_products(f, w=w)
    exact_f, exact_w = [Fraction(v) for v in f], Fraction(w)
    for t in range(0, n_steps, max(1, n_steps // 9)):
        expected = log10(abs(naive.carousel_product(exact_f, exact_w, t + 1)))
        assert logs[t] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert logs[-1] == 0
    if n_steps > 5:
        assert np.prod(w * f) == 0
        assert logs[0] < -320


def test_log_products_where_plain_products_overflow():
    logs = cec.log10_products(np.ones(1000), w=100.0)
    np.testing.assert_allclose(logs, 2.0 * np.arange(999, -1, -1), rtol=1e-13)


def test_log_products_are_minus_infinity_behind_a_closed_gate():
    # the product at step t starts with the gate of step t + 1
    assert cec.log10_products([1, 1, 0, 1]).tolist() == [-math.inf, -math.inf, 0, 0]
    assert cec.log10_products([1, 1, 1], w=0).tolist() == [-math.inf, -math.inf, 0]


def test_overflow_is_shown_and_not_raised():
    ones = np.ones(400)
    assert cec.run(ones, ones, ones, w=10.0).c[-1] == math.inf
    assert cec.sensitivity(ones, ones, w=10.0)[-1, 0] == math.inf
    assert cec.gate([1e308], [1]).tolist() == [1e308]


def test_arguments_are_left_alone_and_results_do_not_share_memory():
    x, open_gate = np.ones(3), np.ones(3)
    result = cec.run(x, open_gate, open_gate)
    result.c[:] = -1
    assert result.y.tolist() == [1, 2, 3]
    assert x.tolist() == open_gate.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cec.run([], [], []), "x must have one dimension and at least one value"),
        (lambda: cec.run([1, 2], [1], [1, 1]), r"input_gate must have one dimension and 2 values, got shape \(1,\)"),
        (lambda: cec.run([1, 2], [1, 1], [1] * 3), r"forget_gate must have one dimension and 2 values"),
        (lambda: cec.run([1], [1], [1], output_gate=[1, 1]), "output_gate must have one dimension and 1 values"),
        (lambda: cec.run([1], [1.5], [1]), "input_gate must lie between 0 and 1, got 1.5"),
        (lambda: cec.run([1], [1], [-0.1]), "forget_gate must lie between 0 and 1, got -0.1"),
        (lambda: cec.run([1], [1], [1], output_gate=[2]), "output_gate must lie between 0 and 1"),
        (lambda: cec.run([math.nan], [1], [1]), "x must be finite, got nan"),
        (lambda: cec.run([1], [math.nan], [1]), "input_gate must be finite"),
        (lambda: cec.run([1j], [1], [1]), "x must hold real numbers"),
        (lambda: cec.run(["1"], [1], [1]), "x must hold real numbers"),
        (lambda: cec.run([[1], [2, 3]], [1], [1]), "x must hold real numbers"),
        (lambda: cec.run([1], [1], [1], w=math.nan), "w must be a finite number, got nan"),
        (lambda: cec.run([1], [1], [1], c0=None), "c0 must be a finite number, got None"),
        (lambda: cec.gate([1, 2], [1]), "g must have one dimension and 2 values"),
        (lambda: cec.gate([1], [3]), "g must lie between 0 and 1, got 3"),
        (lambda: cec.sensitivity([1, 1], [1]), "forget_gate must have one dimension and 2 values"),
        (lambda: cec.sensitivity([2], [1]), "input_gate must lie between 0 and 1"),
        (lambda: cec.factors([2]), "forget_gate must lie between 0 and 1"),
        (lambda: cec.log10_products([]), "forget_gate must have one dimension and at least one value"),
        (lambda: cec.log10_products([1], w="heavy"), "w must be a finite number, got 'heavy'"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
