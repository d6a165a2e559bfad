import numpy as np
import pytest
import scipy.sparse

from engine.reservoir import connections, memory
from engine.reservoir.states import Reservoir

pytestmark = pytest.mark.filterwarnings("error")


def generator(seed=0):
    return np.random.default_rng(seed)


def ring(n_units, weight, input_weights):
    W = weight * np.roll(np.eye(n_units), 1, axis=0)
    return Reservoir(np.column_stack((np.zeros(n_units), input_weights)), W)


def linear(reservoir, max_lag, **settings):
    return memory.memory_capacity(reservoir, max_lag, activation="identity", **settings)


def responses(reservoir, leak_rate, n_lags):
    """The states after an input of 1 at the first step, from the equation of the state: (n_lags, n)."""
    h = np.zeros((n_lags, len(reservoir.W_in)))
    for t in range(n_lags):
        candidate = reservoir.W_in[:, 1] * (t == 0)
        if t >= 1:
            candidate = candidate + reservoir.W @ h[t - 1]
            h[t] = (1 - leak_rate) * h[t - 1]
        if reservoir.W_late is not None and t >= reservoir.delay:
            candidate = candidate + reservoir.W_late @ h[t - reservoir.delay]
        h[t] += leak_rate * candidate
    return h


@pytest.mark.parametrize("weight", [0.3, 0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("n_units", [1, 2, 10, 50])
def test_the_linear_ring_has_its_closed_form(n_units, weight):
    lags = np.arange(1, 4 * n_units + 1)
    expected = weight ** (2 * n_units * (lags // n_units)) * (1 - weight ** (2 * n_units))
    for input_weights in (np.eye(n_units)[0], generator(n_units).uniform(-1, 1, n_units)):
        found = linear(ring(n_units, weight, input_weights), len(lags))
        np.testing.assert_allclose(found.per_lag, expected, rtol=0, atol=1e-9)
        assert found.total == pytest.approx(expected.sum(), abs=1e-8)


@pytest.mark.parametrize(("n_units", "weight"), [(10, 0.9), (50, 0.97)])
def test_the_total_of_the_linear_ring(n_units, weight):
    found = linear(ring(n_units, weight, generator().uniform(-1, 1, n_units)), 40 * n_units)
    assert found.total == pytest.approx(n_units - (1 - weight ** (2 * n_units)), abs=1e-6)


def test_a_ring_that_is_drawn_has_the_closed_form_too():
    made = connections.make(20, topology="ring", weights="signs", spectral_radius=0.9, rng=generator(), sparse=True)
    lags = np.arange(1, 61)
    np.testing.assert_allclose(linear(made, 60).per_lag, 0.9 ** (40 * (lags // 20)) * (1 - 0.9**40), atol=1e-9)


@pytest.mark.parametrize("as_given", [np.asarray, scipy.sparse.csr_array])
@pytest.mark.parametrize("late", [0.0, 0.4])
@pytest.mark.parametrize("leak_rate", [1.0, 0.6])
def test_exact_memory_against_sums_over_many_responses(leak_rate, late, as_given):
    reservoir = connections.make(5, density=0.8, spectral_radius=0.5, late=late, delay=3, rng=generator(3))
    g = responses(reservoir, leak_rate, 2000)
    assert np.abs(g[-1]).max() < 1e-20
    expected = np.einsum("ki,ij,kj->k", g, np.linalg.inv(g.T @ g), g)
    assert np.linalg.cond(g) < 1e4
    given = reservoir._replace(W=as_given(reservoir.W), W_late=as_given(reservoir.W_late) if late else None)
    found = linear(given, 30, leak_rate=leak_rate)
    np.testing.assert_allclose(found.per_lag, expected[1:31], rtol=0, atol=1e-8)
    # present and past together have all five degrees of freedom
    if not late:
        assert linear(given, 500, leak_rate=leak_rate).total + expected[0] == pytest.approx(5, abs=1e-7)


def test_bias_and_random_numbers_play_no_part_in_the_linear_case():
    reservoir = ring(6, 0.7, generator().uniform(-1, 1, 6))
    biased = reservoir._replace(W_in=reservoir.W_in + np.array([5, 0]))
    np.testing.assert_array_equal(linear(biased, 9, rng=generator(), n_steps=7).per_lag, linear(reservoir, 9).per_lag)


def test_units_that_hear_nothing_hold_nothing():
    reservoir = ring(3, 0.5, [1, 0, 0])
    W = np.zeros((5, 5))
    W[:3, :3] = reservoir.W
    W[3, 4] = 0.9
    W_in = np.vstack((reservoir.W_in, np.zeros((2, 2))))
    np.testing.assert_allclose(linear(Reservoir(W_in, W), 8).per_lag, linear(reservoir, 8).per_lag, atol=1e-12)
    deaf = Reservoir(np.zeros((5, 2)), W)
    np.testing.assert_array_equal(linear(deaf, 4).per_lag, 0)
    found = memory.memory_capacity(deaf, 4, rng=generator(), n_steps=300, washout=50)
    np.testing.assert_allclose(found.per_lag, 0, atol=1e-12)


def test_a_line_of_units_remembers_as_many_steps_as_it_has_further_units():
    line = Reservoir(np.array([[0.0, 1], [0, 0], [0, 0], [0, 0]]), 0.01 * np.eye(4, k=-1))
    np.testing.assert_allclose(linear(line, 6).per_lag, [1, 1, 1, 0, 0, 0], atol=1e-12)


@pytest.mark.parametrize("leak_rate", [1.0, 0.5])
def test_nearly_linear_reservoirs_are_estimated_within_the_sampling_error(leak_rate):
    reservoir = ring(8, 0.8, 1e-3 * generator(1).uniform(-1, 1, 8))
    exact = linear(reservoir, 30, leak_rate=leak_rate).per_lag
    n_steps = 4000
    found = memory.memory_capacity(
        reservoir, 30, leak_rate=leak_rate, rng=generator(), n_steps=n_steps, ridge=1e-14
    ).per_lag
    # variance of a squared correlation about r²; the bias of r² = 0, and what 9 fitted weights lose, are of order 1 / T
    spread = 2 * np.sqrt(exact) * (1 - exact) / np.sqrt(n_steps)
    assert (np.abs(found - exact) <= 5 * spread + 30 / n_steps).all()


def test_the_estimate_is_a_squared_correlation_on_fresh_steps():
    reservoir = connections.make(6, spectral_radius=0.9, density=0.5, bias_scaling=0.3, rng=generator(4))
    ridge, leak_rate, max_lag = 1e-6, 0.7, 5
    found = memory.memory_capacity(
        reservoir, max_lag, leak_rate=leak_rate, rng=generator(9), ridge=ridge, n_steps=200, washout=50
    )
    x, h = generator(9).uniform(-1, 1, 450), np.zeros((450, 6))
    for t in range(450):
        before = h[t - 1] if t else np.zeros(6)
        candidate = np.tanh(reservoir.W_in @ [1, x[t]] + reservoir.W @ before)
        h[t] = (1 - leak_rate) * before + leak_rate * candidate
    rows = np.column_stack((np.ones(450), h))
    for lag in range(1, max_lag + 1):
        system = np.vstack((rows[50:250], np.sqrt(ridge) * np.eye(7)))
        v = np.linalg.lstsq(system, np.append(x[50 - lag : 250 - lag], np.zeros(7)), rcond=None)[0]
        expected = np.corrcoef(rows[250:] @ v, x[250 - lag : 450 - lag])[0, 1] ** 2
        assert found.per_lag[lag - 1] == pytest.approx(expected, abs=1e-9)
    assert found.total == pytest.approx(found.per_lag.sum())


def test_lags_longer_than_the_washout_are_waited_for():
    reservoir = ring(4, 0.5, np.ones(4))
    found = memory.memory_capacity(reservoir, 40, rng=generator(), n_steps=100, washout=0)
    waited = memory.memory_capacity(reservoir, 40, rng=generator(), n_steps=100, washout=40)
    np.testing.assert_array_equal(found.per_lag, waited.per_lag)


def test_remembered_reads_a_delay_line_exactly():
    x = generator().uniform(-1, 1, 60)
    states = np.column_stack([np.append(np.zeros(lag), x[: 60 - lag]) for lag in range(4)])
    for lag in range(4):
        np.testing.assert_allclose(memory.remembered(x, states, lag, 0), states[:, lag], atol=1e-12)
    # what left the line is lost: least squares with steps 6, 7, ... alone
    rows = np.column_stack((np.ones(60), states))
    v = np.linalg.lstsq(rows[5:], x[:55], rcond=None)[0]
    np.testing.assert_allclose(memory.remembered(x, states, 5, 0), rows @ v, atol=1e-12)
    v = np.linalg.lstsq(rows[20:], x[15:55], rcond=None)[0]
    np.testing.assert_allclose(memory.remembered(x, states, 5, 0, washout=20), rows @ v, atol=1e-12)


def test_refusals():
    reservoir = ring(3, 0.5, np.ones(3))
    for name, values in {"max_lag": [0, 1.5], "leak_rate": [-1, 2], "rng": [None, 3], "n_steps": [1, "a"]}.items():
        for value in values:
            with pytest.raises(ValueError, match=name):
                memory.memory_capacity(reservoir, **{"max_lag": 3, "rng": generator(), name: value})
    for name, value in {"washout": -1, "ridge": -1, "activation": "relu"}.items():
        with pytest.raises(ValueError, match=name):
            memory.memory_capacity(reservoir, 3, rng=generator(), **{name: value})
    with pytest.raises(ValueError, match="one input, got 2"):
        linear(connections.make(3, 2, density=1.0, rng=generator()), 3)
    with pytest.raises(ValueError, match="W_fb"):
        linear(reservoir._replace(W_fb=np.ones((3, 1))), 3)
    with pytest.raises(ValueError, match="spectral radius below 1"):
        linear(ring(3, 1.0, np.ones(3)), 3)
    x, states = np.zeros(5), np.zeros((5, 2))
    for settings in ({"lag": -1}, {"lag": 5}, {"lag": 0, "washout": 5}):
        with pytest.raises(ValueError, match=r"lag|washout"):
            memory.remembered(x, states, ridge=0, **settings)
    for wrong in (np.zeros((4, 2)), np.full((5, 2), np.nan)):
        with pytest.raises(ValueError, match="states"):
            memory.remembered(x, wrong, 1, 0)
