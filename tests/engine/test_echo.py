import math

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import reservoir
from engine.reservoir import echo
from tests import naive_reservoir

pytestmark = pytest.mark.filterwarnings("error")


def network(n, size, seed=0, bias=0.0, **more):
    """n units with one input; W has the largest singular value `size`."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    W_in = rng.uniform(-1, 1, size=(n, 2)) * [bias, 1]
    return reservoir.Reservoir(W_in, size * W / np.linalg.svd(W, compute_uv=False)[0], **more)


def with_radius(n, radius, seed=0, bias=0.0):
    pool = network(n, 1.0, seed, bias)
    return pool._replace(W=radius * pool.W / np.abs(np.linalg.eigvals(pool.W)).max())


def ring(n, weight):
    return reservoir.Reservoir(np.zeros((n, 2)), weight * np.roll(np.eye(n), 1, axis=0))


def test_two_starts_against_literal_loops():
    rng = np.random.default_rng(1)
    pool, x, starts = network(5, 0.9, bias=1.0), rng.normal(size=12), rng.normal(size=(2, 5))
    weights = {"W_in": pool.W_in.tolist(), "W": pool.W.tolist()}
    first, second = (
        naive_reservoir.reservoir_states(x[:, np.newaxis].tolist(), weights, 0.6, math.tanh, [start])
        for start in starts.tolist()
    )
    result = reservoir.two_starts(x, pool, leak_rate=0.6, starts=starts)
    np.testing.assert_allclose(result.first, first, rtol=0, atol=1e-13)
    np.testing.assert_allclose(result.second, second, rtol=0, atol=1e-13)
    expected = [math.log10(math.dist(h, other)) for h, other in zip(first, second, strict=True)]
    np.testing.assert_allclose(result.log10_distance, expected, rtol=0, atol=1e-9)


def test_distance_of_equal_starts_and_of_tiny_ones():
    pool = ring(3, 1.0)
    assert reservoir.two_starts([1, 1], pool, starts=np.ones((2, 3))).log10_distance.tolist() == [-math.inf] * 2
    # their squares are below the smallest number
    starts = [[3e-300, 0, 4e-300], [0, 0, 0]]
    result = reservoir.two_starts([0, 0], pool, starts=starts)
    np.testing.assert_allclose(result.log10_distance, math.log10(5) - 300, rtol=1e-15)


def test_distance_of_states_that_overflow_is_not_a_number():
    pool = reservoir.Reservoir([[0, 0]], [[1e200]])
    result = reservoir.two_starts([0] * 4, pool, starts=[[1], [2]], activation="identity")
    assert np.isnan(result.log10_distance[2:]).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 12), st.floats(0.1, 0.99), st.floats(0.05, 1), st.floats(0.01, 30), st.integers(0, 2**31))
def test_where_theory_says_yes_the_distance_only_falls(n, size, leak, input_scale, seed):
    rng = np.random.default_rng(seed)
    pool = network(n, size, seed, bias=1.0)
    assert reservoir.certainty(pool, leak).contracts
    x, starts = input_scale * rng.normal(size=40), rng.uniform(-1, 1, size=(2, n))
    result = reservoir.two_starts(x, pool, leak_rate=leak, starts=starts)
    before = np.append(np.linalg.norm(starts[0] - starts[1]), 10 ** result.log10_distance[:-1])
    # 1e-14: the last digits of the states
    assert (10**result.log10_distance <= (1 - leak + leak * size) * before + 1e-14).all()


@pytest.mark.parametrize("leak", [1.0, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_where_theory_says_no_two_starts_stay_apart(seed, leak):
    pool = with_radius(12, 1.5, seed)
    sure = reservoir.certainty(pool, leak)
    effective = np.abs(1 - leak + leak * np.linalg.eigvals(pool.W)).max()
    assert sure.effective_spectral_radius == pytest.approx(effective, abs=1e-10)
    assert sure.zero_unstable == (effective > 1) and not sure.contracts
    if sure.zero_unstable:
        # one of them stays at 0, and the other is driven away from it
        starts = [np.zeros(12), np.full(12, 1e-3)]
        result = reservoir.two_starts(np.zeros(600), pool, leak_rate=leak, starts=starts)
        assert result.log10_distance[300:].min() > -2
        start = reservoir.lyapunov_exponent(np.zeros(600), pool, leak_rate=leak, washout=300)
        assert start.exponent == pytest.approx(math.log(effective), abs=0.02)


def test_certainty_in_cases_known_by_heart():
    # a ring's eigenvalues and singular values all have the modulus of its weight
    for weight, contracts, unstable in [(0.8, True, False), (1.0, False, False), (1.2, False, True)]:
        sure = reservoir.certainty(ring(4, weight))
        assert (sure.contracts, sure.zero_unstable) == (contracts, unstable)
        assert sure.largest_singular_value == pytest.approx(weight, abs=1e-12)
        assert sure.effective_spectral_radius == pytest.approx(weight, abs=1e-12)
    # eigenvalue -1.2: a leak of 0.5 turns it into -0.1
    flip = reservoir.Reservoir([[0, 1]], [[-1.2]])
    assert reservoir.certainty(flip).zero_unstable
    leaky = reservoir.certainty(flip, 0.5)
    assert not leaky.zero_unstable and leaky.effective_spectral_radius == pytest.approx(0.1, abs=1e-12)
    # a chain has no loop: spectral radius 0, whatever its weights
    chain = reservoir.certainty(reservoir.Reservoir(np.zeros((2, 2)), [[0, 0], [5, 0]]))
    assert chain == (False, False, pytest.approx(5), 0)
    # with a bias the state 0 does not even stay where it is
    assert not reservoir.certainty(ring(4, 1.2)._replace(W_in=np.ones((4, 2)))).zero_unstable
    # a leak rate of 0 keeps every state
    assert not reservoir.certainty(ring(4, 0.1), 0).contracts


@pytest.mark.parametrize("delay", [1, 2, 3])
def test_certainty_with_late_connections(delay):
    # h(t) = 0.5 h(t-1) + w h(t-delay): the largest root of z^delay = 0.5 z^(delay-1) + w
    for w, contracts, unstable in [(0.4, True, False), (0.6, False, True)]:
        pool = reservoir.Reservoir([[0, 1]], [[0.5]], None, [[w]], delay)
        sure = reservoir.certainty(pool)
        assert (sure.contracts, sure.zero_unstable) == (contracts, unstable)
        coefficients = np.zeros(delay + 1)
        coefficients[0], coefficients[1], coefficients[-1] = 1, -0.5, coefficients[-1] - w
        coefficients[-1] = -0.5 - w if delay == 1 else -w
        assert sure.effective_spectral_radius == pytest.approx(np.abs(np.roots(coefficients)).max(), abs=1e-12)
        assert sure.largest_singular_value == pytest.approx(0.5 + w, abs=1e-12)
        exponent = reservoir.lyapunov_exponent(np.zeros(400), pool, washout=200, activation="identity").exponent
        assert exponent == pytest.approx(math.log(sure.effective_spectral_radius), abs=1e-10)


def test_largest_singular_value_of_a_large_matrix(monkeypatch):
    W = scipy.sparse.random_array((60, 60), density=0.1, rng=np.random.default_rng(0), format="csr")
    expected = np.linalg.svd(W.toarray(), compute_uv=False)[0]
    monkeypatch.setattr(echo, "LAPACK_UNITS", 20)
    for form in (W, W.toarray()):
        pool = reservoir.Reservoir(np.zeros((60, 2)), form)
        assert reservoir.certainty(pool).largest_singular_value == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("leak", [1.0, 0.4])
@pytest.mark.parametrize("weight", [0.5, 0.9, 1.3])
def test_exponent_of_linear_networks_is_the_log_of_the_spectral_radius(weight, leak):
    x = np.random.default_rng(0).normal(size=200)
    diagonal = reservoir.Reservoir(np.ones((3, 2)), np.diag([weight, 0.3, -0.2]))
    expected = math.log(1 - leak + leak * weight)
    for pool in (diagonal, ring(5, weight), ring(5, weight)._replace(W=scipy.sparse.csr_array(ring(5, weight).W))):
        result = reservoir.lyapunov_exponent(x, pool, leak_rate=leak, washout=150, activation="identity")
        assert result.exponent == pytest.approx(expected, abs=1e-9)
    # a ring without leak is a rotation times its weight: right from the first step on
    growth = reservoir.lyapunov_exponent(x, ring(5, weight), activation="identity").growth
    np.testing.assert_allclose(growth, math.log(weight), rtol=0, atol=1e-13)


@pytest.mark.parametrize("leak", [1.0, 0.5])
def test_exponent_of_one_unit_is_the_mean_log_of_its_slope(leak):
    pool, x = reservoir.Reservoir([[0.2, 1]], [[1.7]]), np.random.default_rng(3).normal(size=30)
    h, logs = 0.1, []
    for value in x:
        a = 0.2 + value + 1.7 * h
        logs.append(math.log(1 - leak + leak * 1.7 / math.cosh(a) ** 2))
        h = (1 - leak) * h + leak * math.tanh(a)
    result = reservoir.lyapunov_exponent(x, pool, leak_rate=leak, washout=10, h0=[0.1])
    np.testing.assert_allclose(result.growth, logs, rtol=0, atol=1e-12)
    assert result.exponent == pytest.approx(np.mean(logs[10:]), abs=1e-12)


@pytest.mark.parametrize(("late", "with_teacher"), [(False, False), (True, False), (False, True)])
def test_growth_against_two_near_starts(late, with_teacher):
    rng = np.random.default_rng(5)
    pool = network(8, 1.8, 5, bias=1.0)
    if late:
        pool = pool._replace(W_late=0.3 * rng.normal(size=(8, 8)), delay=3)
    teacher = rng.normal(size=25) if with_teacher else None
    if with_teacher:
        pool = pool._replace(W_fb=rng.normal(size=(8, 1)))
    x, h0, direction = rng.normal(size=25), rng.normal(size=8), rng.normal(size=8)
    direction /= np.linalg.norm(direction)
    growth = reservoir.lyapunov_exponent(x, pool, leak_rate=0.7, h0=h0, teacher=teacher, direction=5 * direction).growth
    step = 1e-6
    starts = [h0 + step * direction, h0 - step * direction]
    pair = reservoir.two_starts(x, pool, leak_rate=0.7, starts=starts, teacher=teacher)
    differences = np.vstack([np.zeros((2, 8)), 2 * step * direction, pair.first - pair.second])
    # late connections remember three states, so three differences count
    kept = 3 if late else 1
    lengths = [np.linalg.norm(differences[t - kept + 1 : t + 1]) for t in range(2, 28)]
    np.testing.assert_allclose(np.cumsum(growth), np.log(np.array(lengths[1:]) / lengths[0]), rtol=0, atol=1e-4)


def test_strong_input_quiets_a_wild_reservoir():
    pool = with_radius(50, 2.0, seed=1)
    x = np.random.default_rng(2).uniform(-1, 1, size=200)
    exponents = [reservoir.lyapunov_exponent(scale * x, pool, washout=100).exponent for scale in (0.01, 10)]
    assert exponents[0] > 0.02 and exponents[1] < -0.1
    starts = np.random.default_rng(3).uniform(-1, 1, size=(2, 50))
    distances = [reservoir.two_starts(scale * x, pool, starts=starts).log10_distance[-1] for scale in (0.01, 10)]
    assert distances[0] > -1 and distances[1] < -10


def test_a_vector_that_dies_and_one_that_is_saturated():
    chain = reservoir.Reservoir(np.zeros((2, 2)), [[0, 0], [1, 0]])
    assert reservoir.lyapunov_exponent([0] * 5, chain).exponent == -math.inf
    # slope 4 exp(-2 a) at a = 300, far below the resolution of 1 - tanh^2
    saturated = reservoir.Reservoir([[300, 0]], [[0.5]])
    expected = math.log(0.5 * 4) - 600
    np.testing.assert_allclose(reservoir.lyapunov_exponent([0], saturated).growth, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reservoir.two_starts([1], ring(2, 1), starts=[1, 2]), r"starts must have shape \(2, 2\), got shape"),
        (lambda: reservoir.two_starts([1], ring(2, 1), starts=np.ones((3, 2))), r"starts must have shape \(2, 2\)"),
        (lambda: reservoir.two_starts([1], 7, starts=[[1], [2]]), "reservoir must be Reservoir"),
        (lambda: reservoir.lyapunov_exponent([1, 2], ring(2, 1), washout=2), "washout must be less than the 2 steps"),
        (
            lambda: reservoir.lyapunov_exponent([1], ring(2, 1), washout=-1),
            "washout must be a whole number of at least",
        ),
        (lambda: reservoir.lyapunov_exponent([1], ring(2, 1), direction=[0, 0]), "direction must not be all zeros"),
        (
            lambda: reservoir.lyapunov_exponent([1], ring(2, 1), direction=[1]),
            "direction must have one dimension and 2",
        ),
        (lambda: reservoir.lyapunov_exponent([1], ring(2, 1), leak_rate=-1), "leak_rate must be a finite number at"),
        (lambda: reservoir.certainty(ring(2, 1), 2), "leak_rate must be a finite number at least 0 and at most 1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
